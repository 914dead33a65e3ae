// libsecp256k1 and noble give the same verdict on signatures damaged in every way a seeded generator can think of.

import { expect, test } from "bun:test";
import { nobleBackend } from "../../src/ffi/noble.ts";
import { keypair, signed } from "../support/events.ts";
import { prng, testSeed } from "../support/prng.ts";
import { nativeBackend, verdictsOf } from "./backends.ts";

const CASES = Number(process.env["FFI_FUZZ_CASES"] ?? 400);
const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const SCALARS = [0n, 1n, N - 1n, N, N + 1n, P - 1n, P, P + 1n, 2n ** 256n - 1n].map((value) =>
  Uint8Array.fromHex(value.toString(16).padStart(64, "0")),
);
const GOOD = Array.from({ length: 24 }, (_, seed) => {
  const event = signed(keypair(seed % 8), { content: String(seed), created_at: 1_700_000_000 });
  return Uint8Array.fromHex(event.id + event.pubkey + event.sig);
});
const FIELDS = [0, 32, 64, 96];

type Pick = (below: number) => number;
type Damage = (entry: Uint8Array, pick: Pick) => void;

const DAMAGES: readonly Damage[] = [
  () => {},
  (entry, pick) => {
    const bit = pick(1024);
    entry[bit >> 3]! ^= 1 << (bit & 7);
  },
  (entry, pick) => entry.set(SCALARS[pick(SCALARS.length)]!, FIELDS[pick(4)]),
  (entry, pick) => {
    for (const field of FIELDS) if (pick(2) === 0) entry.set(SCALARS[pick(SCALARS.length)]!, field);
  },
  (entry, pick) => {
    const field = FIELDS[pick(4)]!;
    entry.set(GOOD[pick(GOOD.length)]!.subarray(field, field + 32), field);
  },
  // About half of all random x are on no point of the curve.
  (entry, pick) => entry.set(randomBytes(32, pick), 32),
  (entry, pick) => entry.set(randomBytes(128, pick)),
  // n − s: a signature of the negated nonce, right but for the evenness of y.
  (entry) => {
    const s = BigInt(`0x${entry.subarray(96).toHex()}`);
    entry.set(Uint8Array.fromHex((((N - s) % N) + N).toString(16).padStart(64, "0").slice(-64)), 96);
  },
];

function randomBytes(length: number, pick: Pick): Uint8Array {
  return Uint8Array.from({ length }, () => pick(256));
}

function damaged(count: number, seed: number): Uint8Array {
  const random = prng(seed);
  const pick: Pick = (below) => Math.floor(random() * below);
  const packed = new Uint8Array(count * 128);
  for (let i = 0; i < count; i++) {
    const entry = packed.subarray(i * 128, (i + 1) * 128);
    entry.set(GOOD[pick(GOOD.length)]!);
    DAMAGES[pick(DAMAGES.length)]!(entry, pick);
  }
  return packed;
}

const native = nativeBackend();
const seed = testSeed();

test.skipIf(typeof native === "string")(
  `${CASES} damaged signatures, SEED=${seed}${typeof native === "string" ? ` ${native}` : ""}`,
  () => {
    if (typeof native === "string") return;
    const packed = damaged(CASES, seed);
    const byNative = verdictsOf(native, packed);
    const byNoble = verdictsOf(nobleBackend(), packed);
    const differing = byNative.flatMap((verdict, index) =>
      verdict === byNoble[index]
        ? []
        : [{ verdict, entry: packed.subarray(index * 128, (index + 1) * 128).toHex() }],
    );
    expect(differing).toEqual([]);
    // Both kinds of verdict occur, or the comparison shows nothing.
    expect(new Set(byNative)).toEqual(new Set([true, false]));
  },
  60_000,
);
