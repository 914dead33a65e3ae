// The parts of the cold bench: what is made, what is expected of it, and that wrong answers are noticed.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gauge, untilDrained } from "../../scripts/bench/cold/gauges.ts";
import { Gate } from "../../scripts/bench/cold/gate.ts";
import { judgeCold } from "../../scripts/bench/cold/goals.ts";
import { History } from "../../scripts/bench/cold/history.ts";
import { makeLexicon, VOCABULARY } from "../../scripts/bench/cold/lexicon.ts";
import { parseColdCommand } from "../../scripts/bench/cold/options.ts";
import { publishAtPace } from "../../scripts/bench/cold/paced-publisher.ts";
import { PagedReader } from "../../scripts/bench/cold/paged-reader.ts";
import { archiveWalk, newestPages, pagesBefore } from "../../scripts/bench/cold/pages.ts";
import { faultOf } from "../../scripts/bench/cold/search-probe.ts";
import { SEARCH_KINDS, searchesOf, typeaheads } from "../../scripts/bench/cold/searches.ts";
import { Visibility } from "../../scripts/bench/cold/visibility.ts";
import { isSettled } from "../../scripts/bench/cold/warm-up.ts";
import { FreshEvents } from "../../scripts/bench/corpus/fresh.ts";
import { Prose } from "../../scripts/bench/corpus/prose.ts";
import { Chance } from "../../scripts/bench/corpus/random.ts";
import { openSigner } from "../../scripts/bench/corpus/signer.ts";
import { endpointOf } from "../../scripts/bench/wire/connection.ts";
import { signatureCheck } from "../../src/ffi/signature-check.ts";
import { type NostrEvent, parseEvent } from "../../src/nostr/event.ts";
import { type Filter, matchesFilter, parseFilter } from "../../src/nostr/filter.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { actionsOf } from "../../src/search/engagement.ts";
import { SearchableEvent } from "../../src/search/match.ts";
import { parseSearch } from "../../src/search/parse.ts";
import { fold } from "../../src/search/tokenise.ts";
import { FakeRelay } from "./fake-relay.ts";

const signer = openSigner();
const lexicon = makeLexicon();
const SIZE = { seed: "test", events: 1_500, archive: 120, end: 1_780_000_000 };
const history = new History(SIZE, signer, lexicon);
const lines = [...history.archive(), ...Array.from({ length: SIZE.events }, () => history.next())];
const events = lines.map((line) => JSON.parse(line) as NostrEvent);
const searchable = events.map((event) => new SearchableEvent(event, {}));

function matching(filter: object): NostrEvent[] {
  const parsed = parseFilter(filter);
  if (isRefusal(parsed)) throw new Error(parsed.text);
  const { search, ...structure } = parsed as Filter & { search?: string };
  const found = searchable.filter(({ event }) => matchesFilter(structure, event));
  if (search === undefined) return found.map(({ event }) => event);
  const query = parseSearch(search, { nowSeconds: SIZE.end });
  if (isRefusal(query)) throw new Error(query.text);
  return found.filter((each) => each.matches(query, structure)).map(({ event }) => event);
}

describe("lexicon", () => {
  test("has words of several scripts, all different once they are folded", () => {
    expect(lexicon.words).toHaveLength(VOCABULARY);
    const all = [...lexicon.words, ...lexicon.hashtags, ...lexicon.names].map(fold);
    expect(new Set(all).size).toBe(all.length);
    for (const script of [/\p{sc=Latn}/u, /\p{sc=Cyrl}/u, /\p{sc=Grek}/u, /\p{sc=Arab}/u, /\p{sc=Han}/u])
      expect(lexicon.words.some((word) => script.test(word))).toBe(true);
  });

  test("shares no word with what is published on top, nor the beginnings of names with texts", () => {
    const prose = new Set(new Prose().text(new Chance(7), 100_000).split(/[^\p{L}]+/u));
    expect([...lexicon.words, ...lexicon.names].filter((word) => prose.has(word))).toEqual([]);
    const heads = new Set(lexicon.names.map((name) => name.slice(0, 3)));
    expect(lexicon.words.filter((word) => heads.has(fold(word).slice(0, 3)))).toEqual([]);
  });
});

describe("history", () => {
  test("is the same for the same seed, well formed, in order, and ends when it is told to", () => {
    const again = new History(SIZE, signer, lexicon);
    const made = [...again.archive(), ...Array.from({ length: SIZE.events }, () => again.next())];
    expect(made).toEqual(lines);
    const kinds = new Set<number>();
    let before = 0;
    for (const value of events.slice(SIZE.archive)) {
      const read = parseEvent(value);
      if (isRefusal(read)) throw new Error(read.text);
      expect(read.event.created_at).toBeGreaterThanOrEqual(before);
      before = read.event.created_at;
      kinds.add(read.event.kind);
    }
    expect(before).toBe(SIZE.end);
    expect([...kinds].sort((a, b) => a - b)).toEqual([0, 1, 3, 6, 7, 9_735, 30_023]);
  });
});

test("zaps of the history count: whoever pays has signed for it, unless they pay themselves", () => {
  const isSigned = signatureCheck({ choice: "auto" });
  const receipts = events.filter(({ kind }) => kind === 9_735);
  const zaps = receipts.flatMap((receipt) => actionsOf(receipt, isSigned));
  const others = receipts.filter(({ tags }) => tags[0]![1] !== tags[2]![1]);
  expect(zaps.length).toBe(others.length);
  expect(zaps.length).toBeGreaterThan(30);
  expect(zaps.every(({ msats }) => msats >= 21_000)).toBe(true);
});

describe("what is expected of an answer is what a plain look at every event finds", () => {
  test.each([...SEARCH_KINDS])("%s", (kind) => {
    const searches = searchesOf(history, kind, 12);
    expect(searches.length).toBeGreaterThan(5);
    for (const { filter, expected } of searches) {
      const found = matching(filter).length;
      expect({ filter, found: Math.min(found, filter.limit) }).toEqual({ filter, found: expected });
    }
  });

  test("typeahead, by the beginnings of names", () => {
    const searches = typeaheads(history, 60);
    expect(searches.length).toBeGreaterThan(3);
    const profiles = events.filter(({ kind }) => kind === 0);
    for (const { filter, expected } of searches) {
      const typed = filter.search.split(" ")[0]!;
      const found = profiles.filter(({ content }) => {
        const { display_name } = JSON.parse(content) as { display_name: string };
        return display_name.split(" ").some((name) => name.startsWith(typed));
      });
      expect(Math.min(10, found.length)).toBe(expected);
    }
  });

  test("pages, of now and of long ago, and the walk through the archive", () => {
    const border = SIZE.end - 10 * 86_400;
    const pages = [...pagesBefore(history, border, 40), ...newestPages(history, 20)];
    const walk = archiveWalk(history, 50);
    expect(pages.length).toBeGreaterThan(20);
    expect(walk.reduce((sum, { expected }) => sum + expected, 0)).toBe(SIZE.archive);
    for (const { filter, expected } of [...pages, ...walk]) {
      const limit = filter["limit"] as number;
      expect({ filter, found: Math.min(limit, matching(filter).length) }).toEqual({
        filter,
        found: expected,
      });
    }
  });
});

describe("a wrong answer to a search is noticed", () => {
  const [search] = searchesOf(history, "recent", 1);
  const right = matching(search!.filter)
    .sort((a, b) => b.created_at - a.created_at)
    .slice(0, search!.expected);
  const strange = events.find(({ kind }) => kind === 7)!;

  test("and a right one is not", () => expect(faultOf(search!, right)).toBeUndefined());
  test("when a hit is missing", () => expect(faultOf(search!, right.slice(1))).toContain("instead of"));
  test("when a hit is not what was asked for", () =>
    expect(faultOf(search!, [...right.slice(1), strange])).toContain("does not match"));
  test("when a note does not hold the word", () => {
    const note = events.find((event) => event.kind === 1 && !matching(search!.filter).includes(event))!;
    expect(faultOf(search!, [...right.slice(1), note])).toContain("without what was searched for");
  });
});

describe("over sockets", () => {
  let relay: FakeRelay;
  beforeAll(() => {
    relay = new FakeRelay();
  });
  afterAll(() => relay.stop());

  test("publishers keep their pace and tell of every event that was stored; a paged reader counts them", async () => {
    const fresh = new FreshEvents("paced", 1_750_000_000, signer);
    const published = Array.from({ length: 60 }, () => fresh.short(0));
    const stored: string[] = [];
    const result = await publishAtPace({
      endpoint: endpointOf(relay.url),
      connections: 3,
      pace: 2_000,
      events: published,
      warmUpMs: 0,
      stored: (id) => void stored.push(id),
    });
    expect(result).toMatchObject({ acknowledged: 60, faults: [] });
    expect(new Set(stored)).toEqual(new Set(published.map(({ id }) => id)));

    const reader = new PagedReader(endpointOf(relay.url));
    const { times, faults } = await reader.read([
      { filter: { authors: [fresh.people[0]!.pubkey], limit: 25 }, expected: 25 },
      { filter: { authors: [fresh.people[0]!.pubkey], limit: 100 }, expected: 61 },
    ]);
    expect(times).toHaveLength(2);
    expect(faults).toEqual([expect.stringContaining("answered 60 instead of 61")]);
  });
});

describe("what shows late", () => {
  test("is waited for, and what never shows is counted", async () => {
    let looks = 0;
    const visibility = new Visibility(
      { visible: (ids) => Promise.resolve(new Set(looks++ === 0 ? [] : ids.filter((id) => id !== "lost"))) },
      1,
    );
    for (const id of ["a", "b", "lost"]) visibility.stored(id);
    const { lag, samples, missing } = await visibility.end(400);
    expect({ samples, missing }).toEqual({ samples: 2, missing: 1 });
    expect(lag?.p50).toBeGreaterThan(0);
  });

  test("a backlog is drained when the relay says so and goes on saying so", async () => {
    const lags = [undefined, 40, 7, 0];
    const server = Bun.serve({
      port: 0,
      fetch: () => {
        const lag = lags.length > 1 ? lags.shift() : lags[0];
        return new Response(lag === undefined ? "" : `# HELP x\nthermocline_cold_lag_entries ${lag}\n`);
      },
    });
    const url = `ws://127.0.0.1:${server.port}/`;
    expect(await gauge(url, "cold_lag_entries")).toBeUndefined();
    expect(await untilDrained(url, 10, 150)).toMatchObject({ entries: 40, isDone: true });
    await server.stop(true);
  });
});

describe("gate", () => {
  test("passes what is large, refuses while it is shut, and passes again", async () => {
    const node = Bun.serve({ port: 0, fetch: async (request) => new Response(await request.text()) });
    const gate = new Gate(`http://127.0.0.1:${node.port}`);
    const ask = async (body: string): Promise<string> =>
      (await fetch(gate.url, { method: "POST", body, signal: AbortSignal.timeout(3_000) })).text();
    const large = "0123456789".repeat(300_000);
    expect((await ask(large)) === large).toBe(true);
    gate.shut();
    expect(await ask("x").catch(() => "refused")).toBe("refused");
    gate.open();
    expect(await ask("again")).toBe("again");
    gate.shut();
    await node.stop(true);
  });
});

describe("goals", () => {
  const latency = (p95: number) => ({ p50: 1, p95, p99: p95, max: p95 });
  test("are judged where their rows are, larger or smaller as it is better", () => {
    const results = judgeCold(1_000, [
      { name: "catch-up", load: "", rate: 4_500, faults: [] },
      { name: "OpenSearch phrase", load: "", latency: latency(25), faults: [] },
      { name: "saturated with cold", load: "", rate: 80, faults: [] },
      { name: "saturated without cold", load: "", rate: 100, faults: [] },
    ]);
    expect(results.map(({ goal, times, isMet }) => [goal, times, isMet])).toEqual([
      ["catch-up, events a second", 0.5, false],
      ["saturated publisher, share of its rate without a cold store", 0.8 / 0.7, true],
      ["search p95 at 8 clients, phrase, ms", 2, true],
    ]);
  });
});

describe("command line", () => {
  test("sizes, heaps and names", () => {
    expect(parseColdCommand(["--events", "1m", "--only", "search,pages"])).toMatchObject({
      verb: "run",
      options: { size: 1_000_000, heap: "2g", only: new Set(["search", "pages"]) },
    });
    expect(parseColdCommand(["--quick"])).toMatchObject({ options: { size: 20_000, heap: "1g" } });
  });
  test.each(["--events many", "--only everything", "--what"])("refuses %s", (words) => {
    expect(parseColdCommand(words.split(" ")).verb).toBe("refuse");
  });
});

test("warming up ends once two rounds in a row bring nothing, and not by one that was disturbed", () => {
  expect(isSettled([])).toBe(false);
  expect(isSettled([50, 51])).toBe(false);
  expect(isSettled([50, 51, 52])).toBe(true);
  expect(isSettled([50, 40, 90])).toBe(false);
  expect(isSettled([50, 90, 80, 92])).toBe(true);
});
