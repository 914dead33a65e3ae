// One line of a dump: which events may be stored, which are skipped, which are invalid.

import { expect, test } from "bun:test";
import { readEventLine } from "../../../src/cli/importing/event-line.ts";
import { unsignedEvent } from "../../support/events.ts";

const KEY = "a".repeat(64);
const NOW = 1_700_000_000;

test.each<[string, string, string]>([
  ["a note", unsignedEvent(KEY).json, "event"],
  ["an ephemeral event", unsignedEvent(KEY, { kind: 20_001 }).json, "ephemeral"],
  ["a protected event", unsignedEvent(KEY, { tags: [["-"]] }).json, "protected"],
  ["an expired event", unsignedEvent(KEY, { tags: [["expiration", String(NOW)]] }).json, "expired"],
  [
    "an event that expires later",
    unsignedEvent(KEY, { tags: [["expiration", String(NOW + 1)]] }).json,
    "event",
  ],
  ["a senseless expiration", unsignedEvent(KEY, { tags: [["expiration", "soon"]] }).json, "invalid"],
  ["a changed event", unsignedEvent(KEY, { content: "yes" }).json.replace('"yes"', '"no"'), "invalid"],
  ["a cut line", unsignedEvent(KEY).json.slice(0, -5), "invalid"],
  ["something else", "[1,2]", "invalid"],
])("%s", (_name, line, expected) => {
  const read = readEventLine(line, NOW, false);
  expect(read.type === "skip" ? read.fate : read.type).toBe(expected as never);
});

test("a protected event of this relay's own backup is one like others, also where it has expired", () => {
  const fate = (tags: string[][]): string => {
    const read = readEventLine(unsignedEvent(KEY, { tags }).json, NOW, true);
    return read.type === "skip" ? read.fate : read.type;
  };
  expect(fate([["-"]])).toBe("event");
  expect(fate([["-"], ["expiration", String(NOW)]])).toBe("expired");
});
