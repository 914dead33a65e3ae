// What OpenSearch itself says at this moment, asked in a few small requests.

import { createColdClients } from "../cold/client.ts";
import { Indexes } from "../cold/indexes.ts";
import type { Config } from "../config/settings.ts";
import { coldAddress, coldLayout } from "../relay-cold.ts";
import { reasonOf } from "./diagnosis/finding.ts";

export type Client = ReturnType<typeof createColdClients>["read"];

export interface LiveFacts {
  readonly version: string;
  /** green, yellow or red. */
  readonly health: string;
  readonly nodes: number;
  /** The generation that readers see; 0 for none. */
  readonly generation: number;
  readonly indexes: number;
  /** Visible to searches; what was written in the last seconds may be missing. */
  readonly documents: number;
  /** On disk, without replicas. */
  readonly bytes: number;
  /** Why a reindex is due; "" when it is not. */
  readonly outdated: string;
}

export interface LiveFault {
  readonly fault: string;
}

const ASK_MS = 5000;

/** Asks with a client that is closed afterwards. Whatever fails comes back in words. */
export async function withColdClient<T>(
  config: Config,
  ask: (client: Client) => Promise<T>,
): Promise<T | LiveFault> {
  const clients = createColdClients(coldAddress(config), { readMs: ASK_MS });
  try {
    return await ask(clients.read);
  } catch (error) {
    return { fault: faultOf(error) };
  } finally {
    await clients.close();
  }
}

/** Undefined when it answers and lets this user ask. */
export async function coldFault(config: Config): Promise<string | undefined> {
  const answer = await withColdClient(config, (client) => client.cluster.health({ timeout: "1s" }));
  return "fault" in answer ? answer.fault : undefined;
}

export function liveFacts(config: Config): Promise<LiveFacts | LiveFault> {
  return withColdClient(config, async (client) => {
    const { body: root } = await client.info();
    const { body: health } = await client.cluster.health({ timeout: "1s" });
    const indexes = new Indexes(client, coldLayout(config));
    const active = await indexes.active();
    return {
      version: root.version.number,
      health: health.status,
      nodes: health.number_of_nodes,
      generation: active?.number ?? 0,
      ...(active === undefined ? NOTHING : await sizes(client, indexes.alias)),
      outdated: active === undefined ? "" : await indexes.outdated(active),
    };
  });
}

const NOTHING = { indexes: 0, documents: 0, bytes: 0 } as const;

async function sizes(client: Client, alias: string): Promise<Pick<LiveFacts, keyof typeof NOTHING>> {
  const { body } = await client.indices.stats({
    index: alias,
    metric: ["docs", "store"],
    filter_path: ["_all.primaries.docs.count", "_all.primaries.store.size_in_bytes", "indices.*.uuid"],
  });
  // Missing, whatever the client's types say, while no shard of a new index has started.
  const all = (body._all as typeof body._all | undefined)?.primaries;
  return {
    indexes: Object.keys(body.indices ?? {}).length,
    documents: all?.docs?.count ?? 0,
    bytes: all?.store?.size_in_bytes ?? 0,
  };
}

/** One line: the answer's own reason where there is one. Says what a missing password looks like. */
function faultOf(error: unknown): string {
  const { statusCode } = error as { statusCode?: number };
  if (statusCode === 401 || statusCode === 403)
    return `it refuses the user (${statusCode}): set cold.username and cold.password`;
  return reasonOf(error).split("\n")[0]!.slice(0, 300);
}
