// Every cause for which an event is refused before its signature is looked at.

import { describe, expect, test } from "bun:test";
import { checkWrite, type WritePolicyOptions } from "../../src/policy/write.ts";
import { type EventTemplate, unsignedEvent } from "../support/events.ts";
import { OPEN_POLICY } from "../support/write-policy.ts";

const NOW = 1_700_000_000;
const A = "a".repeat(64);
const B = "b".repeat(64);
const ID = "e".repeat(64);

const OPEN: WritePolicyOptions = { ...OPEN_POLICY, contentCharactersMax: 8 };

function check(template: EventTemplate, options: Partial<WritePolicyOptions> = {}, keys: string[] = []) {
  const { event } = unsignedEvent(A, { created_at: NOW, ...template });
  return checkWrite(event, new Set(keys), NOW, { ...OPEN, ...options })?.prefix;
}

describe("checkWrite", () => {
  test("lets an ordinary note through", () => expect(check({})).toBeUndefined());

  const refusals: [string, EventTemplate, Partial<WritePolicyOptions>, string | undefined][] = [
    ["kind 22242 by EVENT", { kind: 22_242 }, {}, "invalid"],
    ["a bare seal", { kind: 13 }, {}, "invalid"],
    ["a bare seal where they are taken", { kind: 13 }, { acceptBareSeals: true }, undefined],
    ["a blocked kind", { kind: 7 }, { blockedKinds: new Set([7]) }, "blocked"],
    ["a kind off the list", { kind: 7 }, { allowedKinds: new Set([1]) }, "blocked"],
    ["a blocked key", {}, { blockedPubkeys: new Set([A]) }, "blocked"],
    ["a key off the list", {}, { allowedPubkeys: new Set([B]) }, "restricted"],
    ["too many tags", { tags: Array.from({ length: 11 }, () => ["t", "x"]) }, {}, "invalid"],
    ["content one character too long", { content: "123456789" }, {}, "invalid"],
    ["content of eight astral characters", { content: "🜁".repeat(8) }, {}, undefined],
    ["the last second of the future window", { created_at: NOW + 900 }, {}, undefined],
    ["one second after it", { created_at: NOW + 901 }, {}, "invalid"],
    ["a second before the past window", { created_at: NOW - 61 }, { createdAtPastSecondsMax: 60 }, "invalid"],
    [
      "a wrap two days back",
      { kind: 1059, created_at: NOW - 172_800 },
      { createdAtPastSecondsMax: 60 },
      undefined,
    ],
    [
      "an ephemeral wrap an hour back",
      { kind: 21_059, created_at: NOW - 3600 },
      { createdAtPastSecondsMax: 60 },
      undefined,
    ],
    ["an event that expires now", { tags: [["expiration", String(NOW)]] }, {}, "invalid"],
    ["an event that expires in a second", { tags: [["expiration", String(NOW + 1)]] }, {}, undefined],
    ["an expiration that is no number", { tags: [["expiration", "soon"]] }, {}, "invalid"],
    ["too little work", {}, { powDifficultyMin: 60 }, "pow"],
    ["a deletion without targets", { kind: 5 }, {}, "invalid"],
    ["a deletion by id", { kind: 5, tags: [["e", ID]] }, {}, undefined],
    ["a vanish request without relay", { kind: 62 }, {}, "invalid"],
    [
      "a vanish request from a blocked key",
      { kind: 62, tags: [["relay", "ALL_RELAYS"]] },
      { blockedPubkeys: new Set([A]) },
      undefined,
    ],
    [
      "a vanish request from a non-member",
      { kind: 62, tags: [["relay", "ALL_RELAYS"]] },
      { allowedPubkeys: new Set([B]), allowedKinds: new Set([1]) },
      undefined,
    ],
    ["anything without AUTH where it is required", {}, { authRequired: true }, "auth-required"],
  ];
  for (const [what, template, options, prefix] of refusals) {
    test(`${what}: ${prefix ?? "taken"}`, () => expect(check(template, options)).toBe(prefix as never));
  }

  test("protected events come from their author alone", () => {
    const tags = [["-"]];
    expect(check({ tags })).toBe("auth-required");
    expect(check({ tags }, {}, [B])).toBe("restricted");
    expect(check({ tags }, {}, [B, A])).toBeUndefined();
  });

  test("a repost may not carry a protected event, whatever its white space; prose about one may", () => {
    const options = { contentCharactersMax: 1000 };
    expect(check({ kind: 6, content: '{"tags":[ [ "-" ] ]}' }, options)).toBe("blocked");
    expect(check({ kind: 16, content: '{"tags":[["t","x"],["-",""]]}' }, options)).toBe("blocked");
    expect(check({ kind: 6, content: '{"content":"[\\"-\\"]","tags":[]}' }, options)).toBeUndefined();
    expect(check({ kind: 1, content: '{"tags":[["-"]]}' }, options)).toBeUndefined();
    expect(check({ kind: 6, content: "- not JSON" }, options)).toBeUndefined();
  });
});
