// SIGTERM under load: everything accepted is answered and written, everybody is told, and the process ends in good order.

import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { DATABASE_FILE } from "../../src/hot/database.ts";
import { prng, testSeed } from "../support/prng.ts";
import { TestClient } from "../support/client.ts";
import { Author } from "./authors.ts";
import { Ledger } from "./ledger.ts";
import { LoadConnection, writeScript } from "./load.ts";
import { ownGrounds } from "./own-grounds.ts";
import { readStore } from "./stored-events.ts";

// Processes are started: on a busy machine that takes its time.
setDefaultTimeout(60_000);

const DRAIN_MS = 10_000;
const seed = testSeed();

const newGround = ownGrounds();

test.concurrent(
  `under load it drains: CLOSED, code 1012, exit code 0, every OK true on disk (seed ${seed})`,
  async () => {
    const ground = newGround();
    const data = ground.path("data");
    const relay = ground.relay({ data });
    const url = await relay.ready();
    const listener = await TestClient.connect(url);
    listener.send("REQ", "by kind", { kinds: [1] });
    listener.send("REQ", "by author", { authors: ["0".repeat(64)] });
    await listener.settled();
    const ledger = new Ledger();
    const random = prng(seed);
    const connections = [0, 1, 2].map((index) => {
      const events = writeScript({ name: `stop ${seed} ${index}`, events: 500, random });
      return new LoadConnection(
        url,
        events.map((event) => ledger.add(event)),
        ledger,
        128,
      );
    });
    while (connections.some(({ answered }) => answered < 50)) await Bun.sleep(1);
    const startedMs = performance.now();
    relay.signal("SIGTERM");
    const ending = await relay.ended();
    expect(performance.now() - startedMs).toBeLessThan(DRAIN_MS);
    expect([ending.code, ending.err]).toEqual([0, ""]);
    expect(await listener.closed()).toBe(1012);
    expect(listener.closeReason).toContain("restarting");
    const goodbyes = listener.frames.filter(([verb]) => verb === "CLOSED");
    expect(goodbyes.map((frame) => frame[1]).toSorted()).toEqual(["by author", "by kind"]);
    for (const frame of goodbyes) expect(String(frame[2])).toStartWith("error: the relay is restarting");
    await Promise.all(connections.map(({ over }) => over));
    expect(connections.map(({ closeCode }) => closeCode)).toEqual([1012, 1012, 1012]);
    expect(ledger.count("stored")).toBeGreaterThan(100);
    const { events, faults } = readStore(data);
    expect([...faults, ...ledger.faultsOf(events)]).toEqual([]);
    for (const { surprises } of connections) {
      for (const refusal of surprises) expect(refusal).toStartWith("error: the relay is restarting");
    }
    expect(relay.warnings()).toEqual([]);
  },
);

test.concurrent("SIGINT without clients ends with 0", async () => {
  const ground = newGround();
  const relay = ground.relay({ data: ground.path("data") });
  await relay.ready();
  relay.signal("SIGINT");
  expect((await relay.ended()).code).toBe(0);
});

test.concurrent(
  "while it stops, what is stored is a duplicate and what is new is told to come back",
  async () => {
    const ground = newGround();
    const data = ground.path("data");
    const relay = ground.relay({ data });
    const url = await relay.ready();
    const author = new Author("stopping");
    const [stored, held, late] = ["stored", "held", "late"].map((content) => author.sign({ content }));
    const client = await TestClient.connect(url);
    expect(await client.publish(stored!)).toEqual([true, ""]);
    // Somebody else's transaction keeps the writer, and with it the stop, waiting.
    const other = new Database(join(data, DATABASE_FILE));
    other.run("BEGIN IMMEDIATE");
    client.send("EVENT", held);
    await client.settled();
    relay.signal("SIGTERM");
    while (!(await readiness(url)).includes("the relay is stopping")) await Bun.sleep(5);
    const answers = [await client.publish(late!), await client.publish(stored!)];
    expect(answers).toEqual([
      [false, expect.stringMatching(/^error: the relay is restarting/)],
      [true, expect.stringMatching(/^duplicate: /)],
    ]);
    other.close();
    expect(await client.verb("OK")).toEqual(["OK", held!.id, true, ""]);
    expect((await relay.ended()).code).toBe(0);
  },
);

test.concurrent("a second signal ends a stop that takes long at once", async () => {
  const ground = newGround();
  const data = ground.path("data");
  const relay = ground.relay({ data });
  await relay.ready();
  // Somebody else's transaction keeps the writer, and with it the stop, waiting for seconds.
  const other = new Database(join(data, DATABASE_FILE));
  other.run("BEGIN IMMEDIATE");
  const client = await TestClient.connect(await relay.ready());
  client.send("EVENT", new Author("second signal").sign());
  await client.settled();
  relay.signal("SIGTERM");
  await Bun.sleep(300);
  const startedMs = performance.now();
  relay.signal("SIGTERM");
  expect((await relay.ended()).code).toBe(1);
  expect(performance.now() - startedMs).toBeLessThan(2000);
  other.close();
});

async function readiness(url: string): Promise<string> {
  return (await fetch(new URL("/ready", url.replace(/^ws/, "http")))).text();
}
