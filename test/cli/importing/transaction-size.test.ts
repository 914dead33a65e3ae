// How much an import writes at once: little beside others, more once it has been alone for a while.

import { expect, test } from "bun:test";
import { BLOCKS_ALONE, TransactionSize } from "../../../src/cli/importing/transaction-size.ts";

test("beside a relay somebody may be there at first, and is forgotten when nobody else writes", () => {
  let now = 0;
  const size = new TransactionSize(true, () => now);
  expect(size.blocks).toBe(1);
  for (let seq = 0; now < 3000; now += 500, seq += 10) {
    size.wrote({ before: seq, lastSeq: seq + 10 });
    expect(size.blocks).toBe(1);
  }
  expect(size.blocks).toBe(BLOCKS_ALONE);
});

test("whoever writes between two transactions makes the next ones small again", () => {
  let now = 0;
  const size = new TransactionSize(true, () => now);
  size.wrote({ before: 0, lastSeq: 10 });
  now = 5000;
  expect(size.blocks).toBe(BLOCKS_ALONE);
  size.wrote({ before: 11, lastSeq: 20 });
  expect(size.blocks).toBe(1);
  size.wrote({ before: 20, lastSeq: 30 });
  now = 7999;
  expect(size.blocks).toBe(1);
  now = 8000;
  expect(size.blocks).toBe(BLOCKS_ALONE);
});

test("where no relay is running nobody waits, until somebody writes after all", () => {
  let now = 0;
  const size = new TransactionSize(false, () => now);
  expect(size.blocks).toBe(BLOCKS_ALONE);
  size.wrote({ before: 0, lastSeq: 10 });
  now = 500;
  size.wrote({ before: 11, lastSeq: 20 });
  expect(size.blocks).toBe(1);
});
