// `thermocline import`: takes events from JSON lines into the data folder, beside a running relay or without one.

import { availableParallelism } from "node:os";
import type { Config } from "../config/settings.ts";
import type { CheckStart } from "./importing/check-worker.ts";
import { type Checkpoint, checkpointFile, type CheckpointFile, START } from "./importing/checkpoint.ts";
import { Checkers } from "./importing/checkers.ts";
import { type EventSource, fileSource, streamSource } from "./importing/event-source.ts";
import { lineBlocks } from "./importing/line-blocks.ts";
import { BLOCK_BYTES, type PipelineEnd, runPipeline } from "./importing/pipeline.ts";
import { type Progress, startProgress } from "./importing/progress.ts";
import { reportImport } from "./importing/report.ts";
import { Tally } from "./importing/tally.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { openForWriting } from "./store-access.ts";
import { type ExitCode, say, type Terminal } from "./terminal.ts";

/** How often the checkpoint is written: what a crash may make us read again. */
const CHECKPOINT_EVERY_MS = 1000;

export async function runImport(
  given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  const { config } = loaded;
  const dryRun = options["dryRun"] === true;
  const input = await openInput(given[0] ?? "-", config, options["restart"] === true || dryRun, terminal);
  const store = dryRun ? undefined : openForWriting(config);
  const lineBytesMax = config.limits.max_message_length;
  const checkers = await Checkers.start(checkerCount(config), {
    backend: options["verify"] === false ? undefined : backendOf(config),
    tagSeed: store?.tagSeed ?? 0n,
    lineBytesMax,
  });
  if (checkers.notice !== undefined) say(terminal, checkers.notice);

  const tally = new Tally();
  const startMs = performance.now();
  const progress = startProgress(terminal, startMs);
  const checkpoints = new Checkpoints(dryRun ? undefined : input.checkpoint, input.start);
  const interruption = listenForInterruption(terminal);
  let end: PipelineEnd;
  try {
    const { offset, line } = input.start;
    end = await runPipeline({
      blocks: lineBlocks(input.source.bytes, {
        blockBytes: BLOCK_BYTES,
        lineBytesMax,
        startOffset: offset,
        startLine: line,
      }),
      checkers,
      writer: store,
      tally,
      lineBytesMax,
      nowSeconds: Math.floor(Date.now() / 1000),
      written: (checkpoint) => {
        checkpoints.reached(checkpoint);
        showProgress(progress, tally, input.source);
      },
      stopping: interruption.asked,
    });
    while (store?.moreToClear === true) store.clear();
  } finally {
    checkpoints.save();
    progress.stop();
    interruption.stop();
    checkers.stop();
    store?.close();
  }
  if (end === "complete") checkpoints.remove();
  await reportImport(
    {
      end,
      tally,
      seconds: (performance.now() - startMs) / 1000,
      dryRun,
      resumable: input.checkpoint !== undefined,
    },
    options["json"] === true,
    terminal,
  );
  return end === "complete" && tally.counts.failed === 0 && !isWhollyInvalid(tally) ? 0 : 1;
}

/** Nothing but invalid lines: most likely this is no file of events at all. */
function isWhollyInvalid(tally: Tally): boolean {
  return tally.counts.invalid > 0 && tally.counts.invalid === tally.total;
}

interface Input {
  readonly source: EventSource;
  readonly start: Checkpoint;
  readonly checkpoint: CheckpointFile | undefined;
}

async function openInput(
  name: string,
  config: Config,
  fromStart: boolean,
  terminal: Terminal,
): Promise<Input> {
  if (name === "-")
    return { source: await streamSource(terminal.input), start: START, checkpoint: undefined };
  let start = START;
  let checkpoint: CheckpointFile | undefined;
  const source = fileSource(name, (identity, sizeBytes, packing) => {
    checkpoint = checkpointFile(config.data.dir, identity);
    if (fromStart) return 0;
    const found = checkpoint.read();
    // A plain file that is shorter than where we were is another file.
    if (packing !== "none" || found.offset <= sizeBytes) start = found;
    return start.offset;
  });
  if (start.offset > 0)
    say(terminal, `Going on after line ${start.line}; --restart starts at the beginning.`);
  return { source, start, checkpoint };
}

/** Half of the work is checking and half is writing, so with two cores one thread checks. */
function checkerCount(config: Config): number {
  return config.verify.workers > 0 ? config.verify.workers : Math.max(1, availableParallelism() - 1);
}

function backendOf({ verify }: Config): CheckStart["backend"] {
  return verify.library_path === ""
    ? { choice: verify.backend }
    : { choice: verify.backend, libraryPath: verify.library_path };
}

function showProgress(progress: Progress, tally: Tally, source: EventSource): void {
  progress.update({
    events: tally.total,
    invalid: tally.counts.invalid,
    readBytes: source.readBytes(),
    totalBytes: source.sizeBytes,
  });
}

class Checkpoints {
  private readonly file: CheckpointFile | undefined;
  private latest: Checkpoint;
  private saved: Checkpoint;
  private savedMs = performance.now();

  constructor(file: CheckpointFile | undefined, start: Checkpoint) {
    this.file = file;
    this.latest = start;
    this.saved = start;
  }

  reached(checkpoint: Checkpoint): void {
    this.latest = checkpoint;
    if (performance.now() - this.savedMs >= CHECKPOINT_EVERY_MS) this.save();
  }

  save(): void {
    if (this.latest === this.saved) return;
    this.file?.write(this.latest);
    this.saved = this.latest;
    this.savedMs = performance.now();
  }

  remove(): void {
    this.file?.remove();
  }
}

/** The first Ctrl-C lets the batch in work be finished; a second one ends the process at once. */
function listenForInterruption(terminal: Terminal): {
  readonly asked: () => boolean;
  readonly stop: () => void;
} {
  let asked = false;
  const interrupt = (): void => {
    if (asked) process.exit(130);
    asked = true;
    say(terminal, "\nFinishing the batch; once more to stop at once.");
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return {
    asked: () => asked,
    stop() {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    },
  };
}
