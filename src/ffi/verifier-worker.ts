// The entry of a verifier thread: opens its own backend, then answers batches in the slabs it was given.

import { openBackend } from "./backend.ts";
import { type BatchSlab, batchSlabOn } from "./batch-slab.ts";
import type { SchnorrBackend } from "./contract.ts";
import { readBatchMessage, type VerifierStart, type VerifierStarted } from "./verifier-messages.ts";

declare const self: {
  onmessage: (event: MessageEvent<VerifierStart | number>) => void;
  postMessage(message: VerifierStarted | number): void;
};

let backend: SchnorrBackend;
let slabs: readonly BatchSlab[];

self.onmessage = ({ data }) => {
  if (typeof data === "number") check(data);
  else self.postMessage(start(data));
};

function start(message: VerifierStart): VerifierStarted {
  slabs = message.slabs.map(batchSlabOn);
  try {
    const { backend: opened, ...notice } = openBackend(message.backend);
    backend = opened;
    return { type: "ready", name: opened.name, origin: opened.origin, ...notice };
  } catch (error) {
    return { type: "refused", reason: error instanceof Error ? error.message : String(error) };
  }
}

function check(message: number): void {
  const { slab, count } = readBatchMessage(message);
  const { packed, results } = slabs[slab]!;
  backend.verifyPacked(packed, count, results);
  self.postMessage(slab);
}
