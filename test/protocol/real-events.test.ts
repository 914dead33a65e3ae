// Two thousand events of the open network: each one is accounted for, and what is stored comes back unchanged.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { readTagSeed } from "../../src/hot/migrate.ts";
import { createReader } from "../../src/hot/reader.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { eventIdOf } from "../../src/nostr/event-id.ts";
import { privateReadersOf } from "../../src/policy/private-kinds.ts";
import type { TestClient } from "../support/client.ts";
import { TestRelay } from "../support/test-relay.ts";
import { type Answer, NaiveRelay } from "./naive-relay.ts";

/** Later than all of them, and ahead of the clock by which the store clears away what has expired. */
const NOW = 4_000_000_000;

const events: NostrEvent[] = readFileSync(join(import.meta.dir, "../vectors/real-events.jsonl"), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as NostrEvent);

let relay: TestRelay;
let client: TestClient;
const model = new NaiveRelay();

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW });
  client = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

async function publishAll(): Promise<Map<string, Answer>> {
  for (const event of events) client.send("EVENT", event);
  const answers = new Map<string, Answer>();
  while (answers.size < events.length) {
    const [, id, accepted, message] = await client.verb("OK");
    answers.set(id as string, [accepted as boolean, String(message).split(":")[0]!]);
  }
  return answers;
}

function tally(answers: Iterable<Answer>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [accepted, prefix] of answers) {
    const name = prefix === "" ? "stored" : `${accepted} ${prefix}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test("every event gets the answer that the plain model gives", async () => {
  const answers = await publishAll();
  for (const event of events) {
    const expected = model.publish(event, NOW);
    expect([event.id, ...answers.get(event.id)!]).toEqual([event.id, ...expected]);
  }
  expect(tally(answers.values())).toEqual({
    stored: 1950,
    // Older versions of replaceable and addressable events.
    "false duplicate": 40,
    // Drafts whose deletion came first.
    "false blocked": 4,
    // Three expired, and one with a null in a tag.
    "false invalid": 4,
    "false auth-required": 1,
    "false mute": 1,
  });
  expect(relay.relay.facts().eventsStored).toBe(model.events.length);
});

test("row 9: the event with a null in a tag is refused", async () => {
  const [broken, ...others] = events.filter(({ tags }) => tags.some((tag) => tag.includes(null as never)));
  expect(others).toEqual([]);
  expect((await client.publish(broken!))[1]).toMatch(/^invalid: tags/);
});

test("what may be read by anybody comes out unchanged, by id and by author", async () => {
  const wanted = new Map(model.matches([{ tags: [] }], NOW).map((event) => [event.id, event]));
  const ids = events.map(({ id }) => id);
  const received: NostrEvent[] = [];
  for (let start = 0; start < ids.length; start += 500)
    received.push(...(await client.stored({ ids: ids.slice(start, start + 500) })));
  expect(received).toHaveLength(wanted.size);
  for (const event of received) {
    expect(event).toEqual(wanted.get(event.id)!);
    expect(eventIdOf(event)).toBe(event.id);
  }
  const authors = [...new Set(events.map(({ pubkey }) => pubkey))];
  const byAuthor = await client.stored({ authors, limit: 5000 });
  expect(byAuthor).toEqual([...wanted.values()]);
});

test("sent once more, nothing changes", async () => {
  const answers = await publishAll();
  for (const event of events) {
    const expected = model.publish(event, NOW);
    expect([event.id, ...answers.get(event.id)!]).toEqual([event.id, ...expected]);
  }
  expect(tally(answers.values())["stored"]).toBeUndefined();
  expect(await client.count("all", {})).toEqual({ count: model.matches([{ tags: [] }], NOW).length });
});

test("private ones lie in the store unchanged too, and the store holds nothing else", async () => {
  await relay.halt();
  const path = join(relay.folder, DATABASE_FILE);
  const database = openDatabase(path, { readonly: true });
  const reader = createReader(path, { tagSeed: readTagSeed(database) });
  database.close();
  expect(reader.eventCount()).toBe(model.events.length);
  const hidden = model.events.filter(({ kind }) => privateReadersOf(kind) !== undefined);
  expect(hidden.length).toBeGreaterThan(100);
  for (const event of model.events) expect(JSON.parse(reader.get(event.id)!.json)).toEqual(event);
  reader.close();
});
