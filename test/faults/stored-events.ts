// What is in a store: straight from its file, and through the relay that serves it.

import { Database } from "bun:sqlite";
import { join } from "node:path";
import { DATABASE_FILE } from "../../src/hot/database.ts";
import { checkIntegrity } from "../../src/hot/maintenance.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { TestClient } from "../support/client.ts";

export interface StoreContent {
  readonly events: NostrEvent[];
  /** What SQLite's own checks and ours between tables find. */
  readonly faults: string[];
}

export function readStore(folder: string): StoreContent {
  const database = new Database(join(folder, DATABASE_FILE), { readonly: true });
  try {
    const rows = database.query<{ json: string }, []>("SELECT json FROM event ORDER BY seq").all();
    return { events: rows.map(({ json }) => JSON.parse(json)), faults: checkIntegrity(database, true) };
  } finally {
    database.close();
  }
}

const ASKED_AT_ONCE = 1000;

/** One sentence for each way in which the relay's answers differ from what its file holds. */
export async function compareAnswers(url: string, events: readonly NostrEvent[]): Promise<string[]> {
  const client = await TestClient.connect(url);
  const faults: string[] = [];
  const compare = async (what: string, expected: readonly string[], filter: object): Promise<void> => {
    const ids = (await client.stored(filter)).map(({ id }) => id);
    if (new Set(ids).size < ids.length) faults.push(`${what}: an event came twice`);
    const missing = new Set(expected).difference(new Set(ids)).size;
    const surplus = new Set(ids).difference(new Set(expected)).size;
    if (missing + surplus > 0) faults.push(`${what}: ${missing} missing, ${surplus} surplus`);
  };
  const ids = events.map(({ id }) => id);
  for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) {
    const some = ids.slice(at, at + ASKED_AT_ONCE);
    await compare("by ids", some, { ids: some });
  }
  for (const [author, theirs] of Map.groupBy(events, (event) => event.pubkey)) {
    const ids = theirs.map(({ id }) => id);
    await compare(`by author ${author}`, ids, { authors: [author], limit: 5000 });
  }
  client.close();
  return faults;
}
