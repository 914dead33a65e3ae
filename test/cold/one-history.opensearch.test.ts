// One history over SQLite and a real OpenSearch: the same answers as from a store that keeps everything.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ColdReader } from "../../src/cold/cold-reader.ts";
import type { Outcome } from "../../src/cold/search-door.ts";
import { idOfJson } from "../../src/nostr/event-json.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { compareNewestFirst } from "../../src/nostr/order.ts";
import type { ColdHistory } from "../../src/query/history.ts";
import { unsignedEvent } from "../support/events.ts";
import { FakeCold } from "../support/fake-cold.ts";
import { type ColdBench, coldBench, describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { prng, testSeed } from "../support/prng.ts";
import { AUTHORS, pick, randomEvent, randomFilter } from "../support/random-filter.ts";
import { ask, count, HotSide, TieredSide } from "../support/tiered-store.ts";

const SEED = testSeed();
const HERE = "wss://relay.example";
const NOW = 1_700_000_000;
const filter = (given: Partial<Filter> = {}): Filter => ({ tags: [], ...given });

/** A tiered store whose cold side is a node, filled by the indexer from the hot side's own log. */
class RealSide extends TieredSide {
  readonly bench: ColdBench;
  readonly prefix = ownPrefix();
  /** Every question, as the name of its method. */
  readonly asked: string[];
  /** While set, the indexer hears of nothing new. */
  isPaused = false;

  constructor(url: string) {
    const asked: string[] = [];
    const reader = (name: keyof ColdHistory): ColdReader => {
      asked.push(name);
      return this.bench.reader;
    };
    super(
      {
        page: (...given) => reader("page").page(...given),
        byIds: (...given) => reader("byIds").byIds(...given),
        bySeqs: (...given) => reader("bySeqs").bySeqs(...given),
        count: (...given) => reader("count").count(...given),
      },
      [HERE],
    );
    this.asked = asked;
    this.bench = coldBench({
      url,
      prefix: this.prefix,
      log: {
        log: (after, limit) => (this.isPaused ? [] : this.reader.log(after, limit)),
        getMany: (seqs) => this.reader.getMany(seqs),
        evictedAfter: (after, limit) => this.reader.evictions.stubsAfter(after, limit),
        lastSeq: () => this.reader.lastSeq(),
      },
      parts: { isHotComplete: () => this.reader.evictions.horizon().latest < 0 },
    });
  }

  async stop(): Promise<void> {
    await this.bench.stop();
    this.close();
  }
}

function value<T>(outcome: Outcome<T>): T {
  if (outcome.type !== "answered") throw new Error(outcome.reason);
  return outcome.value;
}

describeWithOpenSearch(`one history (seed ${SEED})`, (url) => {
  const random = prng(SEED);
  const whole = new HotSide([HERE]);
  const model = new FakeCold();
  let side: RealSide;
  let events: VerifiedEvent[] = [];
  let ids: string[] = [];

  beforeAll(async () => {
    side = new RealSide(url);
    events = Array.from({ length: 600 }, () => randomEvent(random));
    ids = events.map(({ event }) => event.id);
    whole.put(events);
    side.put(events);
    side.bench.start();
    await side.bench.level();
    for (const entry of side.reader.log(0, 2000)) {
      const parsed = events.find(({ json }) => entry.type === "stored" && json === entry.json);
      if (parsed !== undefined) model.put(entry.seq, parsed);
    }
    const leaving = [...model.documents.values()].filter(
      ({ parsed }) => parsed.event.created_at < 1025 && random() < 0.9,
    );
    side.evict(leaving.map(({ seq }) => seq));
  });

  afterAll(async () => {
    await side.stop();
    whole.close();
  });

  test("the cold store in memory, which other tests stand on, answers as the real one does", async () => {
    for (let round = 0; round < 60; round++) {
      const asked = { ...randomFilter(random), until: 1000 + Math.floor(random() * 40) };
      const request = { limit: 1 + Math.floor(random() * 30), want: "raw" as const, nowSeconds: NOW };
      const [one, other] = await Promise.all([
        side.bench.reader.page(asked, request),
        model.page(asked, request),
      ]);
      expect(value(one).hits).toEqual(value(other).hits);
      // The real one says "more" whenever it read a second to its end without looking beyond.
      if (value(other).hasMore) expect(value(one)).toEqual(value(other));
      const some = Array.from({ length: 4 }, () => pick(random, ids));
      const idsOf = async (cold: ColdHistory): Promise<string[]> =>
        value(await cold.byIds([...new Set(some)]))
          .map(({ raw }) => idOfJson(raw!))
          .sort();
      expect(await idsOf(side.bench.reader)).toEqual(await idsOf(model));
      const counts = [asked, randomFilter(random)];
      const limits = { nowSeconds: NOW, excludedKinds: [4] };
      expect(value(await side.bench.reader.count(counts, limits))).toEqual(
        value(await model.count(counts, limits)),
      );
    }
  });

  test("answers, order, limits, hints and counts are those of a store that keeps everything", async () => {
    for (let round = 0; round < 100; round++) {
      const filters = Array.from({ length: random() < 0.3 ? 2 : 1 }, () => {
        const limit = random() < 0.6 ? { limit: 1 + Math.floor(random() * 40) } : {};
        return { ...randomFilter(random, ids), ...limit };
      });
      const keys = random() < 0.5 ? [] : [pick(random, AUTHORS)];
      expect(await ask(side.stores(), filters, keys)).toEqual(await ask(whole.stores(), filters, keys));
      expect(await count(side.stores(), filters, keys)).toEqual(await count(whole.stores(), filters, keys));
    }
    for (const method of ["page", "bySeqs"]) expect(side.asked).toContain(method);
  });

  test("what is deleted or vanishes hides at once, before the index has heard of it, and then leaves the index", async () => {
    side.isPaused = true;
    const cold = events.filter(
      ({ event }) => event.kind === 1 && side.reader.evictions.evictedIds([event.id]).length > 0,
    );
    const target = cold[0]!;
    const vanishing = cold.find(({ event }) => event.pubkey !== target.event.pubkey)!;
    const acts = [
      unsignedEvent(target.event.pubkey, { kind: 5, created_at: 2000, tags: [["e", target.event.id]] }),
      unsignedEvent(vanishing.event.pubkey, { kind: 62, created_at: 2000, tags: [["relay", HERE]] }),
    ];
    side.put(acts);
    whole.put(acts);
    const targets = [target.event.id, vanishing.event.id];
    const inIndex = async (): Promise<number> => value(await side.bench.reader.byIds(targets)).length;
    for (const asked of [filter(), filter({ kinds: [1] }), filter({ ids: targets })]) {
      expect(await ask(side.stores(), [asked])).toEqual(await ask(whole.stores(), [asked]));
      expect(await count(side.stores(), [asked])).toEqual(await count(whole.stores(), [asked]));
    }
    expect(await inIndex()).toBe(2);
    expect(side.put([target, vanishing])).toEqual(["deleted", "vanished"]);
    expect(
      side.put([
        cold.find(({ event }) => !targets.includes(event.id) && event.pubkey !== vanishing.event.pubkey)!,
      ]),
    ).toEqual(["duplicate"]);
    side.isPaused = false;
    await side.bench.level();
    expect(await inIndex()).toBe(0);
    expect(await ask(side.stores(), [filter()])).toEqual(await ask(whole.stores(), [filter()]));
  });

  test("while a full disk lets OpenSearch delete nothing, nothing deleted is shown; deletes are made up for after", async () => {
    const block = (isOn: boolean) =>
      side.bench.clients.write.indices.putSettings({
        index: `${side.prefix}-*`,
        // What OpenSearch does itself beyond cluster.routing.allocation.disk.watermark.flood_stage.
        body: { "index.blocks.read_only_allow_delete": isOn ? true : null },
      } as never);
    const isCold = ({ event }: VerifiedEvent): boolean =>
      event.kind === 1 && side.reader.evictions.evictedIds([event.id]).length > 0;
    const target = events.find(isCold)!;
    const late = unsignedEvent(target.event.pubkey, { created_at: 2001, content: "while the disk is full" });
    const act = unsignedEvent(target.event.pubkey, {
      kind: 5,
      created_at: 2000,
      tags: [["e", target.event.id]],
    });
    const inIndex = async (id: string): Promise<number> => value(await side.bench.reader.byIds([id])).length;
    await block(true);
    for (const each of [side, whole]) each.put([act, late]);
    while (side.bench.indexer.status().state !== "readonly") await Bun.sleep(5);
    for (const asked of [filter(), filter({ kinds: [1] }), filter({ ids: [target.event.id] })]) {
      expect(await ask(side.stores(), [asked])).toEqual(await ask(whole.stores(), [asked]));
      expect(await count(side.stores(), [asked])).toEqual(await count(whole.stores(), [asked]));
    }
    expect([await inIndex(target.event.id), await inIndex(late.event.id)]).toEqual([1, 0]);
    await block(false);
    await side.bench.level();
    expect([await inIndex(target.event.id), await inIndex(late.event.id)]).toEqual([0, 1]);
    expect(side.bench.indexer.status()).toMatchObject({ state: "up", deadLetters: 0 });
  });

  test("a reindex keeps what the cold store alone holds, and is hardly noticed by those who ask meanwhile", async () => {
    const asks = [filter({ kinds: [1, 6, 7], limit: 200 }), filter({ kinds: [1] }), filter()];
    for (const asked of asks) await ask(side.stores(), [asked]);
    const job = side.bench.ledger.requestJob("reindex");
    while (side.bench.ledger.job(job)?.state !== "done") {
      expect(side.bench.ledger.job(job)?.state).not.toBe("failed");
      for (const asked of asks) {
        const given = await ask(side.stores(), [asked]);
        // For a moment, while the indexes change places, searches fail: then nothing is claimed.
        if (given.hint !== undefined) expect(given).toEqual(await ask(whole.stores(), [asked]));
      }
    }
    expect(side.bench.indexer.status().generation).toBe(2);
    for (const asked of asks) {
      expect(await ask(side.stores(), [asked])).toEqual(await ask(whole.stores(), [asked]));
      expect(await count(side.stores(), [asked])).toEqual(await count(whole.stores(), [asked]));
    }
  });

  test("paging back through one author costs the same number of questions on either side of the border", async () => {
    const far = new RealSide(url);
    const notes = Array.from({ length: 10_000 }, (_, age) =>
      unsignedEvent(AUTHORS[0]!, { created_at: 2_000_000 - Math.floor(age / 3), content: `${age}` }),
    );
    far.put(notes);
    far.bench.start();
    await far.bench.level();
    far.evict(Array.from({ length: 9000 }, (_, index) => 1001 + index));
    const seen: string[] = [];
    let most = 0;
    for (let until = 2_000_000; ;) {
      const before = far.asked.length;
      const page = await ask(far.stores(), [filter({ authors: [AUTHORS[0]!], until, limit: 300 })]);
      most = Math.max(most, far.asked.length - before);
      for (const id of page.ids) if (!seen.includes(id, -300)) seen.push(id);
      if (page.hint === "finish") break;
      // A page may end inside a second, so the next one begins with it.
      until = createdAt(notes, page.ids.at(-1)!);
    }
    expect(seen).toEqual(
      notes.toSorted((a, b) => compareNewestFirst(a.event, b.event)).map(({ event }) => event.id),
    );
    expect(most).toBeLessThanOrEqual(2);
    await far.stop();
  });
});

function createdAt(notes: readonly VerifiedEvent[], id: string): number {
  return notes.find(({ event }) => event.id === id)!.event.created_at;
}
