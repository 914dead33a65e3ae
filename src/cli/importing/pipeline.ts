// The stages of an import, overlapping: read a block, check it on another thread, write it here, in order.

import { BatchCursor, joinBatches, type PackedBatch } from "../../hot/batch-codec.ts";
import { outcomeOf } from "../../hot/outcome-code.ts";
import type { AppliedBatch } from "../../hot/writer.ts";
import type { CheckedBlock } from "./block-check.ts";
import { tooLongReason } from "./block-check.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { LineBlock } from "./line-blocks.ts";
import type { Tally } from "./tally.ts";
import type { TransactionSize } from "./transaction-size.ts";

/** About four thousand events. */
export const BLOCK_BYTES = 3 * 1024 * 1024;
/** Blocks with the checkers for each of them: one in work, one waiting, so that none idles while we write. */
const BLOCKS_AHEAD = 2;

export interface PipelineParts {
  readonly blocks: AsyncIterable<LineBlock>;
  readonly checkers: {
    readonly count: number;
    check(block: { text: string; firstLine: number; nowSeconds: number }): Promise<CheckedBlock>;
  };
  /** Undefined: nothing is written, and what could be counts as accepted. */
  readonly writer: { applyBatch(cursor: BatchCursor): AppliedBatch } | undefined;
  readonly size: TransactionSize;
  readonly tally: Tally;
  readonly lineBytesMax: number;
  readonly nowSeconds: number;
  /** Told after each transaction is committed. */
  readonly written: (checkpoint: Checkpoint) => void;
  /** Aborted when somebody asks to stop: the blocks fail then, and what was read is written. */
  readonly interrupted: AbortSignal;
}

interface BlockInWork {
  readonly block: LineBlock;
  readonly checked: Promise<CheckedBlock>;
}

/**
 * complete: all was read and written. interrupted: all that was read is written. failed: reading or writing went wrong,
 * and tally.failures says how.
 */
export type PipelineEnd = "complete" | "interrupted" | "failed";

/** Memory: the blocks ahead, whatever the size of the input. Rejects when a checker dies. */
export async function runPipeline(parts: PipelineParts): Promise<PipelineEnd> {
  const inWork: BlockInWork[] = [];
  const blocks = parts.blocks[Symbol.asyncIterator]();
  let end: PipelineEnd | undefined;
  while (end === undefined) {
    const read = await nextBlock(blocks, parts);
    if (typeof read === "string") end = read;
    else {
      inWork.push({ block: read, checked: startCheck(read, parts) });
      const { blocks } = parts.size;
      const isFull = inWork.length >= parts.checkers.count * BLOCKS_AHEAD + blocks;
      if (isFull && !(await finish(inWork.splice(0, blocks), parts))) return "failed";
    }
  }
  while (inWork.length > 0) {
    if (!(await finish(inWork.splice(0, parts.size.blocks), parts))) return "failed";
  }
  return end;
}

/** The next block, or why there is none. */
async function nextBlock(
  blocks: AsyncIterator<LineBlock>,
  { interrupted, tally }: PipelineParts,
): Promise<LineBlock | PipelineEnd> {
  try {
    const next = await blocks.next();
    return next.done === true ? "complete" : next.value;
  } catch (error) {
    if (interrupted.aborted) return "interrupted";
    tally.failures.add(`reading failed: ${error instanceof Error ? error.message : String(error)}`);
    return "failed";
  }
}

function startCheck(
  { text, firstLine }: LineBlock,
  { checkers, nowSeconds }: PipelineParts,
): Promise<CheckedBlock> {
  const checked = checkers.check({ text, firstLine, nowSeconds });
  // A rejection is awaited in its turn; until then it must not count as unhandled.
  checked.catch(() => {});
  return checked;
}

/**
 * Writes blocks as one transaction. False when that failed: those after it would most likely fail as well, and resuming
 * must start here.
 */
async function finish(blocks: readonly BlockInWork[], parts: PipelineParts): Promise<boolean> {
  const checked = await Promise.all(blocks.map((block) => block.checked));
  if (!write(joinBatches(checked.map(({ batch }) => batch)), parts)) return false;
  const { tally, lineBytesMax } = parts;
  for (const { skipped, invalid } of checked) {
    for (const { fate, count } of skipped) tally.add(fate, count);
    for (const { reason, line, count } of invalid) tally.addInvalid(reason, line, count);
  }
  for (const { block } of blocks) {
    if (block.dropped > 0) tally.addInvalid(tooLongReason(lineBytesMax), block.firstLine - 1, block.dropped);
  }
  const { endOffset, endLine } = blocks.at(-1)!.block;
  parts.written({ offset: endOffset, line: endLine });
  return true;
}

/** False when nothing of it could be written. */
function write(batch: PackedBatch, { tally, writer, size }: PipelineParts): boolean {
  if (batch.count === 0) return true;
  if (writer === undefined) {
    tally.add("accepted", batch.count);
    return true;
  }
  const failedBefore = tally.counts.failed;
  const applied = writer.applyBatch(new BatchCursor(batch));
  for (const code of applied.codes) tally.addOutcome(outcomeOf(code, applied.error));
  size.wrote(applied);
  return tally.counts.failed - failedBefore < batch.count;
}
