// The signature backends of this machine, for tests that must hold for each of them.

import { openBackend } from "../../src/ffi/backend.ts";
import type { SchnorrBackend } from "../../src/ffi/contract.ts";
import {
  isWorthOpening,
  openLibrary,
  type Secp256k1Library,
  usualCandidates,
} from "../../src/ffi/library.ts";
import { nobleBackend } from "../../src/ffi/noble.ts";

/** The native backend, or in words why there is none here: put them in the name of what is skipped. */
export function nativeBackend(): SchnorrBackend | string {
  try {
    return openBackend({ choice: "libsecp256k1" }).backend;
  } catch (error) {
    return `SKIPPED: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A freshly opened library, for tests that build a backend with options of their own. */
export function openUsualLibrary(): Secp256k1Library | undefined {
  for (const candidate of usualCandidates().filter(isWorthOpening)) {
    const library = openLibrary(candidate);
    if (typeof library !== "string") return library;
  }
  return undefined;
}

export interface Subject {
  readonly title: string;
  /** Undefined when this machine does not have it; the title then says why. */
  readonly backend: SchnorrBackend | undefined;
}

/** Both backends as test subjects. */
export function subjects(): readonly Subject[] {
  const native = nativeBackend();
  return [
    { title: "noble", backend: nobleBackend() },
    typeof native === "string"
      ? { title: `libsecp256k1 ${native}`, backend: undefined }
      : { title: "libsecp256k1", backend: native },
  ];
}

/** Id, pubkey and signature as hex, one after another, packed as backends take them. */
export function packHex(signed: readonly string[]): Uint8Array {
  return Uint8Array.fromHex(signed.join(""));
}

/** The backend's answers for packed signatures, as booleans. */
export function verdictsOf(backend: SchnorrBackend, packed: Uint8Array): boolean[] {
  const count = packed.length / 128;
  const results = new Uint8Array(count).fill(2);
  backend.verifyPacked(packed, count, results);
  return Array.from(results, (result, index) => {
    if (result > 1) throw new Error(`result ${index} was not written`);
    return result === 1;
  });
}
