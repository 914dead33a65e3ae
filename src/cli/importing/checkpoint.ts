// How far an interrupted import has come, kept beside the data under the identity of the file.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = "imports";

export interface Checkpoint {
  /** Everything before this offset of the unpacked input is stored. */
  readonly offset: number;
  /** Lines before it. */
  readonly line: number;
}

export const START: Checkpoint = { offset: 0, line: 0 };

export interface CheckpointFile {
  read(): Checkpoint;
  /** Called only after the events before it have been committed. */
  write(checkpoint: Checkpoint): void;
  /** The import is complete: the next one starts at the beginning. */
  remove(): void;
}

export function checkpointFile(dataFolder: string, identity: string): CheckpointFile {
  const folder = join(dataFolder, FOLDER);
  const path = join(folder, `${identity.slice(0, 32)}.json`);
  return {
    read: () => (existsSync(path) ? parseCheckpoint(readFileSync(path, "utf8")) : START),
    write: (checkpoint) => {
      mkdirSync(folder, { recursive: true });
      // Renaming is atomic: a reader finds the old one or the new one, whole.
      writeFileSync(`${path}.new`, JSON.stringify(checkpoint));
      renameSync(`${path}.new`, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
}

/** A damaged checkpoint is as good as none: importing again only finds duplicates. */
function parseCheckpoint(text: string): Checkpoint {
  try {
    const { offset, line } = JSON.parse(text) as Partial<Checkpoint>;
    if (Number.isSafeInteger(offset) && Number.isSafeInteger(line)) return { offset: offset!, line: line! };
  } catch {
    // falls through
  }
  return START;
}
