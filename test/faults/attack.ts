// What an attack is, and the relay that it is tried on.

import { join } from "node:path";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { createWriter } from "../../src/hot/writer.ts";
import { unsignedEvent } from "../support/events.ts";
import { TestClient } from "../support/client.ts";
import { Author } from "./authors.ts";
import type { Ground, RelayProcess } from "./relay-process.ts";

export const MEBIBYTE = 1024 * 1024;

export interface Arena {
  readonly url: string;
  readonly relay: RelayProcess;
  readonly random: () => number;
  /** Aborted when it is enough. An attack makes at least one round. */
  readonly enough: AbortSignal;
  /** An author whose events are new with every call. */
  readonly author: Author;
}

export interface Attack {
  readonly name: string;
  readonly about: string;
  /** Answers one sentence for each answer that was not as it must be. */
  readonly round: (arena: Arena) => Promise<readonly string[]>;
}

/** The settings of the relay under attack: bounds that are reached soon, and a message size for 5,000,000 brackets. */
export const ATTACKED_SETTINGS = {
  "limits.max_message_length": 8 * MEBIBYTE,
  "server.send_buffer_bytes": 8 * MEBIBYTE,
  "server.max_connections_per_ip": 5000,
  "log.level": "warn",
} as const;

export async function runAttack(attack: Attack, arena: Arena): Promise<string[]> {
  const faults: string[] = [];
  do faults.push(...(await attack.round(arena)));
  while (!arena.enough.aborted && faults.length === 0);
  return faults.map((fault) => `${attack.name}: ${fault}`);
}

/** A data folder with notes in it, so that questions cost something. */
export function storeNotes(ground: Ground, count: number): string {
  const folder = ground.dir("data");
  const database = openDatabase(join(folder, DATABASE_FILE), { synchronous: "off" });
  const writer = createWriter(database, { ownUrls: new Set() });
  const authors = Array.from({ length: 50 }, (_, index) => new Author(`crowd ${index}`));
  for (let made = 0; made < count; made += 1000) {
    const batch = Array.from({ length: Math.min(1000, count - made) }, (_, index) => {
      const number = made + index;
      const author = authors[number % authors.length]!;
      const tags = [
        ["t", `topic ${number % 40}`],
        ["p", authors[(number * 7) % authors.length]!.pubkey],
      ];
      return unsignedEvent(author.pubkey, {
        content: `note ${number}`,
        tags,
        created_at: 1_700_000_000 + number,
      });
    });
    writer.apply(batch);
  }
  writer.close();
  return folder;
}

/** The value of one line of /metrics. */
export async function metric(url: string, line: string): Promise<number> {
  const text = await (await fetch(`${url.replace("ws:", "http:")}metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((each) => each.startsWith(`${line} `))
      ?.slice(line.length + 1) ?? 0,
  );
}

export interface Honesty {
  /** Milliseconds from EVENT to OK, and from REQ to EOSE. */
  readonly toOk: number[];
  readonly toEose: number[];
  readonly faults: string[];
}

const PAUSE_MS = 5;

/** An honest client: publishes, asks for what it has published, and must get both answers, until it is enough. */
export async function liveHonestly(url: string, author: Author, enough: AbortSignal): Promise<Honesty> {
  const honesty: Honesty = { toOk: [], toEose: [], faults: [] };
  const client = await TestClient.connect(url);
  do {
    const event = author.sign({ content: `honest ${honesty.toOk.length} ${Math.random()}` });
    const sentMs = performance.now();
    const [accepted, message] = await client.publish(event);
    const okMs = performance.now();
    honesty.toOk.push(okMs - sentMs);
    if (!accepted) honesty.faults.push(`an honest event was refused: ${message}`);
    const found = await client.stored({ ids: [event.id] });
    honesty.toEose.push(performance.now() - okMs);
    if (accepted && found.length !== 1) honesty.faults.push("an honest event was not found");
    await Bun.sleep(PAUSE_MS);
  } while (!enough.aborted);
  client.close();
  return honesty;
}
