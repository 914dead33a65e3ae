// Filters: which are taken, and what each means.

import { describe, expect, test } from "bun:test";
import { type Filter, matchesFilter, matchesNothing, parseFilter } from "../../src/nostr/filter.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { unsignedEvent } from "../support/events.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

function parsed(value: object): Filter {
  const filter = parseFilter(value);
  if (isRefusal(filter)) throw new Error(filter.text);
  return filter;
}

function prefixOf(value: unknown): string | undefined {
  const filter = parseFilter(value);
  return isRefusal(filter) ? filter.prefix : undefined;
}

const matches = (filter: object, template: object): boolean =>
  matchesFilter(parsed(filter), unsignedEvent(A, template).event);

describe("parseFilter", () => {
  const wrong: [unknown, string][] = [
    ["x", "invalid"],
    [[], "invalid"],
    [{ ids: ["abcd"] }, "invalid"],
    [{ ids: A }, "invalid"],
    [{ authors: [A.toUpperCase()] }, "invalid"],
    [{ kinds: ["1"] }, "invalid"],
    [{ kinds: [1.5] }, "invalid"],
    [{ kinds: [-1] }, "invalid"],
    [{ limit: -1 }, "invalid"],
    [{ limit: "5" }, "invalid"],
    [{ since: 1.5 }, "invalid"],
    [{ until: null }, "invalid"],
    [{ "#e": ["xyz"] }, "invalid"],
    [{ "#p": [1] }, "invalid"],
    [{ "#t": ["\ud800"] }, "invalid"],
    [{ search: 1 }, "invalid"],
    [{ foo: 1 }, "unsupported"],
    [{ "#title": ["x"] }, "unsupported"],
    [{ "#": ["x"] }, "unsupported"],
    [{ "#1": ["x"] }, "unsupported"],
  ];
  for (const [value, prefix] of wrong)
    test(`${JSON.stringify(value)}: ${prefix}`, () => expect(prefixOf(value)).toBe(prefix));

  test("an own __proto__ key is unknown, and harmless", () => {
    expect(prefixOf(JSON.parse('{"__proto__":{"kinds":[1]}}'))).toBe("unsupported");
  });
  test("doubles go, kinds that cannot exist match nothing, blank search is none", () => {
    expect(parsed({ kinds: [1, 1, 70_000] }).kinds).toEqual([1]);
    expect(matchesNothing(parsed({ kinds: [70_000] }))).toBe(true);
    expect(parsed({ search: "  " }).search).toBeUndefined();
  });
  test("AND values are ignored in the OR list, which may vanish with them", () => {
    expect(parsed({ "#t": ["a", "b"], "&t": ["a"] }).tags.map((tag) => [tag.mode, tag.values])).toEqual([
      ["any", ["b"]],
      ["all", ["a"]],
    ]);
    expect(parsed({ "#t": ["a"], "&t": ["a"] }).tags.length).toBe(1);
  });
});

describe("matchesFilter", () => {
  test("bounds are inclusive", () => {
    expect(matches({ since: 5, until: 5 }, { created_at: 5 })).toBe(true);
    expect(matches({ since: 6 }, { created_at: 5 })).toBe(false);
    expect(matches({ until: 4 }, { created_at: 5 })).toBe(false);
    expect(matches({ until: 0 }, { created_at: 5 })).toBe(false);
  });
  test("two tag keys must both match, letters are case-sensitive, later values do not count", () => {
    const tags = [
      ["e", A],
      ["p", B, A],
    ];
    expect(matches({ "#e": [A], "#p": [B] }, { tags })).toBe(true);
    expect(matches({ "#e": [A], "#p": [A] }, { tags })).toBe(false);
    expect(matches({ "#E": [A] }, { tags })).toBe(false);
  });
  test("AND wants every value", () => {
    const tags = [
      ["t", "x"],
      ["t", "y"],
    ];
    expect(matches({ "&t": ["x", "y"] }, { tags })).toBe(true);
    expect(matches({ "&t": ["x", "z"] }, { tags })).toBe(false);
    expect(matches({ "#t": ["z", "y"], "&t": ["x"] }, { tags })).toBe(true);
  });
  test("empty lists match nothing", () => {
    for (const filter of [{ ids: [] }, { authors: [] }, { kinds: [] }, { "#t": [] }, { "&t": [] }]) {
      expect(matches(filter, {})).toBe(false);
      expect(matchesNothing(parsed(filter))).toBe(true);
    }
  });
});
