// Packing hex into shared memory, and what happens to hex of the wrong shape.

import { expect, test } from "bun:test";
import { BATCH_MAX, batchSlabOn, newBatchSlab, packSigned } from "../../src/ffi/batch-slab.ts";
import { batchMessage, readBatchMessage } from "../../src/ffi/verifier-messages.ts";

const fields = { id: "01".repeat(32), pubkey: "02".repeat(32), sig: "03".repeat(64) };

test("two threads' views are the same memory, and results lie behind the last signature", () => {
  const mine = newBatchSlab();
  const theirs = batchSlabOn(mine.shared);
  packSigned(mine.packed, BATCH_MAX - 1, fields);
  theirs.results.fill(9);
  const at = (BATCH_MAX - 1) * 128;
  expect(theirs.packed.toString("hex", at)).toBe(fields.id + fields.pubkey + fields.sig);
  expect(mine.results).toHaveLength(BATCH_MAX);
  expect(mine.packed).toHaveLength(BATCH_MAX * 128);
});

test("hex of the wrong shape becomes zeros and leaves nothing of the batch before", () => {
  const { packed } = newBatchSlab();
  const misshapen = [
    { ...fields, id: "zz".repeat(32) },
    { ...fields, pubkey: "02".repeat(31) },
    { ...fields, sig: "03".repeat(63) + "0g" },
    { ...fields, id: "" },
  ];
  for (const bad of misshapen) {
    packSigned(packed, 1, fields);
    packSigned(packed, 1, bad);
    expect(packed.subarray(128, 256).every((byte) => byte === 0)).toBe(true);
  }
});

test("overlong fields do not run into their neighbours", () => {
  const { packed } = newBatchSlab();
  packSigned(packed, 1, fields);
  packSigned(packed, 0, { id: "ff".repeat(64), pubkey: "ee".repeat(64), sig: "dd".repeat(128) });
  expect(packed.toString("hex", 128, 256)).toBe(fields.id + fields.pubkey + fields.sig);
});

test("a batch message names its slab and its count", () => {
  for (const slab of [0, 1]) {
    for (const count of [1, 63, BATCH_MAX]) {
      expect(readBatchMessage(batchMessage(slab, count))).toEqual({ slab, count });
    }
  }
});
