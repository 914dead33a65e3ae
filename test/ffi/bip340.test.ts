// The BIP-340 vectors against every backend, and the copy of them in the source against the official table.

import { describe, expect, test } from "bun:test";
import { BIP340_VECTORS } from "../../src/ffi/bip340-vectors.ts";
import { packHex, subjects, verdictsOf } from "./backends.ts";

interface Row {
  readonly index: string;
  readonly signed: string;
  readonly valid: boolean;
  readonly comment: string;
}

const csv = await Bun.file(new URL("../vectors/bip340.csv", import.meta.url)).text();
const rows: Row[] = csv
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => {
    const [index = "", , pubkey = "", , message = "", sig = "", verdict = "", ...comment] = line.split(",");
    return { index, signed: message + pubkey + sig, valid: verdict === "TRUE", comment: comment.join(",") };
  });

test("all 15 vectors with 32-byte messages are here", () => {
  expect(rows.map((row) => row.index)).toEqual(Array.from({ length: 15 }, (_, index) => String(index)));
  expect(rows.filter((row) => row.valid)).toHaveLength(5);
});

test("the vectors in the source are those of the table", () => {
  const inSource = BIP340_VECTORS.map(([valid, message, pubkey, sig]) => ({
    valid,
    signed: message + pubkey + sig,
  }));
  expect(inSource).toEqual(rows.map(({ valid, signed }) => ({ valid, signed: signed.toLowerCase() })));
});

describe.each(subjects())("$title", ({ backend }) => {
  test.skipIf(backend === undefined).each(rows)("vector $index: $valid $comment", ({ signed, valid }) => {
    expect(verdictsOf(backend!, packHex([signed]))).toEqual([valid]);
  });
});
