// What the rest of the relay asks of signature checking.

/** The three fields a Schnorr check needs, as lower-case hex (64, 64 and 128 characters; shape already proven). */
export interface SignedId {
  readonly id: string;
  readonly pubkey: string;
  readonly sig: string;
}

/** One packed signature: id (32), x-only pubkey (32), signature (64). */
export const SIGNED_BYTES = 128;

/** A synchronous BIP-340 checker on the calling thread. */
export interface SchnorrBackend {
  readonly name: "libsecp256k1" | "noble";
  /** Where it came from, for humans: a library path or a package version. */
  readonly origin: string;
  /**
   * Checks `count` signatures packed as SIGNED_BYTES each and writes 1 or 0 to `results`. Never throws for bad input; a pubkey that is not on the curve is simply 0.
   */
  verifyPacked(packed: Uint8Array, count: number, results: Uint8Array): void;
}

/** `failed` means that nobody could check it. */
export type SignatureVerdict = "valid" | "invalid" | "failed";

/** A pool of verifier workers behind one bounded channel. */
export interface VerifierPool {
  readonly backend: SchnorrBackend["name"];
  readonly origin: string;
  readonly workers: number;
  /** Signatures queued and in flight, and their bound. */
  readonly depth: number;
  readonly depthMax: number;
  /** False when full; then settle() is never called. */
  offer(signed: SignedId, settle: (verdict: SignatureVerdict) => void): boolean;
  stop(): Promise<void>;
}
