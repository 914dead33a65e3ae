// Searches of a relay while its indexes are filled anew beside it: nothing stored is missed, nothing deleted is shown.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { type JobKind, Ledger, LEDGER_FILE } from "../../src/cold/ledger.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { keypair, signed, verified } from "../support/events.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { TestRelay } from "../support/test-relay.ts";

const [ALICE, BOB, STRANGER] = [keypair(7300), keypair(7301), keypair(7302)];
const NOW = Math.floor(Date.now() / 1000);
/** Older than the hot index is asked for where no word leads to it. */
const THEN = NOW - 7200;
const word = (name: string, index: number): string => `${name}${index}q`;

describeWithOpenSearch("a reindex beside a serving relay", (url) => {
  const prefix = ownPrefix();
  const old = Array.from({ length: 60 }, (_, index) =>
    signed(ALICE, { content: `harbour ${word("old", index)}`, created_at: THEN + index }),
  );
  const proxy = new FaultProxy(url);
  let relay: TestRelay;
  let client: TestClient;
  let ledger: Ledger;

  beforeAll(async () => {
    const search = { enabled: true };
    relay = await TestRelay.start({
      stored: old.map(verified),
      config: { search, cold: { url: proxy.url, index_prefix: prefix } },
    });
    client = await relay.connect();
    ledger = new Ledger(join(relay.folder, LEDGER_FILE));
    await visibleToTheEnd();
  }, 60_000);

  afterAll(async () => {
    ledger.close();
    await relay.stop();
    proxy.stop();
  });

  /** What the relay says of itself twice a second: OpenSearch shows everything that was stored until now. */
  async function visibleToTheEnd(): Promise<void> {
    const { cursor } = await level();
    while ((ledger.status()?.status.visibleSeq ?? 0) < cursor) await Bun.sleep(50);
  }

  async function indexesOf(generation: number): Promise<number> {
    const answer = await fetch(`${url}/_cat/indices/${prefix}-*-v${generation}*?format=json`);
    return ((await answer.json()) as unknown[]).length;
  }

  async function level(): Promise<{ cursor: number; generation: number }> {
    for (const asked = Math.floor(Date.now() / 1000) + 1; ; await Bun.sleep(50)) {
      const said = ledger.status();
      if (said !== undefined && said.at > asked && said.status.state === "up" && said.status.lagEvents === 0)
        return said.status;
    }
  }

  const found = async (search: string, filter: object = {}): Promise<string[]> =>
    (await client.stored({ search, ...filter })).map(({ id }) => id);

  /** Asks until told to end, each time something that no cache holds; answers what was not said to be whole. */
  async function askOnAndOn(until: AbortSignal, name: string): Promise<unknown[]> {
    const reader = await relay.connect();
    const unfinished: unknown[] = [];
    for (let count = 0; !until.aborted; count++) {
      const subscription = `${name} ${count}`;
      const filter = { search: `harbour -${word(name, count)}`, ...(count % 2 === 0 ? { kinds: [1] } : {}) };
      const { end } = await reader.request(subscription, { ...filter, limit: 500 });
      if (JSON.stringify(end[2]) !== '["finish"]') unfinished.push(end);
      reader.send("CLOSE", subscription);
    }
    return unfinished;
  }

  async function isDone(kind: JobKind, id: number): Promise<boolean> {
    const { state, message } = ledger.job(id)!;
    if (state === "failed") throw new Error(`${kind}: ${message}`);
    return state === "done";
  }

  test("every search finds what is stored and nothing that was deleted, before, during and after the switch", async () => {
    const before = await level();
    // Two batches at once, each slow: the log is never at rest while the new indexes are filled.
    proxy.fault = ({ path }) => (path.startsWith("/_bulk") ? { type: "slow", ms: 150 } : undefined);
    const job = ledger.requestJob("reindex");
    const standing = new Map<string, NostrEvent>(old.map((event, index) => [word("old", index), event]));
    const gone: [string, string][] = [];
    const switched = new AbortController();
    const askers = Array.from({ length: 8 }, (_, index) => askOnAndOn(switched.signal, `asker${index}n`));
    let [rounds, switchedAtMs] = [0, Number.POSITIVE_INFINITY];
    for (; performance.now() < switchedAtMs + 13_000; rounds++) {
      if (rounds % 3 === 0) {
        // Dated long ago: no date leads to it.
        const mark = word("new", rounds);
        const event = signed(BOB, { content: `harbour ${mark}`, created_at: THEN + 1000 + rounds });
        expect(await client.publish(event)).toEqual([true, ""]);
        standing.set(mark, event);
        expect(await found(`from:${BOB.pubkey} sort:recent`, { kinds: [1], limit: 1 })).toEqual([event.id]);
      }
      const marks = [...standing.keys()];
      for (const mark of [marks.at(-1)!, marks[rounds % marks.length]!]) {
        const expected = [mark, standing.get(mark)!.id];
        expect([mark, ...(await found(mark))]).toEqual(expected);
        expect([mark, ...(await found(mark, { kinds: [1] }))]).toEqual(expected);
      }
      if (rounds % 5 === 4) {
        const mark = marks[(rounds * 7) % marks.length]!;
        const event = standing.get(mark)!;
        const by = event.pubkey === ALICE.pubkey ? ALICE : BOB;
        expect(await client.publish(signed(by, { kind: 5, tags: [["e", event.id]] }))).toEqual([true, ""]);
        standing.delete(mark);
        gone.push([mark, event.id]);
      }
      if (gone.length > 0) {
        const [mark, id] = gone[rounds % gone.length]!;
        expect(await found(mark, { kinds: [1] })).not.toContain(id);
        expect(await found("harbour", { limit: 500 })).not.toContain(id);
      }
      if (switchedAtMs === Number.POSITIVE_INFINITY && (await isDone("reindex", job)))
        switchedAtMs = performance.now();
      await Bun.sleep(30);
    }
    expect(rounds).toBeGreaterThan(20);
    switched.abort();
    expect((await Promise.all(askers)).flat()).toEqual([]);
    proxy.fault = () => undefined;
    await visibleToTheEnd();
    expect((await level()).generation).toBe(before.generation + 1);
    expect(await indexesOf(before.generation)).toBe(0);
    const all = await found("harbour", { limit: 500 });
    expect(all.toSorted()).toEqual([...standing.values()].map(({ id }) => id).toSorted());
  }, 90_000);

  test("indexes of another database are not searched: their numbers mean other events", async () => {
    const mine = Array.from({ length: 60 }, (_, index) =>
      signed(STRANGER, { content: `a note of mine, ${word("own", index)}`, created_at: NOW - index }),
    );
    const other = await TestRelay.start({
      stored: mine.map(verified),
      config: { search: { enabled: true }, cold: { url, index_prefix: prefix } },
    });
    try {
      const reader = await other.connect();
      const { events, end } = await reader.request("theirs", { search: "harbour" });
      expect([events, end[0]]).toEqual([[], "EOSE"]);
      expect(await reader.stored({ search: word("own", 30) })).toEqual([mine[30]!]);
      while (!other.warnings.some((line) => line.includes("filled from another database")))
        await Bun.sleep(20);
      expect(await reader.stored({ search: `harbour ${word("old", 1)} OR harbour` })).toEqual([]);
    } finally {
      await other.stop();
    }
  }, 60_000);
});
