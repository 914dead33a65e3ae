// The import pipeline with checkers that answer when the test says: order, bounds, failure, interruption.

import { expect, test } from "bun:test";
import type { CheckedBlock } from "../../../src/cli/importing/block-check.ts";
import { type LineBlock, lineBlocks } from "../../../src/cli/importing/line-blocks.ts";
import { type PipelineParts, runPipeline } from "../../../src/cli/importing/pipeline.ts";
import { Tally } from "../../../src/cli/importing/tally.ts";
import { BLOCKS_ALONE, TransactionSize } from "../../../src/cli/importing/transaction-size.ts";
import { untilInterrupted } from "../../../src/cli/importing/until-interrupted.ts";
import { packBatch } from "../../../src/hot/batch-codec.ts";
import { OutcomeCode } from "../../../src/hot/outcome-code.ts";
import { unsignedEvent } from "../../support/events.ts";
import { prng, testSeed } from "../../support/prng.ts";

const EVENT = unsignedEvent("a".repeat(64));
const CHECKERS = 3;

/** A block of which the number of lines says which one it is. */
function block(number: number): LineBlock {
  return { text: String(number), firstLine: number, endOffset: number * 10, endLine: number, dropped: 0 };
}

async function* blocks(count: number, read: (number: number) => void = () => {}): AsyncGenerator<LineBlock> {
  for (let number = 1; number <= count; number++) {
    read(number);
    yield block(number);
  }
}

function checkedBlock(): CheckedBlock {
  return { batch: packBatch([EVENT], 0n), skipped: [], invalid: [] };
}

function parts(given: Partial<PipelineParts>): PipelineParts & { readonly reached: number[] } {
  const reached: number[] = [];
  return {
    blocks: blocks(20),
    checkers: { count: CHECKERS, check: async () => checkedBlock() },
    writer: undefined,
    size: new TransactionSize(true, () => 0),
    tally: new Tally(),
    lineBytesMax: 100,
    nowSeconds: 0,
    written: ({ line }) => reached.push(line),
    interrupted: new AbortController().signal,
    ...given,
    reached,
  };
}

const seed = testSeed();
test(`blocks are written in order whoever is quicker, and never many are held (seed ${seed})`, async () => {
  const random = prng(seed);
  let held = 0;
  let heldMost = 0;
  const given = parts({
    blocks: blocks(200, () => {
      held++;
      heldMost = Math.max(heldMost, held);
    }),
    checkers: {
      count: CHECKERS,
      async check() {
        for (let turns = Math.floor(random() * 20); turns > 0; turns--) await Promise.resolve();
        return checkedBlock();
      },
    },
  });
  const run = runPipeline({
    ...given,
    written(checkpoint) {
      held--;
      given.written(checkpoint);
    },
  });
  expect(await run).toBe("complete");
  expect(given.reached).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  expect(heldMost).toBeLessThanOrEqual(CHECKERS * 2 + 1);
  expect(given.tally.counts.accepted).toBe(200);
});

test("a store that takes no more stops it before the checkpoint moves", async () => {
  let batches = 0;
  const given = parts({
    writer: {
      applyBatch: () => {
        batches++;
        const codes = Float64Array.of(batches === 5 ? OutcomeCode.failed : batches);
        return { codes, error: batches === 5 ? "the disk is full" : "", before: 0, lastSeq: 0, removed: [] };
      },
    },
  });
  expect(await runPipeline(given)).toBe("failed");
  expect(given.reached).toEqual([1, 2, 3, 4]);
  expect(given.tally.counts).toMatchObject({ accepted: 4, failed: 1 });
  expect([...given.tally.failures]).toEqual(["the disk is full"]);
});

test("an import that is alone writes several blocks as one transaction, in order and to the last", async () => {
  const counts: number[] = [];
  let nowMs = 0;
  const size = new TransactionSize(true, () => nowMs);
  nowMs = 60_000;
  const given = parts({
    blocks: blocks(BLOCKS_ALONE * 2 + 1),
    size,
    writer: {
      applyBatch({ count }) {
        counts.push(count);
        return { codes: new Float64Array(count).fill(1), error: "", before: 0, lastSeq: 0, removed: [] };
      },
    },
  });
  expect(await runPipeline(given)).toBe("complete");
  expect(counts).toEqual([BLOCKS_ALONE, BLOCKS_ALONE, 1]);
  expect(given.reached).toEqual([BLOCKS_ALONE, BLOCKS_ALONE * 2, BLOCKS_ALONE * 2 + 1]);
  expect(given.tally.counts.accepted).toBe(BLOCKS_ALONE * 2 + 1);
});

test("an interruption ends a wait for input, and the whole lines that were read are written", async () => {
  const controller = new AbortController();
  async function* silentAfterThree(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("a line\n");
    yield Buffer.from("a second\na third\nhalf of a fo");
    queueMicrotask(() => controller.abort());
    await new Promise(() => {});
  }
  const bytes = untilInterrupted(silentAfterThree(), controller.signal);
  const lines = { blockBytes: 1000, lineBytesMax: 1000, startOffset: 0, startLine: 0 };
  const given = parts({ blocks: lineBlocks(bytes, lines), interrupted: controller.signal });
  expect(await runPipeline(given)).toBe("interrupted");
  expect(given.reached).toEqual([3]);
});

test("an input that fails is told after what it gave is written", async () => {
  async function* failing(): AsyncGenerator<LineBlock> {
    yield block(1);
    throw new Error("unplugged");
  }
  const given = parts({ blocks: failing() });
  expect(await runPipeline(given)).toBe("failed");
  expect(given.reached).toEqual([1]);
  expect([...given.tally.failures]).toEqual(["reading failed: unplugged"]);
});

test("a checker that dies rejects the run", () => {
  const given = parts({ checkers: { count: 1, check: () => Promise.reject(new Error("it died")) } });
  expect(runPipeline(given)).rejects.toThrow("it died");
});
