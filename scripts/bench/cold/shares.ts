// Who used the processors during a measurement: the relay, the client, the node, and whoever else is on this machine.

import { availableParallelism } from "node:os";
import { busyTime, ownCpu } from "../target/process-cost.ts";
import type { ColdStage } from "./stage.ts";

/** Shares of all processors, 0 to 1 each; undefined where it cannot be known. */
export interface Shares {
  readonly name: string;
  readonly relay: number | undefined;
  readonly client: number;
  readonly node: number | undefined;
  /** What none of the three used: near 0 in a measurement worth keeping. */
  readonly others: number | undefined;
}

interface Reading {
  readonly at: number;
  readonly relay: number | undefined;
  readonly client: number;
  readonly node: number | undefined;
  readonly busy: number | undefined;
}

export async function readShares({ relay, node }: Pick<ColdStage, "relay" | "node">): Promise<Reading> {
  const ofNode = await node.cpu().catch(() => undefined);
  return { at: Bun.nanoseconds(), relay: relay.cpu(), client: ownCpu(), node: ofNode, busy: busyTime() };
}

/** A relay that was started anew meanwhile counts from its last start. */
export function sharesBetween(name: string, before: Reading, after: Reading): Shares {
  const capacity = ((after.at - before.at) / 1_000) * availableParallelism();
  const share = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : (to >= from ? to - from : to) / capacity;
  const relay = share(before.relay, after.relay);
  const node = share(before.node, after.node);
  const busy = share(before.busy, after.busy);
  const client = (after.client - before.client) / capacity;
  const others =
    busy === undefined || relay === undefined || node === undefined
      ? undefined
      : Math.max(0, busy - relay - node - client);
  return { name, relay, client, node, others };
}

export function sharesLine({ name, ...shares }: Shares): string {
  const parts = (["relay", "node", "client", "others"] as const).map((who) => {
    const share = shares[who];
    return `${who} ${share === undefined ? "?" : Math.round(share * 100)} %`;
  });
  return `${name.padEnd(14)} ${parts.join(", ")}`;
}
