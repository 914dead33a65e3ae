// The memory that one batch of signatures crosses in: packed by the main thread, answered by a verifier, used again.

import { SIGNED_BYTES, type SignedId } from "./contract.ts";

/**
 * Signatures in one batch, at most: 2 ms of libsecp256k1, so that a burst spreads over all workers and nobody's verdict
 * waits long for its neighbours'.
 */
export const BATCH_MAX = 64;

/** Two views of one SharedArrayBuffer: BATCH_MAX packed signatures, then BATCH_MAX result bytes. */
export interface BatchSlab {
  readonly shared: SharedArrayBuffer;
  readonly packed: Buffer;
  readonly results: Uint8Array;
}

export function newBatchSlab(): BatchSlab {
  return batchSlabOn(new SharedArrayBuffer(BATCH_MAX * (SIGNED_BYTES + 1)));
}

/** The other thread's view of a slab that was made with newBatchSlab. */
export function batchSlabOn(shared: SharedArrayBuffer): BatchSlab {
  return {
    shared,
    packed: Buffer.from(shared, 0, BATCH_MAX * SIGNED_BYTES),
    results: new Uint8Array(shared, BATCH_MAX * SIGNED_BYTES, BATCH_MAX),
  };
}

/** Writes one signature's three fields. Hex of the wrong shape becomes zeros, which no backend finds valid. */
export function packSigned(packed: Buffer, index: number, signed: SignedId): void {
  const at = index * SIGNED_BYTES;
  const written =
    packed.write(signed.id, at, 32, "hex") +
    packed.write(signed.pubkey, at + 32, 32, "hex") +
    packed.write(signed.sig, at + 64, 64, "hex");
  // A short write would leave bytes of an earlier batch, perhaps of a valid signature, in place.
  if (written !== SIGNED_BYTES) packed.fill(0, at, at + SIGNED_BYTES);
}
