// Signs made-up events fast: libsecp256k1 over bun:ffi, @noble/curves where the library is missing.

import { dlopen, FFIType, type Pointer, ptr } from "bun:ffi";
import { schnorr } from "@noble/curves/secp256k1.js";

export interface Signer {
  readonly name: "libsecp256k1" | "noble";
  /** The x-only key of a secret, as hex. */
  pubkey(secret: Uint8Array): string;
  /** Signs a 32-byte hash without extra randomness, so that the same event is made again. Answers hex. */
  sign(hash: Uint8Array, secret: Uint8Array): string;
}

const LIBRARIES = [
  "libsecp256k1.so.2",
  "libsecp256k1.so.1",
  "libsecp256k1.so",
  "libsecp256k1.dylib",
  "/opt/homebrew/lib/libsecp256k1.dylib",
  "/usr/local/lib/libsecp256k1.dylib",
];

const { ptr: POINTER, u32, i32 } = FFIType;
const SYMBOLS = {
  secp256k1_context_create: { args: [u32], returns: POINTER },
  secp256k1_keypair_create: { args: [POINTER, POINTER, POINTER], returns: i32 },
  secp256k1_keypair_xonly_pub: { args: [POINTER, POINTER, POINTER, POINTER], returns: i32 },
  secp256k1_xonly_pubkey_serialize: { args: [POINTER, POINTER, POINTER], returns: i32 },
  secp256k1_schnorrsig_sign32: { args: [POINTER, POINTER, POINTER, POINTER, POINTER], returns: i32 },
} as const;

const CONTEXT_NONE = 1;
const KEYPAIR_BYTES = 96;
const NO_RANDOMNESS = new Uint8Array(32);

export function openSigner(): Signer {
  const named = process.env["LIBSECP256K1_PATH"];
  for (const path of named === undefined ? LIBRARIES : [named, ...LIBRARIES]) {
    try {
      return new NativeSigner(dlopen(path, SYMBOLS).symbols);
    } catch {
      continue;
    }
  }
  return nobleSigner();
}

type Native = ReturnType<typeof dlopen<typeof SYMBOLS>>["symbols"];

class NativeSigner implements Signer {
  readonly name = "libsecp256k1";
  private readonly native: Native;
  private readonly context: Pointer;
  /** Making a keypair costs as much as a signature, and authors write more than once. */
  private readonly keypairs = new Map<Uint8Array, Uint8Array>();
  private readonly signature = Buffer.alloc(64);

  constructor(native: Native) {
    this.native = native;
    const context = native.secp256k1_context_create(CONTEXT_NONE);
    if (context === null) throw new Error("secp256k1_context_create failed");
    this.context = context as Pointer;
  }

  pubkey(secret: Uint8Array): string {
    const key = new Uint8Array(64);
    const bytes = Buffer.alloc(32);
    this.native.secp256k1_keypair_xonly_pub(this.context, ptr(key), null, ptr(this.keypair(secret)));
    this.native.secp256k1_xonly_pubkey_serialize(this.context, ptr(bytes), ptr(key));
    return bytes.toString("hex");
  }

  sign(hash: Uint8Array, secret: Uint8Array): string {
    const keypair = this.keypair(secret);
    const done = this.native.secp256k1_schnorrsig_sign32(
      this.context,
      ptr(this.signature),
      ptr(hash),
      ptr(keypair),
      ptr(NO_RANDOMNESS),
    );
    if (done !== 1) throw new Error("secp256k1_schnorrsig_sign32 failed");
    return this.signature.toString("hex");
  }

  private keypair(secret: Uint8Array): Uint8Array {
    const known = this.keypairs.get(secret);
    if (known !== undefined) return known;
    const keypair = new Uint8Array(KEYPAIR_BYTES);
    if (this.native.secp256k1_keypair_create(this.context, ptr(keypair), ptr(secret)) !== 1) {
      throw new Error("not a secret key");
    }
    this.keypairs.set(secret, keypair);
    return keypair;
  }
}

export function nobleSigner(): Signer {
  return {
    name: "noble",
    pubkey: (secret) => Buffer.from(schnorr.getPublicKey(secret)).toString("hex"),
    sign: (hash, secret) => Buffer.from(schnorr.sign(hash, secret, NO_RANDOMNESS)).toString("hex"),
  };
}
