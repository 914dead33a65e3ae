// Raw SQLite inserts a second, one table without indexes, durable: what the disk and the engine allow a writer.

import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../load/samples.ts";

const ROWS_IN_COMMIT = 250;
const TEXT_BYTES = 650;

const LONE_COMMITS = 100;

export interface SqliteCeiling {
  /** Rows a second, 250 in each commit. */
  readonly rate: number;
  /** Milliseconds of a commit of one row: no OK can come sooner. The median of a hundred. */
  readonly commitMs: number;
}

/** WAL with synchronous=FULL, rows of 650 bytes; the rate is measured for so long. */
export function sqliteCeiling(milliseconds: number): SqliteCeiling {
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
    const rate = (rows * 1e9) / (Bun.nanoseconds() - started);
    const lone = Array.from({ length: LONE_COMMITS }, () => {
      const before = Bun.nanoseconds();
      insert.run(text);
      return (Bun.nanoseconds() - before) / 1e6;
    });
    return { rate, commitMs: median(lone) };
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
