// The cold commands on a real node: alone on a data folder, beside a relay, left by Ctrl-C, and on indexes that differ.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Finding } from "../../src/cli/diagnosis/finding.ts";
import type { DayCounts } from "../../src/cold/contract.ts";
import type { ColdReport } from "../../src/cli/cold-status.ts";
import { createColdClients } from "../../src/cold/client.ts";
import { type Job, Ledger, LEDGER_FILE } from "../../src/cold/ledger.ts";
import { unsignedEvent } from "../support/events.ts";
import { describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { TestRelay } from "../support/test-relay.ts";
import { type CommandRun, runCommand } from "./run-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const within = temporaryFolder();
const EVENTS = 40;
/** Half of the events were written before it. */
const MIDNIGHT = Date.UTC(2023, 10, 15) / 1000;
const notes = Array.from({ length: EVENTS }, (_, i) =>
  unsignedEvent("ab".repeat(32), { content: `note ${i}`, created_at: MIDNIGHT + EVENTS / 2 - i - 1 }),
);

async function fill(folder: string): Promise<void> {
  const input = Readable.from([Buffer.from(notes.map(({ json }) => `${json}\n`).join(""))]);
  expect((await runCommand(["import", "--data", folder, "--no-verify"], { input })).code).toBe(0);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(20);
}

describeWithOpenSearch("cold commands", (url) => {
  function cold(folder: string, prefix: string) {
    const settings = ["--data", folder, "--cold.url", url, "--cold.index_prefix", prefix];
    return {
      run: (...words: string[]): Promise<CommandRun> => runCommand(["cold", ...words, ...settings]),
      report: async () =>
        JSON.parse((await runCommand(["cold", "status", "--json", ...settings])).out) as ColdReport,
      doctor: async () => JSON.parse((await runCommand(["doctor", "--json", ...settings])).out) as Finding[],
    };
  }

  /** Takes documents away behind the indexer's back. */
  async function lose(prefix: string, query: object): Promise<void> {
    const { read, close } = createColdClients({ url }, { readMs: 10_000 });
    await read.indices.refresh({ index: prefix });
    await read.deleteByQuery({ index: prefix, refresh: true, body: { query } } as never);
    await close();
  }

  test("status of an index that has just been made, none of whose shards has started", async () => {
    const [folder, prefix] = [within("starting"), ownPrefix()];
    await fill(folder);
    const { read, close } = createColdClients({ url }, { readMs: 10_000 });
    await read.indices.create({
      index: `${prefix}-repl-v1`,
      wait_for_active_shards: "0",
      body: {
        aliases: { [prefix]: {} },
        settings: { index: { "routing.allocation.require._name": "nobody" } },
        mappings: { _meta: { layout: 1 } },
      },
    } as never);
    const { openSearch } = await cold(folder, prefix).report();
    expect(openSearch).toMatchObject({ generation: 1, indexes: 0, documents: 0, bytes: 0 });
    await read.indices.delete({ index: `${prefix}-repl-v1` });
    await close();
  });

  test("alone: fills, compares and repairs, sends dead letters again, and leaves no lock behind", async () => {
    const [folder, prefix] = [within("alone"), ownPrefix()];
    await fill(folder);
    const { run, report } = cold(folder, prefix);
    const filled = await run("reindex");
    expect(filled).toMatchObject({
      code: 0,
      out: expect.stringContaining(`filled from the log up to ${EVENTS}`),
    });
    expect(filled.err).toContain("No relay is running here");
    const level = await report();
    expect(level).toMatchObject({ running: false, cursor: EVENTS, behind: 0 });
    expect(level.openSearch).toMatchObject({ documents: EVENTS, generation: 2, outdated: "" });

    expect((await run("reconcile")).out).toContain("index and log agree");
    await lose(prefix, { range: { seq: { lte: 7 } } });
    const looked = await run("reconcile", "--dry-run");
    expect([looked.code, looked.out]).toEqual([
      0,
      expect.stringContaining("7 missing, 0 surplus, nothing changed"),
    ]);
    expect(looked.out).toMatch(/^2023-11-15 +20 +0 +13 +7 +0 +0$/m);
    const repaired = await run("reconcile");
    expect([repaired.code, repaired.out]).toEqual([
      0,
      expect.stringContaining("7 missing, 0 surplus, 7 of them repaired"),
    ]);
    expect(repaired.out).toMatch(/^day .UTC. +hot +evicted +indexed +missing +surplus +repaired$/m);
    expect(repaired.out).toMatch(/^2023-11-14 +20 +0 +20 +0 +0 +0$/m);
    expect(repaired.out).toMatch(/^2023-11-15 +20 +0 +13 +7 +0 +7$/m);
    expect(repaired.out).toMatch(/^total +40 +0 +33 +7 +0 +7$/m);
    const { days, message } = JSON.parse((await run("reconcile", "--json")).out) as Job & {
      days: DayCounts[];
    };
    expect(message).toContain("index and log agree");
    expect(days.map(({ day, hot, indexed, missing }) => [day, hot, indexed, missing])).toEqual([
      ["2023-11-14", 20, 20, 0],
      ["2023-11-15", 20, 20, 0],
    ]);

    const ledger = new Ledger(join(folder, LEDGER_FILE));
    ledger.bury({ seq: 3, id: notes[2]!.event.id, error: "was refused", at: 1_700_000_000 });
    expect((await run("dead")).out).toContain(notes[2]!.event.id);
    const retried = await run("dead", "--retry", "--json");
    expect(JSON.parse(retried.out)).toMatchObject({ kind: "retry-dead", state: "done" });
    expect(ledger.deadCount()).toBe(0);
    ledger.close();
    expect((await run("status")).out).toMatch(/^indexer +not running/m);
  }, 60_000);

  test("a comparison catches up first, so that it covers what no relay has indexed yet", async () => {
    const [folder, prefix] = [within("behind"), ownPrefix()];
    await fill(folder);
    const { run, report } = cold(folder, prefix);
    const { code, out } = await run("reconcile");
    expect([code, out]).toEqual([
      0,
      expect.stringContaining(`index and log agree; compared up to ${EVENTS}\n`),
    ]);
    expect(await report()).toMatchObject({ behind: 0 });
  }, 60_000);

  test("beside a relay: it does the work and goes on serving; Ctrl-C leaves the job to it", async () => {
    const prefix = ownPrefix();
    const relay = await TestRelay.start({ config: { cold: { url, index_prefix: prefix } }, stored: notes });
    try {
      const { run, report, doctor } = cold(relay.folder, prefix);
      await until(async () => {
        const { running, behind, status } = await report();
        // The relay writes down once a second how the cluster is.
        return running && behind === 0 && status?.state === "up";
      });
      expect(await report()).toMatchObject({ hot: { events: EVENTS } });

      const client = await relay.connect();
      const reindexing = run("reindex", "--json");
      expect(await client.stored({ limit: 3 })).toHaveLength(3);
      const done = await reindexing;
      expect(done.err).toContain("A relay is running here");
      expect(JSON.parse(done.out) as Job).toMatchObject({ kind: "reindex", state: "done" });
      expect((await report()).openSearch).toMatchObject({ documents: EVENTS, generation: 2 });

      const ledger = new Ledger(join(relay.folder, LEDGER_FILE));
      const left = run("reindex");
      await until(() => ledger.nextJob() !== undefined);
      const id = ledger.nextJob()!.id;
      process.emit("SIGINT");
      const { code, err } = await left;
      expect(code).toBe(1);
      expect(err).toContain("the relay goes on with the reindex");
      await until(() => ledger.job(id)?.state === "done");
      ledger.close();
      expect((await report()).openSearch).toMatchObject({ generation: 3 });
      const found = new Map((await doctor()).map((finding) => [finding.check, finding]));
      expect(found.get("OpenSearch indexes")?.state).toBe("ok");
      expect(found.get("OpenSearch writes")?.state).toBe("ok");
      expect(found.get("OpenSearch lag")?.state).toBe("ok");
      expect(found.has("OpenSearch ICU")).toBe(true);
      expect(found.has("OpenSearch disk")).toBe(true);
    } finally {
      await relay.stop();
    }
  }, 90_000);

  test("the doctor tells of blocked and of outdated indexes, with a remedy", async () => {
    const [folder, prefix] = [within("blocked"), ownPrefix()];
    await fill(folder);
    const { run, doctor } = cold(folder, prefix);
    expect((await run("reindex")).code).toBe(0);
    const { read, close } = createColdClients({ url }, { readMs: 10_000 });
    await read.indices.putSettings({
      index: prefix,
      body: { index: { "blocks.read_only_allow_delete": true } },
    } as never);
    await read.indices.deleteIndexTemplate({ name: `${prefix}-v2` });
    await close();
    const found = await doctor();
    const of = (check: string): Finding | undefined => found.find((finding) => finding.check === check);
    expect(of("OpenSearch writes")).toMatchObject({
      state: "fail",
      found: expect.stringContaining("read_only_allow_delete"),
      remedy: expect.stringContaining("free some space"),
    });
    expect(of("OpenSearch indexes")).toMatchObject({
      state: "warn",
      found: expect.stringContaining("template"),
      remedy: expect.stringContaining("cold reindex"),
    });
  }, 60_000);
});
