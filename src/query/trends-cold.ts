// The cold store as trends ask it. Loaded only where there is one: its client takes longer to load than all the rest.

import { createColdClients } from "../cold/client.ts";
import { systemClock } from "../cold/clock.ts";
import { IndexChoice } from "../cold/index-choice.ts";
import { SearchDoor } from "../cold/search-door.ts";
import { ColdTrends } from "../cold/trends.ts";
import type { TrendsCold } from "./trends-protocol.ts";

export interface OpenedColdTrends {
  readonly trends: ColdTrends;
  close(): Promise<void>;
}

const LONG_WINDOW_MS = 10_000;

export function openColdTrends(cold: TrendsCold): OpenedColdTrends {
  // Nobody types while this runs, and one answer serves everybody for a minute.
  const searchMs = Math.max(cold.searchMs, LONG_WINDOW_MS);
  const clients = createColdClients(cold.address, { readMs: searchMs + 2000 });
  const door = new SearchDoor(clients.read, { searchMs });
  const trends = new ColdTrends(door, new IndexChoice(clients.read, cold.alias, systemClock));
  return { trends, close: () => clients.close() };
}
