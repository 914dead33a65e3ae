// What asks the cold store from the main thread: searches and history. Loaded only where there is one.

import { type ColdAddress, createColdClients } from "./cold/client.ts";
import { systemClock } from "./cold/clock.ts";
import { ColdReader } from "./cold/cold-reader.ts";
import { IndexChoice } from "./cold/index-choice.ts";
import { ColdSearch } from "./cold/search.ts";
import { SearchDoor } from "./cold/search-door.ts";
import type { Config } from "./config/settings.ts";

export interface ColdReaders {
  readonly reader: ColdReader;
  readonly search: ColdSearch;
  /** Questions to it that wait. */
  readonly searches: Pick<SearchDoor, "depth" | "depthMax">;
  close(): Promise<void>;
}

export function openColdReaders(cold: Config["cold"], address: ColdAddress): ColdReaders {
  const clients = createColdClients(address, { readMs: cold.search_timeout_ms + 2000 });
  const door = new SearchDoor(clients.read, { searchMs: cold.search_timeout_ms });
  const choice = new IndexChoice(clients.read, cold.index_prefix, systemClock);
  return {
    reader: new ColdReader(door, choice),
    search: new ColdSearch(door, choice),
    searches: door,
    close: () => clients.close(),
  };
}
