// Corpora on disk, outside the checkout: made once for a seed, a size and a version of the recipe, then read again.

import { mkdirSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archive, archivePages } from "./archive.ts";
import { Corpus, CORPUS_VERSION } from "./corpus.ts";
import { askAbout, type Question, type Questions } from "./question.ts";
import type { Signer } from "./signer.ts";

export interface Facts {
  /** Events in the file, and those of them that stand once all are stored. */
  readonly events: number;
  readonly alive: number;
  readonly bytes: number;
  readonly lastSecond: number;
  readonly questions: Questions;
}

export interface CachedCorpus {
  /** JSON Lines, oldest first. */
  readonly path: string;
  readonly facts: Facts;
}

export interface CachedArchive {
  readonly path: string;
  readonly events: number;
  readonly pages: readonly Question[];
}

export interface CacheOptions {
  readonly seed: string;
  readonly signer: Signer;
  readonly folder?: string;
  /** Questions of each kind. */
  readonly questions?: number;
  /** Told what takes time. */
  readonly tell: (line: string) => void;
}

const QUESTIONS = 500;
const FLUSH_BYTES = 4 << 20;

export function cacheFolder(): string {
  return process.env["THERMOCLINE_BENCH_CACHE"] ?? join(tmpdir(), "thermocline-bench");
}

export async function cachedCorpus(size: number, options: CacheOptions): Promise<CachedCorpus> {
  const each = options.questions ?? QUESTIONS;
  const stem = stemOf(options, `corpus-${size}-q${each}`);
  const path = `${stem}.jsonl`;
  const factsPath = `${stem}.json`;
  if (await Bun.file(factsPath).exists()) return { path, facts: (await Bun.file(factsPath).json()) as Facts };

  options.tell(`making ${size.toLocaleString("en")} signed events (once; kept in ${path})`);
  const corpus = new Corpus(options.seed, size, options.signer);
  const bytes = await writeLines(path, size, () => corpus.next());
  const facts: Facts = {
    events: size,
    alive: corpus.columns.alive(),
    bytes,
    lastSecond: corpus.columns.createdAt[size - 1]!,
    questions: askAbout(corpus, options.seed, each),
  };
  await Bun.write(factsPath, JSON.stringify(facts));
  return { path, facts };
}

export async function cachedArchive(size: number, options: CacheOptions): Promise<CachedArchive> {
  const path = `${stemOf(options, `archive-${size}`)}.jsonl`;
  if (!(await Bun.file(path).exists())) {
    options.tell(`making the ${size.toLocaleString("en")} events of one author (once; kept in ${path})`);
    const events = archive(options.seed, size, options.signer);
    await writeLines(path, size, () => events.next().value as string);
  }
  return { path, events: size, pages: archivePages(options.seed, size, options.signer) };
}

function stemOf({ folder = cacheFolder(), seed }: CacheOptions, name: string): string {
  mkdirSync(folder, { recursive: true });
  return join(folder, `v${CORPUS_VERSION}-${seed.replaceAll(/[^\w.-]/g, "_")}-${name}`);
}

/** Writes under another name first, so that a file which is there is whole. Answers its bytes. */
async function writeLines(path: string, lines: number, next: () => string): Promise<number> {
  const partial = `${path}.${process.pid}.partial`;
  const writer = Bun.file(partial).writer({ highWaterMark: FLUSH_BYTES });
  for (let line = 0; line < lines; line++) {
    void writer.write(`${next()}\n`);
    if (line % 5_000 === 0) await writer.flush();
  }
  await writer.end();
  renameSync(partial, path);
  return Bun.file(path).size;
}

/** The lines of a cached file, in runs of about `batch`. */
export async function* lineRuns(path: string, batch: number): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  let run: string[] = [];
  for await (const chunk of Bun.file(path).stream()) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    run = run.length === 0 ? lines : run.concat(lines);
    if (run.length < batch) continue;
    yield run;
    run = [];
  }
  if (run.length > 0) yield run;
}
