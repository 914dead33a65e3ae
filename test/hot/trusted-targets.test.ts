// Orders by what people did, against somebody who fills the list of candidates: what trusted people acted on stays in it.

import { expect, test } from "bun:test";
import { targetKey } from "../../src/hot/engagement-columns.ts";
import { FulltextReader } from "../../src/hot/fulltext-reader.ts";
import { inTurns } from "../../src/hot/in-turns.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { RankedSearch } from "../../src/query/ranked-search.ts";
import { actionsOf } from "../../src/search/engagement.ts";
import type { NostrEvent, VerifiedEvent } from "../../src/nostr/event.ts";
import { unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW, parsed } from "../support/fulltext-store.ts";
import { prng, testSeed } from "../support/prng.ts";
import { temporaryFolders } from "../support/temp-folder.ts";
import { unsignedZap } from "../support/zaps.ts";

const folder = temporaryFolders();
/** More than an order without words looks at. */
const SPAM = 2100;
const key = (name: string): string => Bun.SHA256.hash(`trusted targets ${name}`, "hex");
const names = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix} ${at}`);

/** One of everything that counts in some order. */
function applause(name: string, id: string, invoice: string, msats: number): VerifiedEvent[] {
  const tags = [["e", id]];
  const created_at = NOW - 60;
  return [
    unsignedEvent(key(name), { kind: 7, content: "+", tags, created_at }),
    unsignedEvent(key(name), { content: `so says ${name}`, tags, created_at }),
    unsignedZap(
      key(name),
      key("a wallet"),
      { target: tags[0]!, to: key("x"), invoice, amount: msats },
      created_at,
    ),
  ];
}

const followsOf = (people: readonly string[], created_at: number): VerifiedEvent =>
  unsignedEvent(key("operator"), { kind: 3, tags: people.map((name) => ["p", key(name)]), created_at });
const FOLLOWS = followsOf(names(12, "person"), NOW - 3600);

function readerOf(store: FulltextStore): FulltextReader {
  store.catchUp();
  const fulltext = new FulltextReader(store.database, store.reader, {}, [key("operator")]);
  while (!fulltext.trustedTargets.step(NOW));
  return fulltext;
}

test("thousands of notes with crowds of made-up keys do not push out one that somebody trusted acted on", () => {
  const store = new FulltextStore(folder());
  const noteBy = (name: string, content: string): VerifiedEvent =>
    unsignedEvent(key(name), { content, created_at: NOW - 3600 });
  const honest = noteBy("quiet", "cat that people like");
  store.write(FOLLOWS, honest, ...applause("person 0", honest.event.id, "lnbc10n1x", 1000));
  const bought = names(SPAM, "spam").flatMap((spam) => {
    const note = noteBy(spam, `cat for sale, says ${spam}`);
    const fans = names(2, `fan of ${spam}`);
    return [note, ...fans.flatMap((name) => applause(name, note.event.id, "lnbc10m1x", 1e9))];
  });
  store.write(...bought);
  const search = new RankedSearch(readerOf(store), store.reader);
  const first = (text: string): string => {
    const deadlineMs = Number.POSITIVE_INFINITY;
    const options = {
      limit: 10,
      pageSize: 10,
      upToSeq: Number.MAX_SAFE_INTEGER,
      nowSeconds: NOW,
      deadlineMs,
    };
    const found = search.search(parsed(text), { tags: [], kinds: [1] }, options);
    if (isRefusal(found)) throw new Error(found.text);
    return (JSON.parse(found.hits[0]!.json) as { content: string }).content;
  };
  for (const order of ["top", "hot", "rising", "controversial", "zaps"])
    for (const words of ["cat ", ""])
      expect(`${words}sort:${order}: ${first(`${words}sort:${order}`)}`).toEndWith("cat that people like");
  store.close();
});

test("what was reckoned by a trust of the same second, from before the index was filled, is reckoned anew", () => {
  const store = new FulltextStore(folder());
  const fulltext = new FulltextReader(store.database, store.reader, {}, [key("operator")]);
  // A search that comes before anything is in the index: the relay trusts nobody but its operator yet.
  fulltext.trusted.reckon(NOW);
  const note = unsignedEvent(key("author"), { content: "cat" });
  store.write(FOLLOWS, note, ...applause("person 0", note.event.id, "lnbc10n1x", 1000));
  store.catchUp();
  for (const nowSeconds of [NOW, NOW + 2]) while (!fulltext.trustedTargets.step(nowSeconds));
  expect(fulltext.trustedTargets.leaders("top", NOW + 2, 10)).toEqual([note.event.id]);
  store.close();
});

test("further receipts for a zap that somebody signed add nothing", () => {
  const store = new FulltextStore(folder());
  const note = unsignedEvent(key("author"), { content: "cat" });
  const zap = { target: ["e", note.event.id], to: key("author"), invoice: "lnbc10u1x", amount: 1_000_000 };
  const receipts = names(5, "forger").map((name) => unsignedZap(key("person 0"), key(name), zap));
  store.write(note, ...receipts);
  store.catchUp();
  expect(store.fulltext.engagement.counts(note.event.id)).toMatchObject({ zaps: 1, msats: 1_000_000 });
  store.close();
});

const seed = testSeed();
test(`after each round the list says what trusted people did, whatever was done, taken back and followed (seed ${seed})`, () => {
  const random = prng(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const store = new FulltextStore(folder());
  const [people, strangers] = [names(12, "person"), names(20, "stranger")];
  const notes = names(6, "note").map((content) => unsignedEvent(key("author"), { content }));
  store.write(FOLLOWS, ...notes);
  const fulltext = readerOf(store);
  let live: NostrEvent[] = [];
  const expectTruth = (trustedNames: readonly string[], nowSeconds: number): void => {
    store.catchUp();
    while (!fulltext.trustedTargets.step(nowSeconds));
    const trusted = new Set(trustedNames.map(key));
    for (const { event } of notes) {
      const done = live
        .flatMap((each) => actionsOf(each, () => true))
        .filter((action) => action.target === event.id && trusted.has(action.actor));
      const count = (kind: string): number =>
        new Set(done.filter((a) => a.class === kind).map((a) => a.actor)).size;
      const expected = {
        engagement: count("reaction") + 2 * count("reply") + 3 * count("zap"),
        answers: count("reply"),
        reactions: count("reaction"),
        msats: done.reduce((sum, { msats }) => sum + msats, 0),
      };
      expect(fulltext.trustedTargets.of(targetKey(event.id))).toEqual(
        done.length === 0 ? undefined : expected,
      );
    }
  };
  for (let round = 0; round < 8; round++) {
    for (let at = 0; at < 30; at++) {
      const name = pick([...people, ...strangers]);
      const acts = applause(name, pick(notes).event.id, "lnbc10n1x", 1000);
      const { event } = pick(acts);
      if (random() < 0.2 && live.length > 0) {
        const gone = pick(live);
        live = live.filter(({ id }) => id !== gone.id);
        store.write(unsignedEvent(gone.pubkey, { kind: 5, tags: [["e", gone.id]], created_at: NOW }));
      } else if (store.write(acts.find((each) => each.event.id === event.id)!)[0]!.type === "stored")
        live.push(event);
    }
    expectTruth(people, NOW);
  }
  const still = people.slice(0, 6);
  store.write(followsOf(still, NOW));
  expectTruth(still, NOW + 3600);
  store.write(
    ...live.map((gone) => unsignedEvent(gone.pubkey, { kind: 5, tags: [["e", gone.id]], created_at: NOW })),
  );
  live = [];
  expectTruth(still, NOW + 3600);
  store.close();
});

test("two lists by turns, each entry once, no more than asked for", () => {
  expect(inTurns([1, 2, 3], [4, 1, 5], 10)).toEqual([1, 4, 2, 3, 5]);
  expect(inTurns([1, 2, 3], [4, 1, 5], 3)).toEqual([1, 4, 2]);
  expect(inTurns([], [4, 1], 3)).toEqual([4, 1]);
});
