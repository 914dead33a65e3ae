// `thermocline search status`: how far the full-text index of the hot store is, and how large.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/settings.ts";
import { FULLTEXT_FILE, openFulltextForReading } from "../hot/fulltext-database.ts";
import { readCursor } from "../hot/fulltext-feed.ts";
import { readRebuild, type RebuildState } from "../hot/fulltext-rebuild.ts";
import { isDamage, StoreError } from "../hot/store-error.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { openReader } from "./store-access.ts";
import { emit, emitJson, type ExitCode, type Terminal } from "./terminal.ts";

interface SearchReport {
  readonly enabled: boolean;
  readonly path: string;
  /** Undefined before the first start with search. */
  readonly index: IndexFacts | undefined;
  readonly hot: { readonly events: number; readonly lastSeq: number };
  /** Log entries that the index has not taken in yet. */
  readonly behind: number;
}

interface IndexFacts {
  readonly cursor: number;
  /** Notes and profiles that can be found. */
  readonly documents: number;
  /** Of the file with its write-ahead log. */
  readonly bytes: number;
  /** The last request to fill it anew. */
  readonly rebuild: RebuildState | undefined;
}

export async function runSearchStatus(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  const report = searchReport(loaded.config);
  if (options["json"] === true) await emitJson(terminal, report);
  else await emit(terminal.output, `${reportText(report)}\n`);
  return 0;
}

function searchReport(config: Config): SearchReport {
  const reader = openReader(config);
  const hot = { events: reader.eventCount(), lastSeq: reader.lastSeq() };
  reader.close();
  const path = join(config.data.dir, FULLTEXT_FILE);
  const index = existsSync(path) ? indexFacts(config.data.dir, path) : undefined;
  const behind = Math.max(0, hot.lastSeq - (index?.cursor ?? 0));
  return { enabled: config.search.enabled, path, index, hot, behind };
}

function indexFacts(folder: string, path: string): IndexFacts {
  try {
    return readIndexFacts(folder, path);
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new StoreError("damaged", `${path} is damaged`, "thermocline search rebuild makes it anew", error);
  }
}

function readIndexFacts(folder: string, path: string): IndexFacts {
  const database = openFulltextForReading(folder);
  try {
    const { documents } = database
      .query<{ documents: number }, []>("SELECT count(*) AS documents FROM doc")
      .get()!;
    const bytes = [path, `${path}-wal`].reduce((sum, file) => sum + sizeOf(file), 0);
    return { cursor: readCursor(database), documents, bytes, rebuild: readRebuild(database) };
  } finally {
    database.close();
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function reportText({ enabled, path, index, hot, behind }: SearchReport): string {
  const rows: [string, string][] = [
    ["search", enabled ? "enabled" : "disabled by search.enabled; the index is not followed"],
    ["file", index === undefined ? `${path}: none yet, the relay makes it` : path],
  ];
  if (index !== undefined) {
    rows.push(
      ["size", `${(index.bytes / 1e6).toFixed(1)} MB`],
      ["documents", `${index.documents} of ${hot.events} events have searchable text`],
      ["cursor", `${index.cursor} of ${hot.lastSeq}`],
    );
  }
  const rebuild = index?.rebuild;
  if (rebuild !== undefined && rebuild.state !== "done") {
    const why = rebuild.reason === "" ? "" : `: ${rebuild.reason}`;
    rows.push(["rebuild", `${rebuild.state}, ${rebuild.done} of ${rebuild.total}${why}`]);
  }
  rows.push(["lag", `${behind} log entries`]);
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join("\n");
}
