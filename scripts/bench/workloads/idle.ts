// Idle connections: what each costs the relay in memory, bare and with one subscription.

import type { LocalControl } from "../target/target.ts";
import { type Connection, open } from "../wire/connection.ts";
import { SAID } from "../wire/relay-message.ts";
import { openFilesMax } from "../target/process-cost.ts";
import type { Row, Stage, Workload } from "./workload.ts";

const CONNECTING_AT_ONCE = 100;
const SETTLE_MS = 1_500;
const SPARE_FILES = 200;

export const idle: Workload = {
  name: "idle",
  about: "10,000 idle connections: resident bytes of the relay for each, bare and with one subscription",
  needs: "local",
  run: async (stage, local) => {
    await local.restart();
    await local.untilQuiet();
    // Code, caches and allocator are warm before the first figure is taken.
    const warm = await connect(stage, Math.min(200, stage.scale.idleConnections), true);
    await settle(stage);
    const wanted = stage.scale.idleConnections;
    const possible = Math.max(1, Math.min(wanted, openFilesMax() - SPARE_FILES));
    const empty = memory(local);
    const connections = await connect(stage, possible, false);
    await settle(stage);
    const bare = memory(local);
    await subscribeAll(connections);
    await settle(stage);
    const subscribed = memory(local);
    for (const connection of [...warm, ...connections]) connection.drop();
    return [rowOf(wanted, possible, { empty, bare, subscribed })];
  },
};

function rowOf(
  wanted: number,
  possible: number,
  bytes: { empty: number; bare: number; subscribed: number },
): Row {
  const each = (grown: number): number => Math.round((grown - bytes.empty) / possible);
  return {
    name: "idle",
    load: `${possible} connections`,
    figures: {
      "bytes a connection": each(bytes.bare),
      "bytes with a subscription": each(bytes.subscribed),
      "resident MiB before": Math.round(bytes.empty / 2 ** 20),
    },
    faults: [],
    ...(possible < wanted ? { note: `raise \`ulimit -n\` above ${wanted + SPARE_FILES} for ${wanted}` } : {}),
  };
}

function memory(local: LocalControl): number {
  return local.residentBytes() ?? Number.NaN;
}

const settle = (stage: Stage): Promise<void> =>
  Bun.sleep(stage.scale.idleConnections < 1_000 ? 50 : SETTLE_MS);

async function connect(stage: Stage, size: number, isSubscribed: boolean): Promise<Connection[]> {
  const connections: Connection[] = [];
  while (connections.length < size) {
    const batch = Math.min(CONNECTING_AT_ONCE, size - connections.length);
    const opened = Array.from({ length: batch }, () => open(stage.target.endpoint, { said: () => {} }));
    connections.push(...(await Promise.all(opened)));
  }
  if (isSubscribed) await subscribeAll(connections);
  return connections;
}

/** Resolves when every one has its EOSE. */
async function subscribeAll(connections: readonly Connection[]): Promise<void> {
  const told = connections.map((connection) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    connection.listener = {
      said: (code) => void ((code & 0xff) === SAID.eose && resolve()),
      ended: () => resolve(),
    };
    connection.sendText('["REQ","idle",{"kinds":[1],"limit":1}]');
    return promise;
  });
  await Promise.all(told);
}
