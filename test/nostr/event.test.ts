// Parsing events: what is let in comes out unchanged, and every malformed shape is named.

import { describe, expect, test } from "bun:test";
import { eventIdOf } from "../../src/nostr/event-id.ts";
import { idOfJson, pubkeyOfJson } from "../../src/nostr/event-json.ts";
import { type NostrEvent, parseEvent } from "../../src/nostr/event.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { readFileSync } from "node:fs";

const PUBKEY = "ab".repeat(32);
const SIG = "0".repeat(128);

function withId(fields: Partial<NostrEvent>): NostrEvent {
  const event = { pubkey: PUBKEY, created_at: 1, kind: 1, tags: [], content: "", ...fields };
  return { id: eventIdOf(event), ...event, sig: SIG };
}

function faultOf(value: unknown): string | undefined {
  const parsed = parseEvent(value);
  return isRefusal(parsed) ? `${parsed.prefix}: ${parsed.text}` : undefined;
}

describe("parseEvent", () => {
  test("real events keep their text to the byte", () => {
    const lines = readFileSync(new URL("../vectors/real-events.jsonl", import.meta.url), "utf8")
      .trim()
      .split("\n");
    const refused = lines.filter((line) => {
      const parsed = parseEvent(JSON.parse(line));
      if (isRefusal(parsed)) return true;
      expect(parsed.json).toBe(line);
      expect(idOfJson(line)).toBe(parsed.event.id);
      expect(pubkeyOfJson(line)).toBe(parsed.event.pubkey);
      return false;
    });
    // One of the two thousand carries a null inside a tag, which NIP-01 does not allow.
    expect(refused.length).toBe(1);
    expect(refused[0]).toContain(",null,");
  });

  const texts = [
    '\n"\\\r\t\b\f',
    "\u0000\u001b\u000b",
    "\u2028\u2029\u007f",
    "\ufdd1\uffff",
    "</script>&'/",
    "🜁日本é",
    "\\ud800 as text",
  ];
  for (const text of texts) {
    test(`content and tags with ${JSON.stringify(text)} survive`, () => {
      const event = withId({ content: text, tags: [["t", text, ""]] });
      const parsed = parseEvent(event);
      if (isRefusal(parsed)) throw new Error(parsed.text);
      expect(JSON.parse(parsed.json)).toEqual(event);
    });
  }

  test("unknown keys are dropped, `__proto__` among them", () => {
    const event = withId({});
    const parsed = parseEvent(
      JSON.parse(`{"__proto__":{"kind":5},"seen":1,${JSON.stringify(event).slice(1)}`),
    );
    expect(isRefusal(parsed) || JSON.parse(parsed.json)).toEqual(event);
  });

  test("numbers written differently hash alike", () => {
    const event = withId({ created_at: 1_000_000_000 });
    const text = JSON.stringify(event).replace("1000000000", "1e9").replace('"kind":1', '"kind":1.0');
    const parsed = parseEvent(JSON.parse(text));
    expect(isRefusal(parsed) || parsed.json).toBe(JSON.stringify(event));
  });

  const malformed: [string, unknown][] = [
    ["null", null],
    ["a list", []],
    ["a string", "event"],
    ["no sig", { ...withId({}), sig: undefined }],
    ["upper-case id", { ...withId({}), id: withId({}).id.toUpperCase() }],
    ["upper-case pubkey", { ...withId({}), pubkey: PUBKEY.toUpperCase() }],
    ["upper-case sig", { ...withId({}), sig: "A".repeat(128) }],
    ["a wrong id", { ...withId({}), id: "0".repeat(64) }],
    ["kind 65536", withId({ kind: 65_536 })],
    ["kind -1", withId({ kind: -1 })],
    ["kind 1.5", withId({ kind: 1.5 })],
    ['kind "1"', withId({ kind: "1" as never })],
    ["created_at 1.5", withId({ created_at: 1.5 })],
    ['created_at "1"', withId({ created_at: "1" as never })],
    ["created_at -1", withId({ created_at: -1 })],
    ["created_at beyond 2^53", withId({ created_at: 2 ** 53 })],
    ["tags as text", withId({ tags: "x" as never })],
    ["an empty tag", withId({ tags: [[]] })],
    ["a null in a tag", withId({ tags: [["t", null as never]] })],
    ["a number in a tag", withId({ tags: [[1 as never]] })],
    ["content missing", { ...withId({}), content: undefined }],
    ["a lone surrogate in content", withId({ content: "\ud800" })],
    ["a lone surrogate in a tag", withId({ tags: [["t", "x\udfff"]] })],
  ];
  for (const [what, value] of malformed) {
    test(`${what} is invalid`, () => expect(faultOf(value)).toStartWith("invalid: "));
  }

  test("kind 65535 and created_at 2^53-1 are fine", () => {
    expect(faultOf(withId({ kind: 65_535, created_at: Number.MAX_SAFE_INTEGER }))).toBeUndefined();
  });
});
