// Batches come out of their packing as they went in.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addressOf } from "../../src/nostr/address.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { expirationOf } from "../../src/nostr/expiration.ts";
import { forEachIndexedTag } from "../../src/nostr/tag.ts";
import { BatchCursor, joinBatches, packBatch, tagKeysOf } from "../../src/hot/batch-codec.ts";
import { addressKey, authorKey, idKey, rankOf, tagKey } from "../../src/hot/keys.ts";
import { unsignedEvent, verified } from "../support/events.ts";

const SEED = 0xfeed_beef_dead_cafen;
const REAL = readFileSync(join(import.meta.dir, "../vectors/real-events.jsonl"), "utf8")
  .trim()
  .split("\n")
  .slice(0, 400)
  .map((line) => verified(JSON.parse(line) as NostrEvent));

function distinctTagKeys(event: NostrEvent): number[] {
  const keys = new Set<number>();
  forEachIndexedTag(event, (name, value) => keys.add(tagKey(name, value, SEED)));
  return [...keys];
}

test("every field of real events survives, also through structured cloning", () => {
  const batch = structuredClone(packBatch(REAL, SEED));
  const cursor = new BatchCursor(batch);
  for (const { event, json } of REAL) {
    expect(cursor.next()).toBe(true);
    expect(cursor.json).toBe(json);
    expect(cursor.event()).toEqual(event);
    expect([cursor.kind, cursor.createdAt, cursor.rank]).toEqual([
      event.kind,
      event.created_at,
      rankOf(event.id),
    ]);
    expect([cursor.id, cursor.author]).toEqual([idKey(event.id), authorKey(event.pubkey)]);
    expect([cursor.fullId(), cursor.pubkey()]).toEqual([event.id, event.pubkey]);
    expect(cursor.expiresAt).toBe(expirationOf(event) ?? 0);
    expect([...cursor.numbers.subarray(cursor.tagsFrom, cursor.tagsTo)]).toEqual(distinctTagKeys(event));
    const address = addressOf(event);
    expect(cursor.address()).toEqual(address === undefined ? undefined : new Uint8Array(addressKey(address)));
  }
  expect(cursor.next()).toBe(false);
});

test("a cursor starts over after rewind()", () => {
  const cursor = new BatchCursor(packBatch(REAL.slice(0, 3), SEED));
  while (cursor.next());
  cursor.rewind();
  expect(cursor.next()).toBe(true);
  expect(cursor.json).toBe(REAL[0]!.json);
});

test("an empty batch has nothing to visit", () => {
  expect(new BatchCursor(packBatch([], SEED)).next()).toBe(false);
});

test("joined batches are the batch of all their events", () => {
  const parts = [REAL.slice(0, 700), [], REAL.slice(700, 701), REAL.slice(701)];
  const joined = joinBatches(parts.map((events) => packBatch(events, SEED)));
  expect(joined).toEqual(packBatch(REAL, SEED));
  expect(joinBatches([])).toEqual(packBatch([], SEED));
});

test("tags that stand twice, that have no value or no single letter, count once or not at all", () => {
  const many = Array.from({ length: 40 }, (_, i) => ["t", `topic${i % 7}`]);
  const event = unsignedEvent("a".repeat(64), {
    tags: [...many, ["e"], ["title", "x"], ["T", "topic1"]],
  }).event;
  expect(tagKeysOf(event, SEED).length).toBe(8);
  const few = unsignedEvent("a".repeat(64), {
    tags: [
      ["t", "x"],
      ["t", "x"],
      ["T", "x"],
    ],
  }).event;
  expect([...tagKeysOf(few, SEED)]).toEqual([tagKey("t", "x", SEED), tagKey("T", "x", SEED)]);
});

test("created_at beyond 32 and 40 bits keeps its value", () => {
  const late = unsignedEvent("a".repeat(64), { created_at: Number.MAX_SAFE_INTEGER });
  const cursor = new BatchCursor(packBatch([late], SEED));
  cursor.next();
  expect(cursor.createdAt).toBe(Number.MAX_SAFE_INTEGER);
});
