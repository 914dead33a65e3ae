// BIP-340 checks by @noble/curves: slower by a factor of ten, but there wherever JavaScript runs.

import { schnorr } from "@noble/curves/secp256k1.js";
import relayPackage from "../../package.json" with { type: "json" };
import { type SchnorrBackend, SIGNED_BYTES } from "./contract.ts";

export function nobleBackend(): SchnorrBackend {
  return {
    name: "noble",
    origin: `@noble/curves ${relayPackage.dependencies["@noble/curves"]}`,
    verifyPacked(packed, count, results) {
      for (let i = 0; i < count; i++) results[i] = isValid(packed, i * SIGNED_BYTES) ? 1 : 0;
    },
  };
}

function isValid(packed: Uint8Array, at: number): boolean {
  const id = packed.subarray(at, at + 32);
  const pubkey = packed.subarray(at + 32, at + 64);
  return schnorr.verify(packed.subarray(at + 64, at + SIGNED_BYTES), id, pubkey);
}
