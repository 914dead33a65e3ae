// Chooses the fastest signature checker that this machine has and that passes the BIP-340 vectors.

import type { SchnorrBackend } from "./contract.ts";
import { isWorthOpening, openLibrary, usualCandidates } from "./library.ts";
import { nobleBackend } from "./noble.ts";
import { secp256k1Backend } from "./secp256k1.ts";
import { faultOf } from "./self-test.ts";

export type BackendChoice = "auto" | SchnorrBackend["name"];

/** Plain data, so that it can cross to a worker. */
export interface BackendOptions {
  readonly choice: BackendChoice;
  /** Tried before anything else. */
  readonly libraryPath?: string | undefined;
  /** Paths or names tried after it; the usual ones of this platform when absent. */
  readonly candidates?: readonly string[] | undefined;
}

export interface OpenedBackend {
  readonly backend: SchnorrBackend;
  /** One line for the operator when something could be better: native code is missing, or not the library that was named. */
  readonly notice?: string;
}

const INSTALL =
  "install it with `apt-get install libsecp256k1-1` (newer systems: the same name with a higher number; Homebrew: `brew install secp256k1`) or name the file with LIBSECP256K1_PATH";

/**
 * "auto" prefers libsecp256k1 and falls back to noble with a notice; "libsecp256k1" throws an Error that says what to do
 * when there is none; "noble" does not look for it.
 */
export function openBackend(options: BackendOptions): OpenedBackend {
  if (options.choice === "noble") return openNoble();
  const native = openNative(options);
  if ("backend" in native) return native;
  if (options.choice === "libsecp256k1") throw new Error(`${native.missing}; ${INSTALL}`);
  return openNoble(
    `${native.missing}: signatures are checked by @noble/curves, ten times slower; ${INSTALL}`,
  );
}

function openNative(options: BackendOptions): OpenedBackend | { readonly missing: string } {
  const refused: string[] = [];
  const named = options.libraryPath;
  if (named !== undefined) {
    const backend = tryLibrary(named, refused);
    if (backend !== undefined) return { backend };
  }
  for (const candidate of options.candidates ?? usualCandidates()) {
    if (!isWorthOpening(candidate)) continue;
    // A bare name that the loader does not know is the normal case, not a finding.
    const backend = tryLibrary(candidate, candidate.includes("/") ? refused : []);
    if (backend === undefined) continue;
    if (named === undefined) return { backend };
    return { backend, notice: `${refused.join("; ")}; using ${candidate} instead` };
  }
  return {
    missing:
      refused.length === 0 ? "libsecp256k1 was not found" : `no usable libsecp256k1 (${refused.join("; ")})`,
  };
}

function tryLibrary(path: string, refused: string[]): SchnorrBackend | undefined {
  const library = openLibrary(path);
  if (typeof library === "string") {
    refused.push(`${path} cannot be used: ${library}`);
    return undefined;
  }
  const backend = secp256k1Backend(library);
  const fault = faultOf(backend);
  if (fault === undefined) return backend;
  refused.push(`${path} cannot be used: ${fault}`);
  return undefined;
}

function openNoble(notice?: string): OpenedBackend {
  const backend = nobleBackend();
  const fault = faultOf(backend);
  if (fault !== undefined) throw new Error(`${backend.origin} cannot be used: ${fault}`);
  return notice === undefined ? { backend } : { backend, notice };
}
