// How far an interrupted import has come, kept beside the data under the identity of the file.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = "imports";
/** How often it is written: what a crash may make us read again. */
const WRITE_EVERY_MS = 1000;

export interface Checkpoint {
  /** Everything before this offset of the unpacked input is stored. */
  readonly offset: number;
  /** Lines before it. */
  readonly line: number;
}

export const START: Checkpoint = { offset: 0, line: 0 };

export class CheckpointFile {
  private readonly folder: string;
  private readonly path: string;
  private latest: Checkpoint | undefined;
  private writtenMs = performance.now();

  constructor(dataFolder: string, identity: string) {
    this.folder = join(dataFolder, FOLDER);
    this.path = join(this.folder, `${identity.slice(0, 32)}.json`);
  }

  /** START without one. A damaged one is as good as none: importing again only finds duplicates. */
  read(): Checkpoint {
    if (!existsSync(this.path)) return START;
    try {
      const { offset, line } = JSON.parse(readFileSync(this.path, "utf8")) as Partial<Checkpoint>;
      return Number.isSafeInteger(offset) && Number.isSafeInteger(line)
        ? { offset: offset!, line: line! }
        : START;
    } catch {
      return START;
    }
  }

  /** Told after the events before it are committed; written now and then. */
  reached(checkpoint: Checkpoint): void {
    this.latest = checkpoint;
    if (performance.now() - this.writtenMs >= WRITE_EVERY_MS) this.save();
  }

  /** Where it cannot be written, on a full disk say, the next import reads more than it must and finds duplicates. */
  save(): void {
    if (this.latest === undefined) return;
    try {
      mkdirSync(this.folder, { recursive: true });
      // Renaming is atomic: a reader finds the old one or the new one, whole.
      writeFileSync(`${this.path}.new`, JSON.stringify(this.latest));
      renameSync(`${this.path}.new`, this.path);
    } catch {
      // The one before it still stands.
    }
    this.writtenMs = performance.now();
  }

  /** The import is complete: the next one starts at the beginning. */
  remove(): void {
    rmSync(this.path, { force: true });
  }
}
