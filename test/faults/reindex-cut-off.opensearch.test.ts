// A reindex that is cut off: the relay is killed, or the node goes away, while events come, are replaced and vanish.

import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Ledger, LEDGER_FILE } from "../../src/cold/ledger.ts";
import type { DayCounts } from "../../src/cold/contract.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { runCommand } from "../cli/run-command.ts";
import { TestClient } from "../support/client.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { prng, testSeed } from "../support/prng.ts";
import { Author } from "./authors.ts";
import { ownGrounds } from "./own-grounds.ts";
import type { RelayProcess } from "./relay-process.ts";
import { readStore } from "./stored-events.ts";

setDefaultTimeout(120_000);

const newGround = ownGrounds();
const seed = testSeed();
const STEP_MS = 60;

/** Notes, versions of profiles and articles, deletions by id and by address, and authors who vanish. */
class Traffic {
  private readonly random: () => number;
  private readonly authors = ["ann", "ben", "cas"].map((name) => new Author(`reindex ${name}`));
  private readonly sent: { event: NostrEvent; author: Author }[] = [];
  private second = Math.floor(Date.now() / 1000) - 100_000;

  constructor(random: () => number) {
    this.random = random;
  }

  async step(client: TestClient): Promise<void> {
    const author = this.pick(this.authors);
    const draw = this.random();
    const created_at = this.second++;
    const tags = [["d", `article ${Math.floor(this.random() * 4)}`]];
    const content = `text ${created_at}`;
    if (draw < 0.55) return this.publish(client, author, author.sign({ created_at, content }));
    if (draw < 0.65) return this.publish(client, author, author.sign({ kind: 0, created_at, content: "{}" }));
    if (draw < 0.78)
      return this.publish(client, author, author.sign({ kind: 30_023, created_at, tags, content }));
    if (draw < 0.95 && this.sent.length > 0) return this.deleteOne(client, created_at);
    const gone = new Author(`reindex gone ${created_at}`);
    await this.publish(client, gone, gone.sign({ created_at, content }));
    const vanish = gone.sign({ kind: 62, created_at: created_at + 1, tags: [["relay", "ALL_RELAYS"]] });
    await this.publish(client, gone, vanish);
  }

  private async deleteOne(client: TestClient, created_at: number): Promise<void> {
    const { event, author } = this.pick(this.sent);
    const d = event.tags[0]?.[1];
    const target = event.kind === 30_023 ? ["a", `${event.kind}:${event.pubkey}:${d}`] : ["e", event.id];
    await this.publish(client, author, author.sign({ kind: 5, created_at, tags: [target] }));
  }

  private async publish(client: TestClient, author: Author, event: NostrEvent): Promise<void> {
    if (event.kind !== 5 && event.kind !== 62) this.sent.push({ event, author });
    await client.publish(event);
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }
}

describeWithOpenSearch("a reindex that is cut off", (url) => {
  /** A relay on a folder and a prefix of its own, behind a proxy that makes bulks slow and small. */
  function place() {
    const ground = newGround();
    const [data, prefix, proxy] = [ground.dir("data"), ownPrefix(), new FaultProxy(url)];
    ground.later(() => proxy.stop());
    const traffic = new Traffic(prng(seed));
    const settings = { "cold.url": proxy.url, "cold.index_prefix": prefix, "cold.bulk_events": 20 };
    const ledger = new Ledger(join(data, LEDGER_FILE));
    ground.later(() => ledger.close());
    proxy.fault = ({ path }) => (path.startsWith("/_bulk") ? { type: "slow", ms: 20 } : undefined);
    const bulks = (): number => proxy.requests.filter(({ path }) => path.startsWith("/_bulk")).length;

    async function start(): Promise<{ relay: RelayProcess; client: TestClient }> {
      const relay = ground.relay({ data, settings });
      return { relay, client: await TestClient.connect(await relay.ready()) };
    }

    /** Traffic until something holds; less of it than two followers with small bulks can follow. */
    async function busyUntil(client: TestClient, holds: () => boolean | Promise<boolean>): Promise<void> {
      for (let nextMs = 0; !(await holds()); await Bun.sleep(2)) {
        if (performance.now() < nextMs) continue;
        await traffic.step(client);
        nextMs = performance.now() + STEP_MS;
      }
    }

    async function level(): Promise<void> {
      const asked = Math.floor(Date.now() / 1000) + 1;
      for (;;) {
        const said = ledger.status();
        if (
          said !== undefined &&
          said.at > asked &&
          said.status.state === "up" &&
          said.status.lagEvents === 0
        )
          return;
        await Bun.sleep(50);
      }
    }

    async function generations(): Promise<number[]> {
      const answer = await fetch(`${url}/_cat/indices/${prefix}-*?format=json&expand_wildcards=all`);
      const names = ((await answer.json()) as { index: string }[]).map(({ index }) => index);
      return [...new Set(names.map((name) => Number(/-v(\d+)/.exec(name)![1])))].toSorted();
    }

    /** The relay is stopped, and cold holds what hot holds: by the command that compares, and id by id. */
    async function expectSame(relay: RelayProcess): Promise<void> {
      relay.signal("SIGTERM");
      expect((await relay.ended()).code).toBe(0);
      const there = ["--data", data, "--cold.url", url, "--cold.index_prefix", prefix];
      const compared = await runCommand(["cold", "reconcile", "--dry-run", "--json", ...there]);
      expect([compared.code, compared.err.includes("failed")]).toEqual([0, false]);
      const { days } = JSON.parse(compared.out) as { days: DayCounts[] };
      expect(days.filter(({ missing, surplus }) => missing + surplus > 0)).toEqual([]);
      const { events, faults } = readStore(data);
      expect(faults).toEqual([]);
      await fetch(`${url}/${prefix}/_refresh`, { method: "POST" });
      const body = JSON.stringify({ size: 10_000, query: { match_all: {} }, _source: ["raw"] });
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${url}/${prefix}/_search`, { method: "POST", headers, body });
      const found = ((await answer.json()) as { hits: { hits: { _source: { raw: string } }[] } }).hits.hits;
      const ids = found.map(({ _source }) => (JSON.parse(_source.raw) as NostrEvent).id);
      expect(ids.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
      expect(events.length).toBeGreaterThan(50);
    }

    /** Some history in generation 1. */
    async function begin(): Promise<{ relay: RelayProcess; client: TestClient }> {
      const started = await start();
      for (let count = 0; count < 200; count++) await traffic.step(started.client);
      await level();
      return started;
    }

    return { proxy, ledger, bulks, start, busyUntil, generations, expectSame, begin };
  }

  test(`the relay is killed, in the middle and in the moment of the switch (seed ${seed})`, async () => {
    const { ledger, bulks, start, busyUntil, generations, expectSame, begin } = place();
    let { relay, client } = await begin();
    const job = ledger.requestJob("reindex");
    const isDone = (): boolean => ledger.job(job)?.state === "done";
    for (const after of [3, 8]) {
      const before = bulks();
      await busyUntil(client, () => ledger.job(job)?.state === "running" && bulks() >= before + after);
      await relay.destroy();
      expect(isDone()).toBe(false);
      ({ relay, client } = await start());
    }
    // Written down just before the switch, and taken back when what was shown before is gone.
    await busyUntil(client, () => ledger.rebuild() !== undefined);
    await relay.destroy();
    ({ relay, client } = await start());
    await busyUntil(client, isDone);
    await busyUntil(client, async () => (await generations()).length === 1);
    await expectSame(relay);
  });

  test(`the node goes away again and again (seed ${seed})`, async () => {
    const { proxy, ledger, bulks, busyUntil, expectSame, begin } = place();
    const { relay, client } = await begin();
    const job = ledger.requestJob("reindex");
    for (const after of [2, 5, 9]) {
      const before = bulks();
      await busyUntil(client, () => bulks() >= before + after);
      proxy.goDown();
      const until = performance.now() + 1500;
      await busyUntil(client, () => performance.now() > until);
      proxy.comeBack();
    }
    await busyUntil(client, () => ledger.job(job)?.state === "done");
    expect(ledger.job(job)!.message).toContain("generation 2 is in use");
    await expectSame(relay);
  });
});
