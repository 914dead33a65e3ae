// The cold commands without an OpenSearch: refusals, stale status, dead letters, and how a report reads.

import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { progressLine, startJobProgress } from "../../src/cli/job-progress.ts";
import { coldStatusText } from "../../src/cli/cold-status-text.ts";
import type { ColdReport } from "../../src/cli/cold-status.ts";
import type { ColdStatus } from "../../src/cold/contract.ts";
import { Ledger, LEDGER_FILE } from "../../src/cold/ledger.ts";
import { lockFolder } from "../../src/hot/folder-lock.ts";
import { FULLTEXT_FILE, fulltextNumber } from "../../src/hot/fulltext-database.ts";
import { unsignedEvent } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";
import { runCommand } from "./run-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const within = temporaryFolder();
const data = within("store");
/** Nobody listens there. */
const NOWHERE = "http://me:hunter2@127.0.0.1:1";
const there = ["--data", data, "--cold.url", NOWHERE];

const UP: ColdStatus = {
  state: "up",
  reason: "",
  cursor: 90,
  visibleSeq: 80,
  lagEvents: 10,
  lagSeconds: 3,
  documentsIndexed: 70,
  documentsDeleted: 4,
  documentsReduced: 1,
  deadLetters: 2,
  bulkRequests: 5,
  bulkRetries: 1,
  bulkMsLast: 9,
  bulkBytesMax: 4_194_304,
  generation: 3,
  outdated: "",
  lost: 0,
  job: undefined,
};

async function store(folder: string, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, i) => {
    const { json } = unsignedEvent("a".repeat(64), { content: `note ${i}`, created_at: 1_700_000_000 + i });
    return `${json}\n`;
  });
  const input = Readable.from([Buffer.from(lines.join(""))]);
  expect((await runCommand(["import", "--data", folder, "--no-verify"], { input })).code).toBe(0);
}

function withLedger<T>(folder: string, act: (ledger: Ledger) => T): T {
  const ledger = new Ledger(join(folder, LEDGER_FILE));
  try {
    return act(ledger);
  } finally {
    ledger.close();
  }
}

beforeAll(() => store(data, 12));

describe("a wrong command line", () => {
  test.each([["status"], ["reindex"], ["reconcile"], ["dead"]])(
    "cold %s without cold.url ends with 2 and says how to set it",
    async (command) => {
      const { code, out, err } = await runCommand(["cold", command, "--data", data]);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain("cold.url is not set");
      expect(err).toContain("OPENSEARCH_URL");
    },
  );

  test.each([[["--limit", "many"]], [["--limit", "0"]], [["--after", "-1"]]])(
    "cold dead %p",
    async (words) => {
      const { code, err } = await runCommand(["cold", "dead", ...words, ...there]);
      expect(code).toBe(2);
      expect(err).toContain("--limit is a whole number");
    },
  );

  test("a folder without a store ends with 1, and nothing is made in it", async () => {
    const empty = within("nothing-here");
    for (const command of ["status", "reindex"]) {
      const { code, err } = await runCommand(["cold", command, "--data", empty, "--cold.url", NOWHERE]);
      expect(code).toBe(1);
      expect(err).toContain("there is no data");
    }
    expect(existsSync(empty)).toBe(false);
  });
});

describe("an OpenSearch that does not answer", () => {
  test("status fails, shows what is known, and no password", async () => {
    const { code, out, err } = await runCommand(["cold", "status", ...there]);
    expect(code).toBe(1);
    expect(out).toMatch(/^OpenSearch +http:\/\/me:\*+@127\.0\.0\.1:1 cannot be used: /m);
    expect(out).toMatch(/^indexer +has never run on this data folder/m);
    expect(out).toMatch(/^lag +12 events/m);
    expect(out + err).not.toContain("hunter2");
    expect(existsSync(join(data, LEDGER_FILE))).toBe(false);
  });

  test("a job is not begun", async () => {
    const { code, out, err } = await runCommand(["cold", "reindex", ...there]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("nothing was begun");
    expect(err).not.toContain("hunter2");
    expect(existsSync(join(data, LEDGER_FILE))).toBe(false);
  });
});

describe("status from the ledger", () => {
  test("is believed for ten seconds, and called stale after", async () => {
    const folder = within("stale");
    await store(folder, 3);
    const words = ["cold", "status", "--json", "--data", folder, "--cold.url", NOWHERE];
    const now = Math.floor(Date.now() / 1000);
    withLedger(folder, (ledger) => {
      ledger.saveStatus({ ...UP, cursor: 2 }, now);
      ledger.saveProgress({ built: "x", cursor: 3 });
    });
    const fresh = JSON.parse((await runCommand(words)).out) as ColdReport;
    expect(fresh).toMatchObject({ running: true, cursor: 3, behind: 0, hot: { events: 3, lastSeq: 3 } });
    withLedger(folder, (ledger) => ledger.saveStatus(UP, now - 300));
    const stale = JSON.parse((await runCommand(words)).out) as ColdReport;
    // A cursor beyond the saved one would be that of an indexer which is gone.
    expect(stale).toMatchObject({ running: false, cursor: 3 });
    expect(stale.age).toBeGreaterThanOrEqual(300);
    const text = (await runCommand(words.filter((word) => word !== "--json"))).out;
    expect(text).toMatch(/^indexer +not running: .*5 min old, stale/m);
  });

  const report: ColdReport = {
    url: "http://os:9200",
    prefix: "nostr",
    running: true,
    age: 1,
    status: UP,
    hot: { events: 95, lastSeq: 100 },
    cursor: 90,
    behind: 10,
    deadLetters: 2,
    job: undefined,
    openSearch: {
      version: "3.8.0",
      health: "green",
      nodes: 1,
      generation: 3,
      indexes: 2,
      documents: 88,
      bytes: 1_234_567,
      outdated: "",
    },
  };

  test("reads line by line", () => {
    expect(coldStatusText(report).split("\n")).toEqual([
      "OpenSearch    http://os:9200, version 3.8.0, green, 1 node",
      "indexes       nostr, generation 3: 2 indexes, 88 documents, 1.2 MB",
      "state         up",
      "cursor        90 of 100",
      "visible       up to 80",
      "lag           10 events, 3 s",
      "since start   70 indexed, 4 deleted, 1 reduced; 5 bulks, 1 retries",
      "hot store     95 events",
      "dead letters  2; thermocline cold dead lists them",
    ]);
  });

  test("says what is wrong: a reason, outdated indexes, a job", () => {
    const text = coldStatusText({
      ...report,
      status: { ...UP, state: "readonly", reason: "disk full", lost: 1 },
      openSearch: { ...report.openSearch, outdated: "cut by all, now year" } as ColdReport["openSearch"],
      job: { id: 1, kind: "reindex", state: "running", done: 5, total: 100, message: "copying" },
    });
    expect(text).toContain("state         readonly: disk full");
    expect(text).toContain("lost          1 event that had left the hot store");
    expect(text).toContain("cut by all, now year; thermocline cold reindex brings it up to date");
    expect(text).toContain("job           reindex running, 5 of 100: copying");
  });
});

describe("dead letters", () => {
  const folder = within("dead");
  const words = ["cold", "dead", "--data", folder, "--cold.url", NOWHERE];

  beforeAll(async () => {
    await store(folder, 1);
    withLedger(folder, (ledger) => {
      for (let seq = 1; seq <= 5; seq++) {
        const id = String(seq).repeat(64);
        ledger.bury({ seq, id, error: `bad\n\u001B[2Jfield ${seq}`, at: 1_700_000_000 });
      }
      ledger.bury({ seq: 2, id: "2".repeat(64), error: "again", at: 1_700_000_001 });
    });
  });

  test("are listed page by page, with nothing in them that a terminal obeys", async () => {
    const first = await runCommand([...words, "--limit", "2"]);
    expect(first.code).toBe(0);
    expect(first.out.split("\n")).toEqual([
      `1\t${"1".repeat(64)}\t1 try\t2023-11-14T22:13:20\tbad [2Jfield 1`,
      `2\t${"2".repeat(64)}\t2 tries\t2023-11-14T22:13:21\tagain`,
      "",
    ]);
    expect(first.err).toContain("5 dead letters in all");
    expect(first.err).toContain("--after 2");
    const rest = await runCommand([...words, "--after", "2", "--json"]);
    const page = JSON.parse(rest.out) as { total: number; letters: { seq: number }[]; next?: number };
    expect([page.total, page.letters.map(({ seq }) => seq), page.next]).toEqual([5, [3, 4, 5], undefined]);
  });

  test("none, also where there has never been a cold store", async () => {
    const { code, out } = await runCommand(["cold", "dead", "--json", ...there]);
    expect([code, JSON.parse(out)]).toEqual([0, { total: 0, letters: [] }]);
  });
});

describe("progress", () => {
  test("lines say how far, and that something waits", () => {
    expect(progressLine("reindex", { done: 0, total: 0, message: "" })).toBe("reindex: waiting");
    expect(progressLine("reindex", { done: 1, total: 3, message: "x" })).toBe("reindex: 1 of 3 (33 %), x");
  });

  test("a bar is drawn for somebody who watches, and none before there is a total", async () => {
    const { Writable } = await import("node:stream");
    const drawn: string[] = [];
    const talk = Object.assign(
      new Writable({ write: (chunk: Buffer, _, done) => (drawn.push(chunk.toString()), done()) }),
      { isTTY: true, columns: 110 },
    );
    const terminal = { talk, watched: true, environment: {}, input: Readable.from([]), output: talk };
    const progress = startJobProgress("reindex", terminal);
    progress.update({ done: 0, total: 0, message: "" });
    expect(drawn).toEqual([]);
    progress.update({ done: 50, total: 100, message: "half" });
    progress.stop();
    expect(drawn.join("")).toContain("50% | 50 of 100 | half");
  });
});

describe("search", () => {
  const folder = within("search");
  beforeAll(() => store(folder, 30));

  test("status before, rebuild, status after, remove", async () => {
    const before = JSON.parse((await runCommand(["search", "status", "--json", "--data", folder])).out);
    expect(before).toMatchObject({ enabled: true, behind: 30, hot: { events: 30 } });
    expect(before.index).toBeUndefined();
    const { code, out } = await runCommand(["search", "rebuild", "--json", "--data", folder]);
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ cursor: 30, complete: true })]);
    const after = await runCommand(["search", "status", "--data", folder]);
    expect(after.out).toMatch(/^documents +30 of 30 events/m);
    expect(after.out).toMatch(/^lag +0 log entries/m);
    const again = await runCommand(["search", "rebuild", "--data", folder]);
    expect(again.out).toContain("filled up to 30 of 30");
    expect((await runCommand(["search", "rebuild", "--remove-only", "--data", folder])).code).toBe(0);
    expect((await runCommand(["search", "status", "--data", folder])).out).toContain("none yet");
  });

  test("rebuild removes nothing while a relay serves the folder", async () => {
    expect((await runCommand(["search", "rebuild", "--data", folder])).code).toBe(0);
    const lock = lockFolder(folder);
    try {
      const { code, out, err } = await runCommand(["search", "rebuild", "--remove-only", "--data", folder]);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toContain("Without --remove-only");
    } finally {
      lock.release();
    }
    expect((await runCommand(["search", "status", "--data", folder])).out).toMatch(/^documents +30 of/m);
  });

  test("a damaged index: what to do, also while a relay serves the folder", async () => {
    expect((await runCommand(["search", "rebuild", "--data", folder])).code).toBe(0);
    const file = join(folder, FULLTEXT_FILE);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x5a, 4096));
    for (const beside of ["-wal", "-shm"]) rmSync(file + beside, { force: true });
    const status = await runCommand(["search", "status", "--data", folder]);
    expect([status.code, status.out]).toEqual([1, ""]);
    expect(status.err).toContain(`${file} is damaged: thermocline search rebuild makes it anew`);
    const lock = lockFolder(folder);
    const beside = await runCommand(["search", "rebuild", "--data", folder]).finally(() => lock.release());
    expect([beside.code, beside.out]).toEqual([1, ""]);
    expect(beside.err).toContain("the relay that runs here makes it anew");
    expect((await runCommand(["search", "rebuild", "--data", folder])).code).toBe(0);
    expect((await runCommand(["search", "status", "--data", folder])).out).toMatch(/^documents +30 of/m);
  });

  test("a relay that runs fills another index at once, and answers from it", async () => {
    const stored = Array.from({ length: 20 }, (_, i) =>
      unsignedEvent("ab".repeat(32), { content: `tide ${i}` }),
    );
    const relay = await TestRelay.start({ stored });
    try {
      // Fails while the relay is still making its index.
      const isLevel = async (): Promise<boolean> => {
        const { code, out } = await runCommand(["search", "status", "--json", "--data", relay.folder]);
        return code === 0 && JSON.parse(out).behind === 0;
      };
      while (!(await isLevel())) await Bun.sleep(5);
      const before = fulltextNumber(relay.folder);
      const { code, out } = await runCommand(["search", "rebuild", "--json", "--data", relay.folder]);
      expect([code, JSON.parse(out)]).toEqual([
        0,
        expect.objectContaining({ state: "done", done: 20, total: 20 }),
      ]);
      expect(fulltextNumber(relay.folder)).not.toBe(before);
      const client = await relay.connect();
      expect(await client.stored({ search: "tide" })).toHaveLength(20);
      expect(relay.warnings).toEqual([]);
    } finally {
      await relay.stop();
    }
  });
});
