// Two clients of one cluster: bulks may not queue in front of searches.

import { Client } from "@opensearch-project/opensearch";
import { FetchConnection } from "./fetch-connection.ts";

export interface ColdAddress {
  /** http or https. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

export interface ColdClients {
  readonly write: Client;
  readonly read: Client;
  close(): Promise<void>;
}

export interface ColdDeadlines {
  /** Milliseconds until a write must be answered to its last byte. */
  readonly writeMs?: number;
  /** The same for a read; a little more than the time that a search may take in the cluster. */
  readonly readMs?: number;
}

/** Opens nothing yet: connections are made with the first request. */
export function createColdClients(address: ColdAddress, deadlines: ColdDeadlines = {}): ColdClients {
  const write = createClient(address, deadlines.writeMs ?? 60_000);
  const read = createClient(address, deadlines.readMs ?? 4000);
  return {
    write,
    read,
    close: async () => {
      await Promise.all([write.close(), read.close()]);
    },
  };
}

function createClient(address: ColdAddress, requestTimeout: number): Client {
  const { username = "", password = "" } = address;
  return new Client({
    node: address.url,
    Connection: FetchConnection,
    // The client retries at once and without back-off, which hammers a node in trouble; the indexer has its own way.
    maxRetries: 0,
    requestTimeout,
    ...(username === "" ? {} : { auth: { username, password } }),
  });
}
