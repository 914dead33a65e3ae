// The thread that follows the log into OpenSearch ends without a word: the relay says so, and the index holds all, once.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { type JobKind, Ledger, LEDGER_FILE } from "../../src/cold/ledger.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { keypair, signed } from "../support/events.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { TestRelay } from "../support/test-relay.ts";
import { Threads } from "../support/threads.ts";

const FEED = "cold-feed-worker.ts";
const ALICE = keypair(7400);
const BURST = 60;

describeWithOpenSearch("the death of the cold feed", (url) => {
  const prefix = ownPrefix();
  const proxy = new FaultProxy(url);
  const published: NostrEvent[] = [];
  let bulks = 0;
  let threads: Threads;
  let relay: TestRelay;
  let client: TestClient;
  let ledger: Ledger;

  beforeAll(async () => {
    threads = new Threads();
    // Small bulks, and the node has done the work long before it answers.
    proxy.fault = ({ path }) => {
      if (!path.startsWith("/_bulk")) return undefined;
      bulks++;
      return { type: "slow", ms: 30 };
    };
    relay = await TestRelay.start({
      config: { search: { enabled: true }, cold: { url: proxy.url, index_prefix: prefix, bulk_events: 10 } },
    });
    client = await relay.connect();
    ledger = new Ledger(join(relay.folder, LEDGER_FILE));
  });

  afterAll(async () => {
    threads.release();
    ledger.close();
    await relay.stop();
    proxy.stop();
  });

  async function publishBurst(): Promise<void> {
    const first = published.length;
    const events = Array.from({ length: BURST }, (_, index) =>
      signed(ALICE, { content: `buoy number${first + index}x`, created_at: 1_700_000_000 + first + index }),
    );
    published.push(...events);
    for (const answer of await Promise.all(events.map((event) => client.publish(event))))
      expect(answer).toEqual([true, ""]);
  }

  /** Ends the thread, and looks at the relay while there is none and when there is another. */
  async function endFeed(): Promise<void> {
    const [before, told] = [threads.count(FEED), warnings()];
    threads.end(FEED);
    const late = signed(ALICE, { content: `while nobody follows, ${before}` });
    expect(await client.publish(late)).toEqual([true, ""]);
    published.push(late);
    expect(await client.stored({ search: `nobody ${before}` })).toEqual([late]);
    expect(await client.stored({ search: "number0x" })).toEqual([published[0]!]);
    await threads.followed(FEED, before);
    expect(warnings()).toBe(told + 1);
  }

  function warnings(): number {
    const parts = ["the cold indexer has ended", "its thread ended; another is started in"];
    return relay.warnings.filter((line) => parts.every((part) => line.includes(part))).length;
  }

  async function perform(kind: JobKind): Promise<string> {
    const id = ledger.requestJob(kind);
    for (;;) {
      const { state, message } = ledger.job(id)!;
      if (state === "done") return message;
      if (state === "failed") throw new Error(message);
      await Bun.sleep(20);
    }
  }

  test("in the middle of bulks: the index holds every event once, and no deleted one", async () => {
    for (let death = 0; death < 2; death++) {
      const before = bulks;
      await publishBurst();
      const victim = published.splice(1 + death, 1)[0]!;
      expect(await client.publish(signed(ALICE, { kind: 5, tags: [["e", victim.id]] }))).toEqual([true, ""]);
      while (bulks < before + 3) await Bun.sleep(1);
      await endFeed();
    }
    // Event by event; the first look waits until the log has been followed.
    await level();
    expect(await perform("compare")).toContain("index and log agree");
    expect(await idsInIndex()).toEqual(published.map(({ id }) => id).toSorted());
  }, 60_000);

  test("in the middle of a reindex: the next one begins it anew and brings it to its end", async () => {
    const before = bulks;
    const done = perform("reindex");
    while (bulks < before + 3) await Bun.sleep(1);
    await endFeed();
    expect(await done).toContain("generation");
    await level();
    expect(await perform("compare")).toContain("index and log agree");
    expect(await idsInIndex()).toEqual(published.map(({ id }) => id).toSorted());
    expect(threads.count(FEED)).toBe(4);
  }, 60_000);

  test("what it reports while there is no writer is noted with its next report, and ends nothing", async () => {
    const unnoted = () => relay.warnings.filter((line) => line.includes("place in the log was not noted"));
    // Longer and longer pauses before the next one, until a report of every two seconds falls into one.
    for (let made = 0; unnoted().length === 0; made++) {
      // Its answer may be that nobody knows whether it was stored.
      await client.publish(signed(ALICE, { kind: 7, content: `${made}`, tags: [["p", ALICE.pubkey]] }));
      threads.end("writer-worker.ts");
      await Bun.sleep(50);
    }
    expect(unnoted()[0]).toContain("the writer thread");
    await publishBurst();
    await level();
    expect(await idsInIndex()).toEqual(published.map(({ id }) => id).toSorted());
  }, 60_000);

  async function level(): Promise<void> {
    const asked = Math.floor(Date.now() / 1000) + 1;
    for (;;) {
      const said = ledger.status();
      if (said !== undefined && said.at > asked && said.status.state === "up" && said.status.lagEvents === 0)
        return;
      await Bun.sleep(50);
    }
  }

  /** Ids of all notes that readers of the alias see; one that stands there twice comes twice. */
  async function idsInIndex(): Promise<string[]> {
    await fetch(`${url}/${prefix}/_refresh`, { method: "POST" });
    const body = JSON.stringify({ size: 1000, query: { term: { kind: "1" } }, _source: ["raw"] });
    const headers = { "content-type": "application/json" };
    const answer = (await (
      await fetch(`${url}/${prefix}/_search`, { method: "POST", headers, body })
    ).json()) as {
      hits: { hits: { _source: { raw: string } }[] };
    };
    return answer.hits.hits.map(({ _source }) => (JSON.parse(_source.raw) as NostrEvent).id).toSorted();
  }
});
