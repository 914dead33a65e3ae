// The BIP-340 vectors as a gate: a backend that answers one of them wrong is not used.

import { BIP340_VECTORS } from "./bip340-vectors.ts";
import { type SchnorrBackend, SIGNED_BYTES } from "./contract.ts";

/** Undefined when the backend is right about every vector, twice; otherwise the fault in words. */
export function faultOf(backend: SchnorrBackend): string | undefined {
  // Twice, so that a backend that keeps parsed keys also answers from what it kept.
  const vectors = [...BIP340_VECTORS, ...BIP340_VECTORS];
  const packed = new Uint8Array(vectors.length * SIGNED_BYTES);
  vectors.forEach(([, message, pubkey, sig], index) => {
    packed.set(Uint8Array.fromHex(message + pubkey + sig), index * SIGNED_BYTES);
  });
  const results = new Uint8Array(vectors.length).fill(2);
  try {
    backend.verifyPacked(packed, vectors.length, results);
  } catch (error) {
    return `it threw on the BIP-340 vectors: ${error instanceof Error ? error.message : String(error)}`;
  }
  const wrong = vectors.findIndex(([valid], index) => results[index] !== (valid ? 1 : 0));
  return wrong === -1 ? undefined : `it answers BIP-340 vector ${wrong % BIP340_VECTORS.length} wrong`;
}
