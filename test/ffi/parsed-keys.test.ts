// The cache of parsed keys: hits, evictions, and keys that do not parse.

import { describe, expect, test } from "bun:test";
import { ptr, toArrayBuffer, type Pointer } from "bun:ffi";
import { ParsedKeys } from "../../src/ffi/parsed-keys.ts";
import { secp256k1Backend } from "../../src/ffi/secp256k1.ts";
import { keypair, signed } from "../support/events.ts";
import { prng, testSeed } from "../support/prng.ts";
import { nativeBackend, openUsualLibrary, packHex, verdictsOf } from "./backends.ts";

/** A pretended parser: copies the key twice, refuses keys whose second word is odd, and counts. */
function pretendedKeys(slots: number) {
  const memory = new ArrayBuffer(32);
  const words = new Int32Array(memory);
  const keyAt: number = ptr(words);
  const calls = { count: 0 };
  const cache = new ParsedKeys(slots, (parsedPointer, keyPointer) => {
    calls.count++;
    const parsed = new Uint8Array(toArrayBuffer(parsedPointer as Pointer, 0, 64));
    if ((words[1]! & 1) === 1) {
      parsed.fill(0);
      return false;
    }
    const key = new Uint8Array(toArrayBuffer(keyPointer as Pointer, 0, 32));
    parsed.set(key);
    parsed.set(key, 32);
    return true;
  });
  function ask(key: readonly number[]): string | undefined {
    words.fill(0);
    words.set(key);
    const pointer = cache.pointerOf(words, 0, keyAt);
    return pointer === 0 ? undefined : new Uint8Array(toArrayBuffer(pointer as Pointer, 0, 64)).toHex();
  }
  function parsedForm(key: readonly number[]): string | undefined {
    if (((key[1] ?? 0) & 1) === 1) return undefined;
    const once = new Uint8Array(Int32Array.from({ length: 8 }, (_, word) => key[word] ?? 0).buffer).toHex();
    return once + once;
  }
  return { ask, parsedForm, calls };
}

describe("ParsedKeys", () => {
  test("parses a key once while it keeps its slot", () => {
    const { ask, calls } = pretendedKeys(4);
    const first = ask([1, 2, 3]);
    expect(ask([1, 2, 3])).toBe(first!);
    expect(calls.count).toBe(1);
    ask([5, 2, 3]);
    ask([1, 2, 3]);
    expect(calls.count).toBe(3);
  });

  test("an untouched slot does not pretend to hold the key of zeros", () => {
    const { ask, calls } = pretendedKeys(4);
    ask([0]);
    expect(calls.count).toBe(1);
  });

  test("a key that does not parse leaves its slot empty, for itself and for the key before it", () => {
    const { ask, parsedForm, calls } = pretendedKeys(1);
    ask([1, 2]);
    expect(ask([2, 1])).toBeUndefined();
    expect(ask([2, 1])).toBeUndefined();
    expect(ask([1, 2])).toBe(parsedForm([1, 2])!);
    expect(calls.count).toBe(4);
  });

  test("wants a power of two", () => {
    expect(() => pretendedKeys(3)).toThrow("power of two");
  });

  const seed = testSeed();
  test(`answers as without a cache, SEED=${seed}`, () => {
    const random = prng(seed);
    const pick = (below: number): number => Math.floor(random() * below);
    const { ask, parsedForm } = pretendedKeys(4);
    for (let i = 0; i < 3_000; i++) {
      const key = [pick(12), pick(4), 0, 0, 0, 0, 0, pick(2)];
      expect(ask(key)).toBe(parsedForm(key) as string);
    }
  });
});

const native = nativeBackend();
const reason = typeof native === "string" ? ` ${native}` : "";

test.skipIf(typeof native === "string")(
  `a backend with two slots for eight authors stays right${reason}`,
  () => {
    const backend = secp256k1Backend(openUsualLibrary()!, { keysMax: 2 });
    const events = Array.from({ length: 40 }, (_, index) => {
      const { id, pubkey, sig } = signed(keypair(index % 8), {
        content: String(index),
        created_at: 1_700_000_000,
      });
      // Every fifth claims a key that is no point, in whichever slot that falls.
      return id + (index % 5 === 4 ? pubkey.slice(0, 8) + "f".repeat(56) : pubkey) + sig;
    });
    const expected = events.map((_, index) => index % 5 !== 4);
    expect(verdictsOf(backend, packHex(events))).toEqual(expected);
    expect(verdictsOf(backend, packHex(events))).toEqual(expected);
  },
);
