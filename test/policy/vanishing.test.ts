// What a key that has just vanished hides before its events are erased.

import { expect, test } from "bun:test";
import { Vanishing } from "../../src/policy/vanishing.ts";
import { type EventTemplate, unsignedEvent } from "../support/events.ts";

const [A, B] = ["a".repeat(64), "b".repeat(64)];

function erasable(pubkey: string, template: EventTemplate) {
  const { event, json } = unsignedEvent(pubkey, template);
  return { createdAt: event.created_at, kind: event.kind, json };
}

test("hides the key's events up to its second, and wraps to it, and nothing else", () => {
  const vanishing = new Vanishing();
  const note = erasable(A, { created_at: 100 });
  expect(vanishing.hides(note)).toBe(false);
  vanishing.add(A, 100, 0);
  expect(vanishing.hides(note)).toBe(true);
  expect(vanishing.hides(erasable(A, { created_at: 101 }))).toBe(false);
  expect(vanishing.hides(erasable(B, { created_at: 100, tags: [["p", A]] }))).toBe(false);
  expect(vanishing.hides(erasable(B, { kind: 1059, created_at: 100, tags: [["p", A]] }))).toBe(true);
  expect(vanishing.hides(erasable(B, { kind: 1059, created_at: 101, tags: [["p", A]] }))).toBe(false);
  expect(vanishing.hides(erasable(A, { kind: 62, created_at: 100 }))).toBe(false);
});

test("an earlier request does not narrow a later one, and all is forgotten in the end", () => {
  const vanishing = new Vanishing();
  vanishing.add(A, 100, 0);
  vanishing.add(A, 50, 1);
  expect(vanishing.hides(erasable(A, { created_at: 100 }))).toBe(true);
  vanishing.add(B, 1, 2 * 60 * 60_000);
  expect(vanishing.hides(erasable(A, { created_at: 100 }))).toBe(false);
});

test("erasing is over for a key once nothing is booked any more and the log is known that far", () => {
  const vanishing = new Vanishing();
  const note = erasable(A, { created_at: 100 });
  expect(vanishing.isErasing).toBe(false);
  vanishing.add(A, 100, 0);
  vanishing.add(B, 100, 0);
  expect(vanishing.isErasing).toBe(true);
  vanishing.noteErased(new Set([A]), 7, 7);
  expect(vanishing.isErasing).toBe(true);
  // The file is a commit ahead: what left with it may still be held in memory here.
  vanishing.noteErased(new Set(), 9, 8);
  expect(vanishing.isErasing).toBe(true);
  vanishing.noteErased(new Set(), 12, 9);
  expect(vanishing.isErasing).toBe(false);
  expect(vanishing.hides(note)).toBe(true);
  vanishing.add(A, 200, 1);
  expect(vanishing.isErasing).toBe(true);
});
