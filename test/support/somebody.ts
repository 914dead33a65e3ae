// Clients of tests: somebody, and others from the same address or from elsewhere.

import type { Client } from "../../src/policy/rotation.ts";

export const SOMEBODY: Client = { address: "192.0.2.1", connection: 1 };
/** Another connection from the same address. */
export const NEIGHBOUR: Client = { address: "192.0.2.1", connection: 2 };
export const STRANGER: Client = { address: "198.51.100.7", connection: 3 };
