// The checkpoint thread: copies the WAL into the file on a connection of its own, while the writer goes on committing.

import type { Database } from "bun:sqlite";
import type { CheckpointStart } from "./checkpoint-thread.ts";
import { openDatabase } from "./database.ts";
import { type CheckpointRow, PASSIVE } from "./maintenance.ts";

declare const self: {
  onmessage: (event: MessageEvent<CheckpointStart | "run">) => void;
  postMessage(message: "over"): void;
};

const CACHE_BYTES = 2 * 1024 * 1024;
/** What was committed during a pass is taken by the next one, until so little is left that the writer may do it. */
const PASSES_MAX = 3;
const REST_PAGES = 256;

let database: Database | undefined;

self.onmessage = ({ data }) => {
  if (data === "run") run();
  else database = open(data);
};

function open({ path, synchronous }: CheckpointStart): Database {
  return openDatabase(path, { synchronous, cacheBytes: CACHE_BYTES, autoCheckpointPages: 0 });
}

function run(): void {
  try {
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      const { log, checkpointed } = database!.query<CheckpointRow, []>(PASSIVE).get()!;
      if (log - checkpointed <= REST_PAGES) break;
    }
  } finally {
    // Whatever went wrong, a full disk most likely, the writer meets it as well and says so.
    self.postMessage("over");
  }
}
