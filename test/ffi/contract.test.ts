// What SchnorrBackend promises, held against every backend.

import { describe, expect, test } from "bun:test";
import { BIP340_VECTORS } from "../../src/ffi/bip340-vectors.ts";
import { keypair, signed } from "../support/events.ts";
import { packHex, subjects, verdictsOf } from "./backends.ts";

const OFF_CURVE = BIP340_VECTORS[5]![2];
const good = Array.from({ length: 6 }, (_, seed) => {
  const { id, pubkey, sig } = signed(keypair(seed % 3), {
    content: `event ${seed}`,
    created_at: 1_700_000_000,
  });
  return { id, pubkey, sig, packed: id + pubkey + sig };
});
const flipLast = (hex: string): string => hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");

describe.each(subjects())("$title", ({ backend: subject }) => {
  const backend = subject!;
  const promise = test.skipIf(subject === undefined);

  promise("says where it comes from", () => {
    expect(backend.origin.length).toBeGreaterThan(3);
  });

  promise("writes exactly `count` results", () => {
    const results = new Uint8Array(8).fill(7);
    backend.verifyPacked(packHex(good.map((event) => event.packed)), 2, results);
    expect(Array.from(results)).toEqual([1, 1, 7, 7, 7, 7, 7, 7]);
    backend.verifyPacked(new Uint8Array(0), 0, results);
    expect(Array.from(results)).toEqual([1, 1, 7, 7, 7, 7, 7, 7]);
  });

  promise("keeps verdicts in place in a batch larger than its own memory", () => {
    // 150 entries: whole chunks and a rest, with a bad one at every seventh place.
    const entries = Array.from({ length: 150 }, (_, index) => {
      const { id, pubkey, sig } = good[index % good.length]!;
      return index % 7 === 3 ? id + OFF_CURVE + sig : id + pubkey + sig;
    });
    expect(verdictsOf(backend, packHex(entries))).toEqual(entries.map((_, index) => index % 7 !== 3));
  });

  promise("refuses a changed id, key or signature", () => {
    const { id, pubkey, sig } = good[0]!;
    const other = good[1]!;
    const entries = [
      flipLast(id) + pubkey + sig,
      id + other.pubkey + sig,
      id + pubkey + flipLast(sig),
      id + pubkey + other.sig,
      id + pubkey + sig.slice(64) + sig.slice(0, 64),
    ];
    expect(verdictsOf(backend, packHex(entries))).toEqual(entries.map(() => false));
  });

  promise("answers invalid, without throwing or ending the process, for keys that are no points", () => {
    const { id, pubkey, sig } = good[0]!;
    const zero = "0".repeat(64);
    const ones = "f".repeat(64);
    const entries = [zero, ones, OFF_CURVE, zero, pubkey, OFF_CURVE].map((key) => id + key + sig);
    expect(verdictsOf(backend, packHex(entries))).toEqual([false, false, false, false, true, false]);
    expect(verdictsOf(backend, new Uint8Array(128 * 3))).toEqual([false, false, false]);
    expect(verdictsOf(backend, new Uint8Array(128 * 3).fill(255))).toEqual([false, false, false]);
  });

  promise("reads shared memory, and views that do not start at zero", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(128 * 2 + 5), 5);
    shared.set(packHex([good[0]!.packed, flipLast(good[1]!.packed)]));
    expect(verdictsOf(backend, shared)).toEqual([true, false]);
  });
});
