// Orders by what people did ask who did it: a crowd that somebody made up buys no place, in whichever order.

import { expect, test } from "bun:test";
import { targetKey } from "../../src/hot/engagement-columns.ts";
import { authorKey } from "../../src/hot/keys.ts";
import { TrustedEngagement } from "../../src/hot/trusted-engagement.ts";
import type { Engagement } from "../../src/search/engagement.ts";
import { sharesOf } from "../../src/search/trend-score.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { FulltextReader } from "../../src/hot/fulltext-reader.ts";
import { RankedSearch } from "../../src/query/ranked-search.ts";
import { type EventTemplate, unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW, parsed } from "../support/fulltext-store.ts";
import { prng, testSeed } from "../support/prng.ts";
import { invoiceMsats } from "../../src/search/zap.ts";
import { unsignedZap } from "../support/zaps.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const ORDERS = ["top", "hot", "rising", "controversial", "zaps"] as const;
const FAKES = 60;

const key = (name: string): string => Bun.SHA256.hash(`trusted ${name}`, "hex");
const names = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix} ${at}`);

function setUp(seeds: readonly string[] = []) {
  const store = new FulltextStore(folder());
  const say = (name: string, template: EventTemplate): string => {
    const event = unsignedEvent(key(name), { created_at: NOW - 60, ...template });
    store.write(event);
    return event.event.id;
  };
  const note = (name: string, content: string): string => say(name, { content, created_at: NOW - 3600 });
  /** One of everything that counts in some order. */
  const applaud = (name: string, id: string, invoice: string): void => {
    const tags = [["e", id]];
    say(name, { kind: 7, content: "+", tags });
    say(name, { kind: 6, tags });
    say(name, { content: `no, says ${name}`, tags });
    const zap = { target: ["e", id], to: key("paid"), invoice, amount: invoiceMsats(invoice)! };
    store.write(unsignedZap(key(name), key(`wallet of ${name}`), zap, NOW - 60));
  };
  const follow = (name: string, ...others: string[]): string =>
    say(name, { kind: 3, tags: others.map((other) => ["p", key(other)]), created_at: NOW - 3600 });
  const find = (text: string): string[] => {
    store.catchUp();
    const search = new RankedSearch(
      new FulltextReader(store.database, store.reader, {}, seeds),
      store.reader,
    );
    const found = search.search(
      parsed(text),
      { tags: [], kinds: [1] },
      {
        limit: 10,
        pageSize: 10,
        upToSeq: Number.MAX_SAFE_INTEGER,
        nowSeconds: NOW,
        deadlineMs: Number.POSITIVE_INFINITY,
      },
    );
    if (isRefusal(found)) throw new Error(found.text);
    return found.hits.map(({ json }) => (JSON.parse(json) as { content: string }).content);
  };
  return { store, say, note, applaud, follow, find };
}

for (const order of ORDERS) {
  test(`sort:${order}: sixty keys of today, who follow one another, do not outweigh four people`, () => {
    const { store, note, applaud, follow, find } = setUp([key("operator")]);
    follow("operator", ...names(12, "person"));
    const [bought, honest] = [note("loud", "cat for sale"), note("quiet", "cat that people like")];
    const fakes = names(FAKES, "fake");
    follow("fake 0", ...fakes);
    for (const fake of fakes) applaud(fake, bought, "lnbc1u1x");
    for (const person of names(4, "person")) applaud(person, honest, "lnbc10n1x");
    for (const words of ["cat ", ""])
      expect(find(`${words}sort:${order}`).slice(0, 2)).toEqual(["cat that people like", "cat for sale"]);
    store.close();
  });
}

test("one key that somebody trusted follows cannot name a sum that beats everybody", () => {
  const { store, note, applaud, follow, find } = setUp([key("operator")]);
  follow("operator", ...names(12, "person"));
  follow("person 0", "acquaintance");
  applaud("acquaintance", note("loud", "cat for sale"), "lnbc10m1x");
  applaud("person 1", note("quiet", "cat that people like"), "lnbc10u1x");
  expect(find("cat sort:zaps")).toEqual(["cat that people like", "cat for sale"]);
  store.close();
});

test("where nobody is known, all are alike, but for oneself", () => {
  const { store, note, applaud, find } = setUp();
  const [many, few] = [note("a", "cat of many"), note("b", "cat of few")];
  for (const person of names(5, "person")) applaud(person, many, "lnbc10u1x");
  for (const person of names(3, "person")) applaud(person, few, "lnbc10u1x");
  applaud("c", note("c", "cat of myself"), "lnbc10m1x");
  for (const order of ["top", "zaps"])
    expect(find(`cat sort:${order}`)).toEqual(["cat of many", "cat of few", "cat of myself"]);
  store.close();
});

const SEED = testSeed();

test(`sums are those of a naive count, whoever did whatever how often (seed ${SEED})`, () => {
  const random = prng(SEED);
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const { store, say, note, follow } = setUp();
  const people = names(40, "person");
  follow("operator", ...people.slice(0, 12));
  follow("person 0", ...people.slice(12, 24));
  const target = note("author", "cat");
  const did = new Map<string, Set<string>>();
  for (let i = 0; i < 300; i++) {
    const person = oneOf(people);
    const [column, template] = oneOf([
      ["reactions", { kind: 7, content: "+" }],
      ["downvotes", { kind: 7, content: "-" }],
      ["reposts", { kind: 6 }],
      ["replies", { content: `no ${i}` }],
    ] as const);
    say(person, { ...template, tags: [["e", target]], created_at: NOW - i });
    did.set(column, (did.get(column) ?? new Set()).add(person));
  }
  store.catchUp();
  const counts = new TrustedEngagement(store.database, [key("operator")]).countsNow(
    targetKey(target),
    authorKey(key("author")),
    NOW,
  );
  const everybody = new Set([...did.values()].flatMap((some) => [...some]));
  const levelOf = (person: string): "trusted" | "known" | "fresh" => {
    const number = people.indexOf(person);
    return number < 12 ? "trusted" : number < 24 ? "known" : "fresh";
  };
  const crowd = { trusted: 0, known: 0, fresh: 0 };
  for (const person of everybody) crowd[levelOf(person)]++;
  const shares = { trusted: 1, ...sharesOf(crowd, "settled") };
  for (const [column, some] of did) {
    const sum = [...some].reduce((all, person) => all + shares[levelOf(person)], 0);
    expect(counts[column as keyof Engagement]).toBeCloseTo(sum, 9);
  }
  expect(counts.quotes).toBe(0);
  store.close();
});

test("what is taken back counts no more, sums included", () => {
  const { store, note, applaud, find } = setUp();
  applaud("person 0", note("a", "cat of one"), "lnbc10u1x");
  applaud("person 1", note("b", "cat of another"), "lnbc20u1x");
  expect(find("cat sort:zaps")[0]).toBe("cat of another");
  const receipts = store.reader
    .log(0, 1000)
    .filter((entry) => entry.type === "stored" && entry.kind === 9735);
  const last = JSON.parse((receipts.at(-1) as { json: string }).json) as { id: string };
  store.write(unsignedEvent(key("wallet of person 1"), { kind: 5, tags: [["e", last.id]], created_at: NOW }));
  expect(find("cat sort:zaps")[0]).toBe("cat of one");
  store.close();
});
