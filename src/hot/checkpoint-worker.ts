// The checkpoint thread: copies the WAL into the file on a connection of its own, while the writer goes on committing.

import type { Database } from "bun:sqlite";
import type { CheckpointStart } from "./checkpoint-thread.ts";
import { openDatabase } from "./database.ts";
import { type CheckpointRow, NOOP, PASSIVE } from "./maintenance.ts";

declare const self: {
  onmessage: (event: MessageEvent<CheckpointStart | "run">) => void;
  postMessage(message: "over"): void;
};

const CACHE_BYTES = 2 * 1024 * 1024;
/**
 * SQLite brings the file to the disk only in a pass that no commit came beside, and what is then still in the kernel's
 * hands, up to all of the WAL, would else be the writer's to wait for. What came beside a pass is little, and the next
 * one short.
 */
const PASSES_MAX = 16;

let database: Database | undefined;

self.onmessage = ({ data }) => {
  if (data === "run") run();
  else database = open(data);
};

function open({ path, synchronous }: CheckpointStart): Database {
  return openDatabase(path, { synchronous, cacheBytes: CACHE_BYTES, autoCheckpointPages: 0 });
}

function ask(pragma: string): CheckpointRow {
  return database!.query<CheckpointRow, []>(pragma).get()!;
}

function run(): void {
  try {
    for (let passes = 0; passes < PASSES_MAX; passes++) {
      const { log, checkpointed } = ask(PASSIVE);
      // Held up by a reader, or alone with the WAL.
      if (checkpointed < log || ask(NOOP).log <= log) break;
    }
  } finally {
    // Whatever went wrong, a full disk most likely, the writer meets it as well and says so.
    self.postMessage("over");
  }
}
