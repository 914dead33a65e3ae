// Random events and filters over real sockets, over restarts: stored answers, live answers and counts against the plain model.

import { expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { type Filter, matchesFilter, parseFilter } from "../../src/nostr/filter.ts";
import type { TestClient } from "../support/client.ts";
import { keypair, signed } from "../support/events.ts";
import { prng, testSeed } from "../support/prng.ts";
import { AUTHORS, pick, randomEvent, randomFilter } from "../support/random-filter.ts";
import { RELAY_URL, TestRelay } from "../support/test-relay.ts";
import { isShown, NaiveRelay } from "./naive-relay.ts";

const IS_LONG = process.env["LONG_TESTS"] === "1";
const ROUNDS = IS_LONG ? 400 : 15;
const EVENTS_PER_ROUND = 8;
const LIFETIME = 20;

/** The generator's made-up authors, as keys that can sign. */
const KEYS = AUTHORS.map((_, index) => keypair(1700 + index));
const keyOf = new Map(AUTHORS.map((author, index) => [author, KEYS[index]!]));
/** Some values of `p` tags are authors, so that private events have readers. */
const RECIPIENTS = new Map(["a", "b", "c"].map((digit, index) => [digit.repeat(64), KEYS[index]!.pubkey]));

const VANISHES_FROM = ["ALL_RELAYS", "wss://other.example"];

type Wire = Record<string, unknown>;

interface Open {
  readonly id: string;
  readonly filters: readonly Filter[];
  readonly expected: NostrEvent[];
}

/** One reader with the keys it has proven, and everything it has asked for. */
interface Reader {
  readonly client: TestClient;
  readonly keys: readonly string[];
  readonly open: Open[];
}

class Trial {
  readonly model = new NaiveRelay();
  /** Ahead of the system's clock, by which the store clears away what has expired. */
  now = 4_000_000_000;
  readers: Reader[] = [];
  publisher!: TestClient;
  private readonly random: () => number;
  private readonly known: NostrEvent[] = [];
  /** Stored and gone again in one breath: when one commit did both, there was nothing to tell. */
  private readonly fleeting = new Set<string>();
  private asked = 0;

  constructor(seed: number) {
    this.random = prng(seed);
  }

  async connect(relay: TestRelay): Promise<void> {
    this.readers = [];
    this.publisher = await relay.connect();
    for (const held of [[], [KEYS[0]!, KEYS[3]!], [KEYS[1]!]]) {
      const client = await relay.connect();
      for (const key of held) expect(await client.authenticate(key, RELAY_URL, this.now)).toEqual([true, ""]);
      this.readers.push({ client, keys: held.map(({ pubkey }) => pubkey), open: [] });
    }
  }

  /**
   * A few new events in one breath, then an old one again by itself: a known id is answered at once, before what is
   * still on its way to the store.
   */
  async publish(): Promise<void> {
    await this.publishAll(Array.from({ length: EVENTS_PER_ROUND }, () => this.event()));
    await this.publishAll([pick(this.random, this.known)]);
  }

  /** One new subscription for each reader: its stored answer, its number, and from now on its live events. */
  async subscribe(): Promise<void> {
    for (const reader of this.readers) {
      const wire = Array.from({ length: 1 + Math.floor(this.random() * 2.5) }, () => this.filter());
      const filters = wire.map((one) => parseFilter(one) as Filter);
      const id = `s${++this.asked}`;
      const { events, end } = await reader.client.request(id, ...wire);
      const context = JSON.stringify({ wire, keys: reader.keys });
      if (end[0] === "CLOSED") {
        // Only private kinds, and only other people's: nothing may match but what is addressed to several.
        const refused = this.model.matches(filters, this.now, reader.keys);
        expect(refused.filter(({ tags }) => tags.filter(([name]) => name === "p").length < 2)).toEqual([]);
        continue;
      }
      const expected = this.model.answer(filters, this.now, reader.keys);
      expect([context, events.map((event) => (event as NostrEvent).id)]).toEqual([
        context,
        expected.map(({ id: one }) => one),
      ]);
      const total = this.model.matches(filters, this.now, reader.keys).length;
      expect(await reader.client.count(id, ...wire)).toMatchObject({ count: total });
      if (wire.every(({ limit }) => limit === undefined)) expect(end[2]).toEqual(["finish"]);
      else if (expected.length < total) expect(end[2]).not.toEqual(["finish"]);
      reader.open.push({ id, filters, expected });
    }
  }

  /** Everything that each subscription has received, stored and live, in order. */
  async checkLive(): Promise<void> {
    for (const { client, open } of this.readers) {
      await client.settled();
      for (const { id, expected } of open) {
        const received = client.eventsOf(id).map((event) => event.id);
        const wanted = expected
          .map((event) => event.id)
          .filter((one) => !this.fleeting.has(one) || received.includes(one));
        expect([id, received]).toEqual([id, wanted]);
      }
    }
  }

  /** Closes some subscriptions, so that others come and go beside them. */
  async closeSome(): Promise<void> {
    for (const { client, open } of this.readers) {
      if (open.length < 10) continue;
      for (const { id } of open.splice(0, 5)) client.send("CLOSE", id);
      await client.settled();
    }
  }

  private async publishAll(events: readonly NostrEvent[]): Promise<void> {
    for (const event of events) this.publisher.send("EVENT", event);
    const answers = new Map<unknown, unknown[]>();
    while (answers.size < events.length) {
      const [, id, ...answer] = await this.publisher.verb("OK");
      answers.set(id, answer);
    }
    for (const event of events) {
      const [accepted, prefix] = this.model.publish(event, this.now);
      const [gotAccepted, message] = answers.get(event.id)!;
      expect([event.id, gotAccepted, String(message).split(":")[0]]).toEqual([event.id, accepted, prefix]);
      if (accepted && prefix === "") this.tell(event);
    }
    const left = new Set(this.model.events.map(({ id }) => id));
    for (const { id } of events) if (!left.has(id)) this.fleeting.add(id);
  }

  private tell(event: NostrEvent): void {
    for (const { keys, open } of this.readers) {
      if (!isShown(event, this.now, keys)) continue;
      for (const { filters, expected } of open)
        if (filters.some((filter) => matchesFilter(filter, event))) expected.push(event);
    }
  }

  private event(): NostrEvent {
    const { random } = this;
    const { event } = randomEvent(random);
    const key = keyOf.get(event.pubkey)!;
    const tags: (readonly string[])[] = event.tags.map((tag) =>
      tag[0] === "p" ? ["p", RECIPIENTS.get(tag[1] ?? "") ?? tag[1] ?? "x"] : tag,
    );
    if (random() < 0.1) tags.push(["expiration", String(this.now + Math.floor(random() * LIFETIME))]);
    const { kind, created_at, content } = event;
    const chance = random();
    const made =
      chance < 0.08 && this.known.length > 0
        ? signed(key, { kind: 5, created_at, tags: this.targets() })
        : chance < 0.11
          ? signed(key, { kind: 62, created_at, content, tags: [["relay", pick(random, VANISHES_FROM)]] })
          : signed(key, { kind, created_at, content, tags });
    this.known.push(made);
    return made;
  }

  private targets(): string[][] {
    return Array.from({ length: 1 + Math.floor(this.random() * 4) }, () => {
      const { id, kind, pubkey, tags } = pick(this.random, this.known);
      const identifier = tags.find((tag) => tag[0] === "d")?.[1] ?? "";
      return this.random() < 0.5
        ? ["e", id]
        : ["a", `${kind}:${pubkey}:${kind === 30_023 ? identifier : ""}`];
    });
  }

  private filter(): Wire {
    const { random } = this;
    const { tags, authors, ...rest } = randomFilter(
      random,
      this.known.map(({ id }) => id),
    );
    const wire: Wire = { ...rest };
    if (authors !== undefined) wire["authors"] = authors.map((author) => keyOf.get(author)!.pubkey);
    for (const { name, mode, values } of tags) {
      const named = name === "p" ? values.map((value) => RECIPIENTS.get(value) ?? value) : values;
      wire[(mode === "any" ? "#" : "&") + name] = named;
    }
    if (random() < 0.3) wire["limit"] = Math.floor(random() * 12);
    return wire;
  }
}

const seed = testSeed();

test.each([
  ["from memory", {}],
  ["from disk", { hot: { tail_bytes: 0, cache_bytes: 0 } }],
])(
  `answers %s equal the plain model's (SEED=${seed})`,
  async (_, config) => {
    const trial = new Trial(seed);
    const options = {
      now: () => trial.now,
      config: { ...config, limits: { default_limit: 5000, created_at_upper_limit: 10_000 } },
    };
    let relay = await TestRelay.start(options);
    await trial.connect(relay);
    for (let round = 0; round < ROUNDS; round++) {
      await trial.publish();
      await trial.subscribe();
      if (round % 5 === 4) {
        await trial.checkLive();
        await trial.closeSome();
        trial.now += 3;
      }
      if (round % 10 === 9) {
        await relay.halt();
        relay = await TestRelay.start(options, relay.folder);
        await trial.connect(relay);
      }
    }
    await trial.checkLive();
    await relay.stopUnwarned();
  },
  IS_LONG ? 120_000 : 20_000,
);
