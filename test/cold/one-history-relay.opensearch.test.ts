// Two relays over real sockets, one that keeps everything hot and one that keeps ten seconds: clients see no difference.

import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { Ledger, LEDGER_FILE } from "../../src/cold/ledger.ts";
import { DATABASE_FILE } from "../../src/hot/database.ts";
import type { NostrEvent, VerifiedEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { keypair, signed, unsignedEvent, verified } from "../support/events.ts";
import { describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { prng, testSeed } from "../support/prng.ts";
import { pick, randomEvent, randomFilter } from "../support/random-filter.ts";
import { RELAY_URL, TestRelay } from "../support/test-relay.ts";

const SEED = testSeed();
const KEPT_SECONDS = 10;
/**
 * The generator's forty seconds are stretched so that now lies between two of them: what is dated later stays hot, and
 * nothing grows old while the answers are compared.
 */
const STEP_SECONDS = 600;
const NOW = Math.floor(Date.now() / 1000);
const BASE = NOW - STEP_SECONDS * 30.5;
const stretched = (time: number): number => BASE + (time - 1000) * STEP_SECONDS;

/** More than COUNT looks at one by one, most of them cold. */
const TALLIES = 700;
const TALLIES_HOT = 20;

type Wire = Record<string, unknown>;

function wireOf(random: () => number, ids: readonly string[]): Wire {
  const { tags, ...rest } = randomFilter(random, ids);
  const wire: Wire = { ...rest };
  for (const { name, mode, values } of tags) wire[`${mode === "any" ? "#" : "&"}${name}`] = values;
  for (const bound of ["since", "until"])
    if (wire[bound] !== undefined) wire[bound] = stretched(wire[bound] as number);
  if (random() < 0.6) wire["limit"] = 1 + Math.floor(random() * 40);
  return wire;
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await isTrue()); await Bun.sleep(50))
    if (Date.now() > end) throw new Error(`it did not come to this: ${what}`);
}

describeWithOpenSearch(`one history behind a relay (seed ${SEED})`, (url) => {
  const random = prng(SEED);
  const [alice, bob] = [keypair(9100), keypair(9101)];
  let whole: TestRelay;
  let bounded: TestRelay;
  let clients: [TestClient, TestClient];
  let ids: string[] = [];
  const old: NostrEvent[] = [];

  const numberOf = (sql: string): number => {
    const database = new Database(join(bounded.folder, DATABASE_FILE), { readonly: true });
    try {
      return (database.query(sql).get() as { n: number }).n;
    } finally {
      database.close();
    }
  };

  beforeAll(async () => {
    for (let age = 0; age < 6; age++) old.push(signed(alice, { created_at: BASE + age, content: `${age}` }));
    old.push(signed(bob, { created_at: BASE + 9, content: "bob" }));
    const stored: VerifiedEvent[] = Array.from({ length: 400 }, () => {
      const { event } = randomEvent(random);
      const { kind, tags, content, created_at } = event;
      return unsignedEvent(event.pubkey, { kind, tags, content, created_at: stretched(created_at) });
    });
    stored.push(...old.map(verified));
    for (let at = 0; at < TALLIES; at++) {
      const dated = at < TALLIES_HOT ? NOW + STEP_SECONDS * 20 : BASE - STEP_SECONDS;
      stored.push(
        unsignedEvent(alice.pubkey, { kind: 1111, content: `tally ${at}`, created_at: dated + at }),
      );
    }
    ids = stored.map(({ event }) => event.id);
    const cold = { url, index_prefix: ownPrefix() };
    const search = { enabled: true };
    whole = await TestRelay.start({ stored, config: { search } });
    bounded = await TestRelay.start({
      stored,
      config: { cold, search, hot: { max_age_seconds: KEPT_SECONDS, evict_after_seconds: 0 } },
    });
    clients = [await whole.connect(), await bounded.connect()];
    const border = NOW - KEPT_SECONDS - 60;
    const due = `kind NOT IN (0, 3, 5, 62) AND kind NOT BETWEEN 10000 AND 19999 AND kind NOT BETWEEN 30000 AND 39999
      AND created_at < ${border} AND kind <> 1059`;
    await until("everything due has left", () => {
      const isLeaving = numberOf(`SELECT count(*) AS n FROM event WHERE ${due}`) > 0;
      return !isLeaving && numberOf("SELECT count(*) AS n FROM evicted") > 100;
    });
  }, 60_000);

  afterAll(async () => {
    await Promise.all([whole.stop(), bounded.stop()]);
    expect(bounded.warnings.filter((line) => !line.includes("OpenSearch is behind"))).toEqual([]);
  });

  const both = <T>(ask: (client: TestClient) => Promise<T>): Promise<[T, T]> =>
    Promise.all([ask(clients[0]), ask(clients[1])]);

  test("stored answers, hints and counts are the same", async () => {
    let cut = 0;
    for (let round = 0; round < 80; round++) {
      const filters = Array.from({ length: random() < 0.3 ? 2 : 1 }, () => wireOf(random, ids));
      const [expected, given] = await both((client) => client.request(`r${round}`, ...filters));
      expect([filters, given]).toEqual([filters, expected]);
      if (String(given.end[2]) === "more") cut++;
      for (const client of clients) client.send("CLOSE", `r${round}`);
      const [number, found] = await both((client) => client.count(`c${round}`, ...filters));
      expect([filters, found]).toEqual([filters, number]);
    }
    expect(cut).toBeGreaterThan(5);
  }, 60_000);

  test("what grows old while it is asked for is never missing, never shown twice, and keeps its order", async () => {
    const begin = Math.floor(Date.now() / 1000);
    const carol = keypair(9102);
    // The last of them are dated ahead, so that a slow machine, too, sees some leave while others stay.
    const notes = Array.from({ length: 30 }, (_, index) =>
      signed(carol, { created_at: begin + 8 - (index % 23), content: `growing old ${index}` }),
    );
    for (const note of notes) await both((client) => client.publish(note));
    const asked = { authors: [carol.pubkey], kinds: [1] };
    const expected = await clients[0].stored(asked);
    expect(expected).toHaveLength(30);
    const gone = (): number =>
      numberOf(`SELECT count(*) AS n FROM evicted WHERE created_at > ${begin - 20} AND kind = 1`);
    const steps = new Set<number>();
    await until("all have left", async () => {
      steps.add(gone());
      expect(await clients[1].stored(asked)).toEqual(expected);
      expect(await clients[1].stored({ ...asked, limit: 7 })).toEqual(expected.slice(0, 7));
      return gone() === 30;
    });
    expect(steps.size).toBeGreaterThan(1);
    // As long as some are just leaving, a count is near.
    await until("the counts are the same", async () => {
      const [number, found] = await both((client) => client.count("aged", asked));
      return Bun.deepEquals(found, number);
    });
  }, 60_000);

  test("COUNT of a search adds up what is cold and what is hot", async () => {
    const [number, found] = await both((client) => client.count("tallies", { search: "tally" }));
    expect(number).toEqual({ count: TALLIES });
    expect(found).toEqual({ count: TALLIES, approximate: true });
  });

  test("a HyperLogLog over both stores has the same registers", async () => {
    for (let round = 0; round < 10; round++) {
      const filter = { "#e": [pick(random, ["a", "b", "c"]).repeat(64)], kinds: [7] };
      const [expected, given] = await both((client) => client.count(`h${round}`, filter));
      expect(given).toEqual(expected);
      expect(given).toHaveProperty("hll");
    }
  });

  test("publishing an event again that is cold is a duplicate, and nobody is told", async () => {
    const [, client] = clients;
    await client.request("listening", { authors: [alice.pubkey], since: BASE + 1000 });
    expect((await client.publish(old[0]!))[1]).toStartWith("duplicate:");
    expect((await client.settled()).filter((frame) => frame[0] === "EVENT")).toEqual([]);
  });

  test("a deletion and a request to vanish reach what is cold at once", async () => {
    const now = Math.floor(Date.now() / 1000);
    const acts = [
      signed(alice, { kind: 5, created_at: now, tags: [["e", old[1]!.id]] }),
      signed(bob, { kind: 62, created_at: now, tags: [["relay", RELAY_URL]] }),
    ];
    for (const act of acts) await both((client) => client.publish(act));
    const [expected, given] = await both((client) =>
      client.stored({ authors: [alice.pubkey, bob.pubkey], kinds: [1] }),
    );
    expect(given).toEqual(expected);
    expect(given.map(({ content }) => content)).toEqual(["5", "4", "3", "2", "0"]);
    expect((await clients[1].publish(old[1]!))[1]).toStartWith("blocked:");
    expect((await clients[1].publish(old.at(-1)!))[1]).toStartWith("blocked:");
  });

  test("the relay counts what is cold among its events", () => {
    expect(numberOf("SELECT count(*) AS n FROM evicted")).toBeGreaterThan(100);
    // The two that were erased while they were cold are subtracted at the next start.
    expect(bounded.relay.facts().eventsStored).toBe(whole.relay.facts().eventsStored + 2);
  });

  test("once a comparison has found that the index lacks what has left, nothing is claimed about it", async () => {
    const [, client] = clients;
    const past = { authors: [alice.pubkey], kinds: [1], until: BASE + 1000 };
    expect((await client.request("whole", past)).end[2]).toEqual(["finish"]);
    await fetch(`${url}/${bounded.config.cold.index_prefix}/_delete_by_query?refresh=true`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: { term: { id: old[0]!.id } } }),
    });
    const ledger = new Ledger(join(bounded.folder, LEDGER_FILE));
    const job = ledger.requestJob("compare");
    await until("it was compared", () => ledger.job(job)?.state === "done");
    ledger.close();
    await until("nothing is claimed", async () => (await client.request("p", past)).end[2] === undefined);
    expect(await client.stored(past)).toHaveLength(4);
    expect(await client.count("past", past)).toEqual({ count: 4, approximate: true });
    expect(await client.count("recent", { since: NOW + STEP_SECONDS / 2 })).not.toHaveProperty("approximate");
  }, 60_000);

  test("without the cold store a restarted relay claims nothing about the past", async () => {
    await bounded.halt();
    const lonely = await TestRelay.start({ config: { search: { enabled: true } } }, bounded.folder);
    const client = await lonely.connect();
    const recent = await client.request("recent", { since: NOW + STEP_SECONDS / 2 });
    expect(recent.end[2]).toEqual(["finish"]);
    const past = await client.request("past", { kinds: [1] });
    expect(past.end[2]).toBeUndefined();
    expect(await client.count("past", { kinds: [1] })).toMatchObject({ approximate: true });
    const search = { search: "tally" };
    const found = await client.request("search", search);
    expect([found.events.length, found.end[2]]).toEqual([TALLIES_HOT, undefined]);
    expect(await client.count("search", search)).toMatchObject({ count: TALLIES_HOT, approximate: true });
    expect(lonely.warnings.join()).toContain("cold.url is not set");
    await lonely.halt();
  });
});
