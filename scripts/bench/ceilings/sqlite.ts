// Raw SQLite inserts a second, one table without indexes, durable: what the disk and the engine allow a writer.

import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROWS_IN_COMMIT = 250;
const TEXT_BYTES = 650;

/** WAL with synchronous=FULL, 250 rows of 650 bytes in each commit, for so long. */
export function sqliteCeiling(milliseconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), "thermocline-bench-sqlite-"));
  const database = new Database(join(folder, "ceiling.db"), { create: true, strict: true });
  try {
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = FULL");
    database.run("CREATE TABLE event (seq INTEGER PRIMARY KEY, json TEXT NOT NULL)");
    const insert = database.prepare("INSERT INTO event (json) VALUES (?)");
    const text = "x".repeat(TEXT_BYTES);
    const commit = database.transaction(() => {
      for (let row = 0; row < ROWS_IN_COMMIT; row++) insert.run(text);
    });
    const started = Bun.nanoseconds();
    let rows = 0;
    while (Bun.nanoseconds() - started < milliseconds * 1e6) {
      commit();
      rows += ROWS_IN_COMMIT;
    }
    return (rows * 1e9) / (Bun.nanoseconds() - started);
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
