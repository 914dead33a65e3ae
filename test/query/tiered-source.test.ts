// One history over two stores: answers are those of a store that keeps everything, and honest where they cannot be.

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { type CountResult, CountQuery } from "../../src/query/count.ts";
import { TieredCount } from "../../src/query/count-source.ts";
import { planSources } from "../../src/query/planner.ts";
import { unsignedEvent } from "../support/events.ts";
import { FakeCold } from "../support/fake-cold.ts";
import { prng, testSeed } from "../support/prng.ts";
import { AUTHORS, pick, randomEvent, randomFilter } from "../support/random-filter.ts";
import { ask, count, HotSide, TieredSide } from "../support/tiered-store.ts";
import { SOMEBODY } from "../support/somebody.ts";

const ALICE = AUTHORS[0]!;
const BOB = AUTHORS[1]!;
const HERE = "wss://relay.example";
const filter = (given: Partial<Filter> = {}): Filter => ({ tags: [], ...given });

describe("differential", () => {
  const seed = testSeed();
  test(`every answer is that of a store that keeps everything (SEED=${seed})`, async () => {
    const random = prng(seed);
    const asked = new Set<string>();
    for (let world = 0; world < 4; world++) {
      const cold = new FakeCold();
      const [whole, tiered] = [new HotSide(), new TieredSide(cold)];
      const events = Array.from({ length: 300 }, () => randomEvent(random));
      whole.put(events);
      tiered.put(events).forEach((seq, index) => {
        if (typeof seq === "number") cold.put(seq, events[index]!);
      });
      const ids = events.map(({ event }) => event.id);
      const stored = tiered.reader.log(0, 1000).flatMap((entry) => (entry.type === "stored" ? [entry] : []));
      tiered.evict(
        stored
          .filter(({ createdAt }) => createdAt < 1010 + world * 8 && random() < 0.9)
          .map(({ seq }) => seq),
      );
      for (let round = 0; round < 80; round++) {
        const filters = Array.from({ length: random() < 0.3 ? 2 : 1 }, () => {
          const limit = random() < 0.6 ? { limit: 1 + Math.floor(random() * 40) } : {};
          return { ...randomFilter(random, ids), ...limit };
        });
        const keys = random() < 0.5 ? [] : [pick(random, AUTHORS)];
        expect(await ask(tiered.stores(), filters, keys)).toEqual(await ask(whole.stores(), filters, keys));
        expect(await count(tiered.stores(), filters, keys)).toEqual(
          await count(whole.stores(), filters, keys),
        );
      }
      for (const method of cold.asked) asked.add(method);
      whole.close();
      tiered.close();
    }
    expect(asked).toEqual(new Set(["page", "byIds", "bySeqs"]));
  });
});

describe("a history of a hundred notes of which sixty are cold", () => {
  let cold: FakeCold;
  let side: TieredSide;
  let notes: VerifiedEvent[];
  const sides: TieredSide[] = [];
  afterAll(() => sides.forEach((each) => each.close()));

  beforeEach(() => {
    cold = new FakeCold();
    side = new TieredSide(cold, [HERE]);
    sides.push(side);
    notes = Array.from({ length: 100 }, (_, age) =>
      unsignedEvent(ALICE, { created_at: 2000 - age, content: `${age}` }),
    );
    side.put(notes).forEach((seq, index) => cold.put(seq as number, notes[index]!));
    side.evict(Array.from({ length: 60 }, (_, index) => 41 + index));
  });

  const idsOf = (from: number, to: number): string[] => notes.slice(from, to).map(({ event }) => event.id);
  const put = (event: VerifiedEvent): number | string => side.put([event])[0]!;
  const deletion = (pubkey: string, target: VerifiedEvent): VerifiedEvent =>
    unsignedEvent(pubkey, { kind: 5, created_at: 3000, tags: [["e", target.event.id]] });

  test("what ends above the horizon never asks the cold store", async () => {
    const asks: Filter[] = [
      filter({ limit: 10 }),
      filter({ since: 1961 }),
      filter({ kinds: [0, 3, 5, 10_002, 30_023] }),
      filter({ kinds: [7] }),
      filter({ ids: idsOf(0, 5) }),
      filter({ ids: ["f".repeat(64)] }),
      filter({ kinds: [1], limit: 39 }),
    ];
    for (const each of asks) expect((await ask(side.stores(), [each])).hint).toBeDefined();
    expect(cold.asked).toEqual([]);
  });

  test("a limit that ends at the border asks whether there is more", async () => {
    expect(await ask(side.stores(), [filter({ limit: 40 })])).toEqual({ ids: idsOf(0, 40), hint: "more" });
    expect(await ask(side.stores(), [filter({ limit: 100 })])).toEqual({
      ids: idsOf(0, 100),
      hint: "finish",
    });
    expect(await ask(side.stores(), [filter({ limit: 99 })])).toEqual({ ids: idsOf(0, 99), hint: "more" });
  });

  test("pages go on across the border without a gap or a double", async () => {
    const seen: string[] = [];
    for (let until = 9999; ;) {
      const page = await ask(side.stores(), [filter({ authors: [ALICE], until, limit: 7 })]);
      seen.push(...page.ids);
      if (page.hint === "finish") break;
      until = notes.find(({ event }) => event.id === page.ids.at(-1))!.event.created_at - 1;
    }
    expect(seen).toEqual(idsOf(0, 100));
  });

  test("behind much that the asker may not read, the cold store is asked for more and more at once", async () => {
    const message = (index: number): VerifiedEvent =>
      unsignedEvent(ALICE, { kind: 4, content: `${index}`, created_at: 1900 - index });
    const messages = Array.from({ length: 600 }, (_, index) => message(index));
    const last = unsignedEvent(ALICE, { created_at: 1000 });
    const seqs = side.put([...messages, last]) as number[];
    seqs.forEach((seq, index) => cold.put(seq, [...messages, last][index]!));
    side.evict(seqs);
    const answer = await ask(side.stores(), [filter({ until: 1900, limit: 1 })], [BOB]);
    expect(answer).toEqual({ ids: [last.event.id], hint: "finish" });
    // Pages of 20, 100 and 500.
    expect(cold.asked).toEqual(["page", "page", "page"]);
  });

  test("ids are looked for where they are", async () => {
    expect(await ask(side.stores(), [filter({ ids: [...idsOf(38, 43), "f".repeat(64)] })])).toEqual({
      ids: idsOf(38, 43),
      hint: "finish",
    });
    expect(cold.asked).toEqual(["byIds"]);
    const others = filter({ ids: idsOf(38, 43), authors: [BOB] });
    expect(await ask(side.stores(), [others])).toEqual({ ids: [], hint: "finish" });
  });

  for (const mood of ["down", "partial"] as const) {
    test(`while the cold store is ${mood}, hot answers are sent and nothing is claimed`, async () => {
      cold.mood = mood;
      const all = await ask(side.stores(), [filter()]);
      expect(all.ids.slice(0, 40)).toEqual(idsOf(0, 40));
      expect(all.hint).toBeUndefined();
      expect((await ask(side.stores(), [filter({ ids: idsOf(39, 41) })])).hint).toBeUndefined();
      expect(await ask(side.stores(), [filter({ limit: 39 })])).toEqual({ ids: idsOf(0, 39), hint: "more" });
      const counted = await count(side.stores(), [filter()]);
      expect([counted.approximate, counted.sawAuthors]).toEqual([true, false]);
      expect(counted.count).toBeGreaterThanOrEqual(40);
      expect(await count(side.stores(), [filter({ since: 1961 })])).toMatchObject({
        count: 40,
        approximate: false,
      });
    });
  }

  for (const mood of ["down", "partial"] as const) {
    test(`a page that older events fill because the cold store is ${mood} is not said to go on`, async () => {
      const older = Array.from({ length: 20 }, (_, age) =>
        unsignedEvent(BOB, { created_at: 1000 - age, content: `older ${age}` }),
      );
      side.put(older);
      cold.mood = mood;
      const [border, recent] = [filter({ limit: 50 }), filter({ limit: 10 })];
      for (const asked of [[border], [border, recent]]) {
        const { ids, hint } = await ask(side.stores(), asked);
        expect([ids.length, ids.slice(0, 40), hint]).toEqual([50, idsOf(0, 40), undefined]);
      }
      expect((await ask(side.stores(), [recent])).hint).toBe("more");
    });
  }

  test("where the cold store is known to lack something, all that it has is sent and counted, and nothing is claimed", async () => {
    side.isWhole = false;
    expect(await ask(side.stores(), [filter()])).toEqual({ ids: idsOf(0, 100), hint: undefined });
    expect(await count(side.stores(), [filter()])).toMatchObject({ count: 100, approximate: true });
    expect((await ask(side.stores(), [filter({ since: 1961 })])).hint).toBe("finish");
    expect(await count(side.stores(), [filter({ since: 1961 })])).toMatchObject({ approximate: false });
  });

  test("a deletion hides a cold event at once, whatever the index still holds", async () => {
    expect(put(deletion(BOB, notes[50]!))).toBeNumber();
    expect((await ask(side.stores(), [filter({ kinds: [1] })])).ids).toHaveLength(100);
    put(deletion(ALICE, notes[50]!));
    const { ids } = await ask(side.stores(), [filter({ kinds: [1] })]);
    expect(ids).toEqual([...idsOf(0, 50), ...idsOf(51, 100)]);
    expect((await ask(side.stores(), [filter({ ids: idsOf(50, 51) })])).ids).toEqual([]);
    expect(await count(side.stores(), [filter({ kinds: [1] })])).toMatchObject({
      count: 99,
      approximate: false,
    });
  });

  test("a request to vanish hides cold events at once", async () => {
    put(unsignedEvent(ALICE, { kind: 62, created_at: 1950, tags: [["relay", HERE]] }));
    const { ids } = await ask(side.stores(), [filter({ kinds: [1] })]);
    expect(ids).toEqual(idsOf(0, 50));
    expect((await count(side.stores(), [filter({ kinds: [1] })])).count).toBe(50);
  });

  test("a cold event that comes again is a duplicate", () => {
    expect([put(notes[99]!), put(notes[41]!)]).toEqual(["duplicate", "duplicate"]);
  });

  test("private events are read by whom they concern, cold or not", async () => {
    const wrap = unsignedEvent("c".repeat(64), { kind: 1059, created_at: 1500, tags: [["p", BOB]] });
    const seq = put(wrap) as number;
    cold.put(seq, wrap);
    side.evict([seq]);
    const wraps = filter({ kinds: [1059] });
    expect((await ask(side.stores(), [wraps])).ids).toEqual([]);
    expect((await ask(side.stores(), [wraps], [ALICE])).ids).toEqual([]);
    expect((await ask(side.stores(), [wraps], [BOB])).ids).toEqual([wrap.event.id]);
    expect((await count(side.stores(), [wraps])).count).toBe(0);
    expect((await count(side.stores(), [wraps], [ALICE])).count).toBe(0);
    expect((await count(side.stores(), [wraps], [BOB])).count).toBe(1);
  });

  test("stale documents are dropped: replaced profiles, and events that were never here", async () => {
    const profile = (at: number): VerifiedEvent => unsignedEvent(ALICE, { kind: 0, created_at: at });
    cold.put(put(profile(1801)) as number, profile(1801));
    put(profile(1802));
    cold.put(9999, unsignedEvent(ALICE, { created_at: 1803 }));
    const { ids } = await ask(side.stores(), [filter({ since: 1800, until: 1810 })]);
    expect(ids).toEqual([profile(1802).event.id]);
    expect(cold.asked).toEqual(["page"]);
  });

  test("events that leave during a walk are neither lost nor doubled", async () => {
    const half = filter({ limit: 90 });
    const answer = ask(side.stores(), [half]);
    side.evict(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(await answer).toEqual({ ids: idsOf(0, 90), hint: "more" });
    expect(await ask(side.stores(), [half])).toEqual({ ids: idsOf(0, 90), hint: "more" });
  });

  test("nor are events of a kind of which none had left before, nor events that are named by id", async () => {
    const reactions = Array.from({ length: 300 }, (_, age) =>
      unsignedEvent(BOB, { kind: 7, created_at: 1900 - age, content: `${age}` }),
    );
    const seqs = side.put(reactions) as number[];
    for (const [index, each] of reactions.entries()) cold.put(seqs[index]!, each);
    const reactionIds = reactions.map(({ event }) => event.id);
    const whole = { ids: [...idsOf(0, 100), ...reactionIds], hint: "finish" as const };
    // Each walk waits for the cold store when these leave.
    const byKind = ask(side.stores(), [filter({ kinds: [1, 7] })]);
    side.evict(seqs.slice(150));
    expect(await byKind).toEqual(whole);
    const byId = ask(side.stores(), [filter({ ids: whole.ids })]);
    side.evict(seqs.slice(0, 150));
    const { ids, hint } = await byId;
    expect({ ids: ids.toSorted(), hint }).toEqual({ ids: whole.ids.toSorted(), hint: "finish" });
  });

  test("a count that begins while events are leaving does not claim to be exact", async () => {
    const { horizon } = side.history;
    const counted = await horizon.during(side.reader.getMany([1, 2, 3]), async () => {
      const answer = count(side.stores(), [filter()]);
      // It has counted them here, and comes to look for them in the cold store.
      side.writer.removeMany([1, 2, 3], "evicted");
      return answer;
    });
    expect(counted).toMatchObject({ count: 103, approximate: true });
    expect(await count(side.stores(), [filter()])).toMatchObject({ count: 100, approximate: false });
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const leaving = horizon.during(side.reader.getMany([4]), async () => {
      begun.resolve();
      await ended.promise;
    });
    await begun.promise;
    const late = count(side.stores(), [filter()]);
    ended.resolve();
    await leaving;
    expect(await late).toMatchObject({ count: 100, approximate: true });
  });

  test("where time runs out, the rest is counted by its number, and the answer says so", async () => {
    const leaving = Array.from({ length: 2100 }, (_, index) =>
      unsignedEvent(ALICE, { created_at: 10 + Math.floor(index / 10), content: `${index}` }),
    );
    const seqs = side.put(leaving) as number[];
    for (const [index, each] of leaving.entries()) cold.put(seqs[index]!, each);
    side.evict(seqs);
    const counted = (lookingMs?: number): Promise<CountResult> =>
      new Promise((resolve, reject) => {
        const wake = (): void => query.advance();
        const { history, ...hot } = side.stores();
        const context = {
          upToSeq: side.reader.lastSeq(),
          keys: new Set<string>(),
          client: SOMEBODY,
          now: 1_700_000_000,
          wake,
        };
        const [all] = planSources([filter()], hot, context, { defaultLimit: 1e6, limitMax: 1e6 });
        const options = {
          history: history!,
          nowSeconds: context.now,
          isStranger: true,
          accept: () => true,
          wake,
        };
        const query: CountQuery = new CountQuery([new TieredCount(filter(), all!, options, lookingMs)], {
          done: resolve,
          failed: ({ text }) => reject(new Error(text)),
          sliceMs: 1000,
        });
        query.advance();
      });
    expect(await counted()).toEqual({ count: 2200, approximate: false, sawAuthors: true });
    expect(cold.asked.filter((name) => name === "count")).toEqual([]);
    // One that was erased and that the index still holds is in the number alone.
    put(deletion(ALICE, leaving[0]!));
    expect(await counted()).toEqual({ count: 2200, approximate: false, sawAuthors: true });
    expect(await counted(0)).toEqual({ count: 2201, approximate: true, sawAuthors: false });
  });
});
