// BIP-340 checks by libsecp256k1: about 30 µs each, without allocating.

import { JSCallback, type Pointer, ptr } from "bun:ffi";
import { type SchnorrBackend, SIGNED_BYTES } from "./contract.ts";
import type { Secp256k1Library } from "./library.ts";
import { ParsedKeys } from "./parsed-keys.ts";

const SIGNED_WORDS = SIGNED_BYTES / 4;
const MESSAGE_BYTES = 32;
const PUBKEY_AT = 32;
const SIGNATURE_AT = 64;
/** Signatures copied to fixed memory at a time. */
const CHUNK = 64;
const CONTEXT_NONE = 1;

export interface Secp256k1Options {
  /** Parsed keys kept, a power of two (96 bytes each). */
  readonly keysMax?: number;
}

/**
 * A checker for the calling thread; each thread makes its own. Throws when the library cannot make a context.
 * The input is copied to memory that this backend owns, so the addresses that the library sees never move, are never
 * collected and cannot be changed by another thread between the parse of a key and its use.
 */
export function secp256k1Backend(library: Secp256k1Library, options: Secp256k1Options = {}): SchnorrBackend {
  const { secp256k1_xonly_pubkey_parse: parse, secp256k1_schnorrsig_verify: verify } = library.symbols;
  const { context, illegal } = makeContext(library);
  const keys = new ParsedKeys(
    options.keysMax ?? 16_384,
    (parsed, key) => parse(context, parsed as Pointer, key as Pointer) === 1,
  );
  // An explicit ArrayBuffer: JavaScriptCore may move the storage of a small array made without one.
  const memory = new ArrayBuffer(CHUNK * SIGNED_BYTES);
  const chunk = new Uint8Array(memory);
  const words = new Int32Array(memory);
  const chunkAt: number = ptr(chunk);

  function verifyAt(index: number): number {
    const signedAt = chunkAt + index * SIGNED_BYTES;
    const key = keys.pointerOf(words, index * SIGNED_WORDS + PUBKEY_AT / 4, signedAt + PUBKEY_AT);
    if (key === 0) return 0;
    return verify(
      context,
      (signedAt + SIGNATURE_AT) as Pointer,
      signedAt as Pointer,
      MESSAGE_BYTES,
      key as Pointer,
    );
  }

  return {
    name: "libsecp256k1",
    origin: library.path,
    verifyPacked(packed, count, results) {
      // Asked each time, which also keeps the callback from being collected while the context points at it.
      if (illegal.ptr === null) throw new Error("the illegal-argument callback of libsecp256k1 was closed");
      for (let from = 0; from < count; from += CHUNK) {
        const taken = Math.min(CHUNK, count - from);
        chunk.set(packed.subarray(from * SIGNED_BYTES, (from + taken) * SIGNED_BYTES));
        for (let i = 0; i < taken; i++) results[from + i] = verifyAt(i);
      }
    },
  };
}

/** The library's own reaction to a misused argument is abort(); ours makes the call answer 0, which reads "not valid". */
function makeContext(library: Secp256k1Library): { context: Pointer | bigint; illegal: JSCallback } {
  const context = library.symbols.secp256k1_context_create(CONTEXT_NONE);
  if (context === null) throw new Error(`${library.path} could not make a context`);
  const illegal = new JSCallback(() => {}, { args: ["ptr", "ptr"], returns: "void" });
  library.symbols.secp256k1_context_set_illegal_callback(context, illegal.ptr, null);
  return { context, illegal };
}
