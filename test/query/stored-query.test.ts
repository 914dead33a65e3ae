// The stored phase of a REQ: no more is read and queued than a connection takes, however large the events are.

import { afterAll, expect, test } from "bun:test";
import type { Hit } from "../../src/hot/contract.ts";
import { HotSource } from "../../src/query/hot-source.ts";
import { planSources } from "../../src/query/planner.ts";
import type { HitSource } from "../../src/query/source.ts";
import { StoredQuery } from "../../src/query/stored-query.ts";
import { unsignedEvent } from "../support/events.ts";
import { HotSide } from "../support/tiered-store.ts";
import { SOMEBODY } from "../support/somebody.ts";

const NOW = 1_700_000_000;
const CONTENT_CHARACTERS = 100_000;
const EVENTS = 60;

const side = new HotSide();
const large = Array.from({ length: EVENTS }, (_, index) =>
  unsignedEvent("a".repeat(64), { created_at: NOW - index, content: "x".repeat(CONTENT_CHARACTERS) }),
);
side.put(large);

afterAll(() => side.close());

function sourcesOf(wake: () => void): HitSource[] {
  const context = {
    upToSeq: side.reader.lastSeq(),
    keys: new Set<string>(),
    client: SOMEBODY,
    now: NOW,
    wake,
  };
  return planSources([{ tags: [], limit: EVENTS }], side.stores(), context, {
    defaultLimit: EVENTS,
    limitMax: EVENTS,
  });
}

/** Sends into a buffer of so many characters that nobody empties. */
function queryInto(roomCharacters: number, sources: readonly HitSource[]) {
  const sent: Hit[] = [];
  let characters = 0;
  const query = new StoredQuery(sources, {
    send: (hit) => {
      sent.push(hit);
      characters += hit.json.length;
    },
    hasRoom: () => characters < roomCharacters,
    done: () => {},
    failed: () => {},
    sliceMs: 10_000,
  });
  query.advance();
  return { sent, query };
}

test("a reader of large events is not drowned in them: its room is looked at as often as they are long", () => {
  const { sent, query } = queryInto(
    300_000,
    sourcesOf(() => {}),
  );
  expect(query.isOver).toBe(false);
  expect(sent.length).toBeLessThanOrEqual(6);
});

test("nothing is read for a reader that has no room", () => {
  let pulls = 0;
  const counted: HitSource = {
    order: "time",
    pull: () => {
      pulls++;
      return "ended";
    },
    peek: () => {
      throw new Error("nothing to see");
    },
    shift: () => {},
    hasMore: false,
    error: undefined,
    close: () => {},
  };
  queryInto(0, [counted]);
  expect(pulls).toBe(0);
});

test("what is read ahead of a slow reader is bounded in characters, not in events alone", () => {
  let read = 0;
  const { reader } = side;
  const source = new HotSource(
    { tags: [] },
    {
      reader,
      pool: undefined,
      budgetMs: 10_000,
      upToSeq: reader.lastSeq(),
      limit: EVENTS,
      accept: () => ++read > 0,
      rules: () => ({ nowSeconds: NOW, keys: [] }),
      client: SOMEBODY,
      wake: () => {},
    },
  );
  expect(source.pull(performance.now() + 10_000)).toBe("ready");
  expect(read).toBeLessThanOrEqual(3);
});

test("of many filters no further one is begun once the slice is over", () => {
  const sources = Array.from({ length: 30 }, () => sourcesOf(() => {})[0]!);
  const pulled = sources.map((source) => source.pull(0));
  expect(new Set(pulled)).toEqual(new Set(["paused"]));
  const { query, sent } = queryInto(Number.POSITIVE_INFINITY, sources);
  expect(query.isOver).toBe(true);
  expect(sent).toHaveLength(EVENTS);
});
