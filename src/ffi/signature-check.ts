// Checks one signature at a time on the calling thread, for whoever meets few of them.

import type { SignatureCheck } from "../nostr/event.ts";
import { type BackendOptions, openBackend } from "./backend.ts";
import { newBatchSlab, packSigned } from "./batch-slab.ts";
import type { SchnorrBackend } from "./contract.ts";

/** Throws where openBackend() does. */
export function signatureCheck(options: BackendOptions): SignatureCheck {
  return checkBy(openBackend(options).backend);
}

export function checkBy(backend: SchnorrBackend): SignatureCheck {
  const { packed, results } = newBatchSlab();
  return (signed) => {
    packSigned(packed, 0, signed);
    backend.verifyPacked(packed, 1, results);
    return results[0] === 1;
  };
}
