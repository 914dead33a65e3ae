// Remembered counts against counting in SQL, over random histories of storing, removing and leaving for the cold store.

import type { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { CountGate, HotReader } from "../../src/hot/contract.ts";
import { openDatabase } from "../../src/hot/database.ts";
import { authorKey } from "../../src/hot/keys.ts";
import { createReader } from "../../src/hot/reader.ts";
import { createWriter, type StoreWriter } from "../../src/hot/writer.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { unsignedEvent } from "../support/events.ts";
import { prng, testSeed } from "../support/prng.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const AUTHORS = ["a", "b", "c"].map((digit) => digit.repeat(64));
const KINDS = [1, 7];
const GATE: CountGate = { nowSeconds: 1000, isOpenKind: () => true, accepts: () => true };
const FILTERS: readonly Filter[] = [
  ...KINDS.map((kind) => ({ kinds: [kind], tags: [] })),
  ...AUTHORS.map((author) => ({ authors: [author], tags: [] })),
  ...AUTHORS.flatMap((author) => KINDS.map((kind) => ({ authors: [author], kinds: [kind], tags: [] }))),
  { authors: AUTHORS.slice(1), kinds: KINDS, tags: [] },
];

function counted(reader: HotReader, filter: Filter, betweenSteps: () => void = () => {}): number {
  const counting = reader.count(filter, GATE);
  while (counting.run({ deadlineMs: 0 }) === "paused") betweenSteps();
  return counting.count;
}

function countedInSql(database: Database, { authors, kinds }: Filter): number {
  const { n } = database
    .query<{ n: number }, [string, string]>(
      `SELECT count(*) AS n FROM event WHERE author IN (SELECT value FROM json_each(?1))
       AND kind IN (SELECT value FROM json_each(?2)) AND NOT (expires_at BETWEEN 1 AND 1000)`,
    )
    .get(JSON.stringify((authors ?? AUTHORS).map(authorKey)), JSON.stringify(kinds ?? [...KINDS, 5]))!;
  return n;
}

class History {
  readonly database: Database;
  readonly writer: StoreWriter;
  readonly readers: readonly HotReader[];
  private readonly random: () => number;
  private written = 0;

  constructor(seed: number) {
    this.random = prng(seed);
    const path = join(folder(), "a.db");
    this.database = openDatabase(path, { synchronous: "off" });
    this.writer = createWriter(this.database, { ownUrls: new Set() });
    const { tagSeed } = this.writer;
    this.readers = [1, 1, 1000].map((workPerLook) => createReader(path, { tagSeed, workPerLook }));
  }

  put(count: number): void {
    const events = Array.from({ length: count }, () => {
      const tags = this.random() < 0.05 ? [["expiration", `${this.draw([900, 5000])}`]] : [];
      const content = `${this.written++}`;
      return unsignedEvent(this.draw(AUTHORS), { kind: this.draw(KINDS), tags, content, created_at: 10 });
    });
    this.writer.apply(events);
  }

  delete(): void {
    const { json } = this.database
      .query<{ json: string }, [number]>(
        "SELECT json FROM event WHERE kind <> 5 ORDER BY seq * ?1 % 10007 LIMIT 1",
      )
      .get(this.multiplier())!;
    const { id, pubkey } = JSON.parse(json) as { id: string; pubkey: string };
    this.writer.apply([unsignedEvent(pubkey, { kind: 5, tags: [["e", id]], created_at: 20 })]);
  }

  /** Some leave for the cold store; of those that left before, some are banned there. */
  leave(): void {
    const some = (table: string) =>
      this.database
        .query<{ seq: number }, [number]>(`SELECT seq FROM ${table} ORDER BY seq * ?1 % 10007 LIMIT 5`)
        .all(this.multiplier())
        .map(({ seq }) => seq);
    this.writer.removeMany(some("evicted"), "banned");
    this.writer.removeMany(some("event"), "evicted");
  }

  step(): void {
    this.draw([
      () => this.put(1 + Math.floor(this.random() * 20)),
      () => this.delete(),
      () => this.leave(),
      () => this.writer.removeExpired(1000, 3),
      () => {},
    ])();
  }

  check(): void {
    const reader = this.draw(this.readers);
    for (const filter of FILTERS.filter(() => this.random() < 0.6))
      expect([filter, counted(reader, filter)]).toEqual([filter, countedInSql(this.database, filter)]);
  }

  close(): void {
    for (const reader of this.readers) reader.close();
    this.writer.close();
  }

  /** Puts rows into an order of its own. */
  private multiplier(): number {
    return 1 + Math.floor(this.random() * 10_006);
  }

  private draw<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)]!;
  }
}

const seed = testSeed();
test(`what is remembered stays what would be counted (SEED=${seed})`, () => {
  const history = new History(seed);
  history.put(1500);
  for (let step = 0; step < 80; step++) {
    history.step();
    history.check();
  }
  // More than is followed.
  history.put(4500);
  for (let step = 0; step < 20; step++) {
    history.check();
    history.step();
  }
  history.close();
});

test("a long count that met changes on its way is not remembered", () => {
  const history = new History(1);
  history.database.run(
    `WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < 70000)
     INSERT INTO event SELECT seq, seq, 0, 1, ?1, seq, 0, ?2 FROM n`,
    [authorKey(AUTHORS[0]!), `{"id":"${"0".repeat(64)}","pubkey":"${AUTHORS[0]!}"}`],
  );
  const filter: Filter = { kinds: [1], tags: [] };
  const [reader] = history.readers;
  let pauses = 0;
  counted(reader!, filter, () => pauses++ < 3 && history.put(20));
  expect(pauses).toBeGreaterThan(2);
  for (let again = 0; again < 2; again++)
    expect(counted(reader!, filter)).toBe(countedInSql(history.database, filter));
  history.close();
});

test("a count is looked up, not made again", () => {
  const history = new History(seed);
  history.put(1000);
  const [reader] = history.readers;
  // An author's events of all kinds are looked at one by one.
  const counts = () => FILTERS.filter(({ kinds }) => kinds).map((filter) => counted(reader!, filter));
  const before = counts();
  // Behind the log's back, which no writer does: who counted again would see it.
  history.database.run("DELETE FROM event WHERE seq < 500 AND expires_at = 0");
  expect(counts()).toEqual(before);
  history.close();
});
