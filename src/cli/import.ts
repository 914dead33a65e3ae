// `thermocline import`: takes events from JSON lines into the data folder, beside a running relay or without one.

import { createReadStream, type Stats, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Readable } from "node:stream";
import type { Config } from "../config/settings.ts";
import { isServed } from "../hot/folder-lock.ts";
import type { StoreWriter } from "../hot/writer.ts";
import type { CheckStart } from "./importing/check-worker.ts";
import { Checkers } from "./importing/checkers.ts";
import { type Checkpoint, CheckpointFile, START } from "./importing/checkpoint.ts";
import { type EventSource, fileSource, streamSource } from "./importing/event-source.ts";
import { lineBlocks } from "./importing/line-blocks.ts";
import { BLOCK_BYTES, type PipelineEnd, runPipeline } from "./importing/pipeline.ts";
import { startProgress } from "./importing/progress.ts";
import { reportImport } from "./importing/report.ts";
import { Tally } from "./importing/tally.ts";
import { TransactionSize } from "./importing/transaction-size.ts";
import { untilInterrupted } from "./importing/until-interrupted.ts";
import { listenForInterruption } from "./interruption.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { openForWriting } from "./store-access.ts";
import { type ExitCode, say, type Terminal, unixNow } from "./terminal.ts";

/** Fails when something could not be read or written, when it was interrupted, or when nothing at all was valid. */
export async function runImport(
  given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  const { config } = loaded;
  const dryRun = options["dryRun"] === true;
  const fromStart = dryRun || options["restart"] === true;
  const name = given[0] ?? "-";
  const input = name === "-" ? await streamInput(terminal.input) : await namedInput(name, config, fromStart);
  if (input.start.offset > 0)
    say(terminal, `Going on after line ${input.start.line}; --restart starts at the beginning.`);

  const store = dryRun ? undefined : openForWriting(config);
  const startMs = performance.now();
  const tally = new Tally();
  let end: PipelineEnd;
  try {
    end = await pump(
      {
        config,
        input,
        store,
        tally,
        verified: options["verify"] !== false,
        takesProtected: options["protected"] === true,
        startMs,
      },
      terminal,
    );
    if (end === "complete") input.checkpoint?.remove();
    else if (!dryRun) input.checkpoint?.save();
  } finally {
    input.source.close();
    store?.close();
  }
  const seconds = (performance.now() - startMs) / 1000;
  const resumable = input.checkpoint !== undefined && !dryRun;
  await reportImport({ end, tally, seconds, dryRun, resumable }, options["json"] === true, terminal);
  return end === "complete" && tally.counts.failed === 0 && !isWhollyInvalid(tally) ? 0 : 1;
}

interface Pumped {
  readonly config: Config;
  readonly input: Input;
  readonly store: StoreWriter | undefined;
  readonly tally: Tally;
  /** Are signatures checked? */
  readonly verified: boolean;
  readonly takesProtected: boolean;
  readonly startMs: number;
}

async function pump(
  { config, input, store, tally, verified, takesProtected, startMs }: Pumped,
  terminal: Terminal,
): Promise<PipelineEnd> {
  const lineBytesMax = config.limits.max_message_length;
  const backend = verified ? backendOf(config) : undefined;
  const checkers = await Checkers.start(checkerCount(config), {
    backend,
    tagSeed: store?.tagSeed ?? 0n,
    lineBytesMax,
    takesProtected,
  });
  if (checkers.notice !== undefined) say(terminal, checkers.notice);
  const interruption = listenForInterruption(() =>
    say(terminal, "\nWriting what was read; once more to stop at once."),
  );
  const progress = startProgress(terminal, startMs);
  say(terminal, `Importing${store === undefined ? " nothing, only checking" : ` into ${config.data.dir}`}.`);
  const { source, start, checkpoint } = input;
  try {
    const end = await runPipeline({
      blocks: lineBlocks(untilInterrupted(source.bytes, interruption.asked), {
        blockBytes: BLOCK_BYTES,
        lineBytesMax,
        startOffset: start.offset,
        startLine: start.line,
      }),
      checkers,
      writer: store,
      size: new TransactionSize(isServed(config.data.dir)),
      tally,
      lineBytesMax,
      nowSeconds: unixNow(),
      interrupted: interruption.asked,
      written(reached) {
        if (store !== undefined) checkpoint?.reached(reached);
        const { invalid } = tally.counts;
        progress.update({
          events: tally.total,
          invalid,
          readBytes: source.readBytes(),
          totalBytes: source.sizeBytes,
        });
      },
    });
    // What imported requests to vanish have booked.
    while (store?.moreToClear === true) store.clear();
    return end;
  } finally {
    progress.stop();
    interruption.stop();
    checkers.stop();
  }
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

async function streamInput(stream: Readable): Promise<Input> {
  return { source: await streamSource(stream), start: START, checkpoint: undefined };
}

async function namedInput(path: string, config: Config, fromStart: boolean): Promise<Input> {
  const stats = statSync(path);
  if (stats.isDirectory()) throw new Error(`${path} is a folder: name a file in it`);
  // A named pipe, also that of a process substitution, can be read once, from its start.
  return stats.isFile() ? fileInput(path, stats, config, fromStart) : streamInput(createReadStream(path));
}

function fileInput(path: string, stats: Stats, config: Config, fromStart: boolean): Input {
  let start = START;
  let checkpoint: CheckpointFile | undefined;
  const source = fileSource(path, stats, (identity, sizeBytes, packing) => {
    checkpoint = new CheckpointFile(config.data.dir, identity);
    const found = fromStart ? START : checkpoint.read();
    // A plain file that is shorter than where we were is another file.
    if (packing !== "none" || found.offset <= sizeBytes) start = found;
    return start.offset;
  });
  return { source, start, checkpoint };
}

/** Checking an event costs twice what writing it does, and whoever writes waits for the disk: as many check as there are cores. */
function checkerCount({ verify }: Config): number {
  return verify.workers > 0 ? verify.workers : availableParallelism();
}

function backendOf({ verify }: Config): CheckStart["backend"] {
  const { backend: choice, library_path: libraryPath } = verify;
  return libraryPath === "" ? { choice } : { choice, libraryPath };
}
