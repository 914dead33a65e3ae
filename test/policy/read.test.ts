// The reading gate and the question whether filters may be asked, kind by kind.

import { describe, expect, test } from "bun:test";
import type { Filter } from "../../src/nostr/filter.ts";
import { checkAsk } from "../../src/policy/ask.ts";
import { mayRead } from "../../src/policy/read.ts";
import { unsignedEvent } from "../support/events.ts";

const [A, B, C] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];

function reads(kind: number, reader: string[], tags: string[][] = [["p", B]]): boolean {
  const { json } = unsignedEvent(A, { kind, tags });
  return mayRead({ kind, expiresAt: 0, json }, new Set(reader), 100);
}

describe("mayRead", () => {
  const table: [number, boolean, boolean][] = [
    [1, true, true],
    [4, true, true],
    [13, true, false],
    [1059, false, true],
    [21_059, false, true],
    [31_234, true, false],
    [1234, true, false],
  ];
  for (const [kind, author, recipient] of table) {
    test(`kind ${kind}: author ${author}, recipient ${recipient}`, () => {
      expect([reads(kind, [A]), reads(kind, [B])]).toEqual([author, recipient]);
      expect([reads(kind, []), reads(kind, [C])]).toEqual([kind === 1, kind === 1]);
      expect(reads(kind, [C, author ? A : B])).toBe(true);
    });
  }

  test("several recipients: any of them", () =>
    expect(
      reads(
        1059,
        [C],
        [
          ["p", B],
          ["p", C],
        ],
      ),
    ).toBe(true));

  test("a stranger needs no look at a private event", () => {
    expect(mayRead({ kind: 1059, expiresAt: 0, json: "" }, new Set(), 100)).toBe(false);
  });

  test("a vanish request for one relay is its author's business", () => {
    expect([reads(62, [], [["relay", "wss://a"]]), reads(62, [A], [["relay", "wss://a"]])]).toEqual([
      false,
      true,
    ]);
    expect(reads(62, [], [["relay", "ALL_RELAYS"]])).toBe(true);
  });

  test("expired from that very second on", () => {
    const at = (expiresAt: number) => mayRead({ kind: 1, expiresAt, json: "" }, new Set(), 100);
    expect([at(0), at(99), at(100), at(101)]).toEqual([true, false, false, true]);
  });
});

describe("checkAsk", () => {
  const ask = (filters: Partial<Filter>[], reader: string[] = []) =>
    checkAsk(
      filters.map((filter) => ({ tags: [], ...filter })),
      new Set(reader),
    )?.prefix;
  const p = (...values: string[]) => [{ name: "p", mode: "any" as const, values }];

  test("a stranger asks for private kinds only", () => {
    expect(ask([{ kinds: [1059] }])).toBe("auth-required");
    expect(ask([{ kinds: [4, 1059] }, { kinds: [31_234] }])).toBe("auth-required");
  });
  test("mixed and kind-less filters are served", () => {
    expect(ask([{ kinds: [1, 1059] }])).toBeUndefined();
    expect(ask([{ tags: p(A) }])).toBeUndefined();
    expect(ask([{ kinds: [1059] }, { kinds: [1] }])).toBeUndefined();
  });
  test("somebody authenticated asks for others' only", () => {
    expect(ask([{ kinds: [1059], tags: p(B) }], [A])).toBe("restricted");
    expect(ask([{ kinds: [1059], tags: p(B, A) }], [A])).toBeUndefined();
    expect(ask([{ kinds: [1059] }], [A])).toBeUndefined();
    expect(ask([{ kinds: [31_234], authors: [B] }], [A])).toBe("restricted");
    expect(ask([{ kinds: [4], authors: [B], tags: p(A) }], [A])).toBeUndefined();
    expect(ask([{ kinds: [4], authors: [A], tags: p(B) }], [A])).toBeUndefined();
  });
  test("who is among the recipients that `&p` names asks for their own", () => {
    const all = (...values: string[]) => [{ name: "p", mode: "all" as const, values }];
    expect(ask([{ kinds: [1059], tags: [...p(B), ...all(A)] }], [A])).toBeUndefined();
    expect(ask([{ kinds: [1059], tags: [...p(B), ...all(C)] }], [A])).toBe("restricted");
    expect(ask([{ kinds: [1059], tags: all(B) }], [A])).toBeUndefined();
  });
});
