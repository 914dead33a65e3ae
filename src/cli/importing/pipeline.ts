// The stages of an import, overlapping: read a block, check it on another thread, write it here, in order.

import { BatchCursor } from "../../hot/batch-codec.ts";
import { outcomeOf } from "../../hot/outcome-code.ts";
import type { AppliedBatch } from "../../hot/writer.ts";
import type { CheckedBlock } from "./block-check.ts";
import { tooLongReason } from "./block-check.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { LineBlock } from "./line-blocks.ts";
import type { Tally } from "./tally.ts";

/** About a thousand events: one transaction. */
export const BLOCK_BYTES = 768 * 1024;
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
  readonly tally: Tally;
  readonly lineBytesMax: number;
  readonly nowSeconds: number;
  /** Told after each block is committed. */
  readonly written: (checkpoint: Checkpoint) => void;
  /** Asked between blocks. */
  readonly stopping: () => boolean;
}

interface BlockInWork {
  readonly block: LineBlock;
  readonly checked: Promise<CheckedBlock>;
}

/** complete: all was read and written. stopped: by stopping(). failed: the store takes no more; tally.failures says why. */
export type PipelineEnd = "complete" | "stopped" | "failed";

export async function runPipeline(parts: PipelineParts): Promise<PipelineEnd> {
  const inWork: BlockInWork[] = [];
  for await (const block of parts.blocks) {
    if (parts.stopping()) return "stopped";
    const checked = parts.checkers.check({
      text: block.text,
      firstLine: block.firstLine,
      nowSeconds: parts.nowSeconds,
    });
    // A rejection is awaited in its turn; until then it must not count as unhandled.
    checked.catch(() => {});
    inWork.push({ block, checked });
    if (inWork.length <= parts.checkers.count * BLOCKS_AHEAD) continue;
    if (!(await finish(inWork.shift()!, parts))) return "failed";
  }
  for (const next of inWork) {
    if (parts.stopping()) return "stopped";
    if (!(await finish(next, parts))) return "failed";
  }
  return "complete";
}

/** False when a write failed: the blocks after it would most likely fail as well, and resuming must start here. */
async function finish({ block, checked }: BlockInWork, parts: PipelineParts): Promise<boolean> {
  const { batch, skipped, invalid } = await checked;
  const { tally, writer } = parts;
  const failedBefore = tally.counts.failed;
  if (writer === undefined) tally.add("accepted", batch.count);
  else if (batch.count > 0) {
    const { codes, error } = writer.applyBatch(new BatchCursor(batch));
    for (const code of codes) tally.addOutcome(outcomeOf(code, error));
  }
  for (const { fate, count } of skipped) tally.add(fate, count);
  for (const { reason, line, count } of invalid) tally.addInvalid(reason, line, count);
  if (block.dropped > 0)
    tally.addInvalid(tooLongReason(parts.lineBytesMax), block.firstLine - 1, block.dropped);
  const failed = tally.counts.failed - failedBefore;
  if (failed > 0 && failed === batch.count) return false;
  parts.written({ offset: block.endOffset, line: block.endLine });
  return true;
}
