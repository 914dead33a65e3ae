// Somebody's relay behind a URL: it can be talked to, and nothing else.

import { endpointOf } from "../wire/connection.ts";
import type { Target } from "./target.ts";

export function remoteRelay(url: string): Target {
  return { url, endpoint: endpointOf(url), stop: async () => {} };
}
