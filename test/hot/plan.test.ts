// Which index a filter is sent to, and when the tail stands in front of it.

import { Database } from "bun:sqlite";
import { expect, spyOn, test } from "bun:test";
import { type Plan, planScan } from "../../src/hot/plan.ts";
import { ReadStatements } from "../../src/hot/stream-sql.ts";
import { createTail } from "../../src/hot/tail.ts";
import { TailLoader } from "../../src/hot/tail-loader.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { createSchema, insertRows } from "../support/insert-rows.ts";

const TAG_SEED = 99n;
const hex = (n: number): string => Bun.SHA256.hash(`plan ${n}`, "hex");
const BUSY = hex(0);
const QUIET = hex(1);
const RARE_THREAD = hex(2);

/** 3,000 notes of one busy author, all tagged `t=nostr`, 20 by a quiet one; one reply to a rare thread. */
function store(): Database {
  const database = new Database(":memory:");
  createSchema(database);
  const event = (n: number): NostrEvent => ({
    id: hex(1000 + n),
    pubkey: n % 150 === 0 ? QUIET : BUSY,
    created_at: 1_700_000_000 + n,
    kind: n % 500 === 7 ? 30_023 : 1,
    tags:
      n === 5
        ? [
            ["e", RARE_THREAD],
            ["t", "nostr"],
          ]
        : [["t", "nostr"]],
    content: "",
    sig: "0".repeat(128),
  });
  insertRows(
    database,
    Array.from({ length: 3000 }, (_, i) => ({ seq: i + 1, event: event(i) })),
    TAG_SEED,
  );
  return database;
}

const database = store();
const statements = new ReadStatements(database);
const tail = createTail({ bytesMax: 2 ** 30 });
new TailLoader(tail, database).loadUpTo(Number.POSITIVE_INFINITY);

const plan = (filter: Partial<Filter>, withTail = false): Plan =>
  planScan({ tags: [], ...filter }, statements, withTail ? tail : undefined, TAG_SEED);
const nostr = { name: "t", mode: "any", values: ["nostr"] } as const;
const thread = { name: "e", mode: "any", values: [RARE_THREAD] } as const;

test("one kind of condition names its index", () => {
  expect(plan({}).access.source).toBe("time");
  expect(plan({ kinds: [1] }).access.source).toBe("kind");
  expect(plan({ authors: [BUSY], kinds: [1] }).access.source).toBe("author");
  expect(plan({ tags: [nostr], kinds: [1] }).access.source).toBe("tag");
  expect(plan({ ids: [hex(1)], authors: [BUSY], tags: [nostr] }).access.source).toBe("ids");
});

test("a filter that can match nothing asks nothing", () => {
  for (const filter of [
    { ids: [] },
    { kinds: [] },
    { since: 2, until: 1 },
    { tags: [{ ...nostr, values: [] }] },
  ]) {
    expect(plan(filter).access.source).toBe("nothing");
  }
});

test("the rarest condition drives, and the plan says so", () => {
  expect(plan({ authors: [BUSY], tags: [nostr, thread] })).toMatchObject({
    access: { source: "tag" },
    because: "#e is the rarest condition (1 rows)",
  });
  expect(plan({ authors: [QUIET], tags: [nostr] }).access.source).toBe("author");
  expect(plan({ authors: [BUSY], tags: [nostr] }).because).toContain("as common as the others");
});

test("kinds count towards how rare a condition is", () => {
  expect(
    plan({ authors: [BUSY], tags: [{ ...thread, values: [RARE_THREAD, hex(3)] }], kinds: [30_023] }).because,
  ).toBe("#e is the rarest condition (0 rows)");
});

test("of values that must all be there, only the rarest is walked", () => {
  const both = { name: "t", mode: "all", values: ["nostr", "unheard of"] } as const;
  expect(plan({ tags: [both] })).toMatchObject({
    access: { source: "tag", keys: { length: 1 } },
    because: "&t is the rarest condition (0 rows)",
  });
});

test("broad questions walk the tail, authors its lists, and what a tag drives goes to the index", () => {
  expect(plan({}, true).tailWalk).toBe("columns");
  expect(plan({ kinds: [1], limit: 50 }, true).tailWalk).toBe("columns");
  expect(
    plan({ authors: Array.from({ length: 150 }, (_, i) => hex(i)), kinds: [1, 6], limit: 50 }, true).tailWalk,
  ).toBe("columns");
  expect(plan({ tags: [nostr], kinds: [1] }, true).tailWalk).toBeUndefined();
  expect(plan({ authors: [QUIET], kinds: [1], limit: 50 }, true).tailWalk).toBe("authors");
  expect(plan({ authors: [hex(77)], kinds: [0], limit: 1 }, true).tailWalk).toBe("authors");
});

test("the tail is left out for what lies below its horizon", () => {
  const small = createTail({ bytesMax: 200_000 });
  new TailLoader(small, database).loadUpTo(Number.POSITIVE_INFINITY);
  expect(small.horizon).toBeGreaterThan(1_700_000_000);
  const old = { tags: [], until: small.horizon };
  expect(planScan(old, statements, small, TAG_SEED).tailWalk).toBeUndefined();
  expect(planScan({ tags: [], until: small.horizon + 1 }, statements, small, TAG_SEED).tailWalk).toBe(
    "columns",
  );
});

test("of thousands of conditions a few are compared", () => {
  const counting = spyOn(statements.tag, "countRows");
  const values = Array.from({ length: 4000 }, () => "nostr");
  const { access } = plan({ tags: [{ name: "t", mode: "all", values }], kinds: [1] });
  expect(access.source).toBe("tag");
  expect(counting).toHaveBeenCalled();
  expect(counting.mock.calls.length).toBeLessThanOrEqual(2 * 12);
  counting.mockRestore();
});
