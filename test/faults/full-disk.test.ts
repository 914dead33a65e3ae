// A disk that runs full: publishing is refused, reading goes on, nothing is lost, and space is all that it takes.

import type { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/free-port.ts";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { createWriter } from "../../src/hot/writer.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { TestClient } from "../support/client.ts";
import { verified } from "../support/events.ts";
import { Author } from "./authors.ts";
import { Ledger } from "./ledger.ts";
import { mountSmallDisk } from "./mounts.ts";
import { ownGrounds } from "./own-grounds.ts";
import { ENTRY } from "./relay-process.ts";
import { readStore } from "./stored-events.ts";

// Processes are started: on a busy machine that takes its time.
setDefaultTimeout(60_000);

const MEBIBYTE = 1024 * 1024;
const EVENT_BYTES = 60_000;
const FOLLOWERS_MS = process.env["LONG_TESTS"] === "1" ? 2500 : 100;
const RECOVERY_MS = 10_000;

const newGround = ownGrounds();

const author = new Author("full disk");
let made = 0;

function bulky(): NostrEvent {
  made++;
  return author.sign({ content: `${made} ${"x".repeat(EVENT_BYTES)}` });
}

/** Publishes until one is not taken; answers what the relay said about that one. */
async function fill(client: TestClient, ledger: Ledger, bound: number): Promise<string> {
  for (let sent = 0; sent < bound; sent++) {
    const event = bulky();
    const entry = ledger.add(event);
    entry.fate = "sent";
    const [accepted, message] = await client.publish(event);
    entry.fate = accepted ? "stored" : "refused";
    if (!accepted) return message;
  }
  return "everything was taken";
}

async function publishAgain(client: TestClient, ledger: Ledger): Promise<boolean> {
  const deadlineMs = Date.now() + RECOVERY_MS;
  const entry = ledger.add(author.sign({ content: "after" }));
  while (Date.now() < deadlineMs) {
    const [accepted, message] = await client.publish(entry.event);
    entry.fate = accepted ? "stored" : "refused";
    if (accepted) return true;
    expect(message).toStartWith("error: ");
    await Bun.sleep(50);
  }
  return false;
}

test.concurrent(
  "while serving: refused with error:, read on, and taken again once there is space",
  async () => {
    const ground = newGround();
    const disk = mountSmallDisk(ground, "disk", 8 * MEBIBYTE);
    if (disk === undefined) return;
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, new Uint8Array(4 * MEBIBYTE));
    const data = join(disk, "data");
    const relay = ground.relay({ data });
    const client = await TestClient.connect(await relay.ready());
    const ledger = new Ledger();
    const profile = ledger.add(author.sign({ kind: 0, content: "first", created_at: 1_700_000_000 }));
    expect(await client.publish(profile.event)).toEqual([true, ""]);
    profile.fate = "stored";

    expect(await fill(client, ledger, 200)).toMatch(/^error: .*disk is full.*free some space/);
    const refusedVersion = author.sign({
      kind: 0,
      content: "x".repeat(EVENT_BYTES),
      created_at: 1_700_000_001,
    });
    expect((await client.publish(refusedVersion))[0]).toBe(false);
    expect(await client.stored({ kinds: [0], authors: [author.pubkey] })).toEqual([profile.event]);
    const stored = await client.stored({ kinds: [1], authors: [author.pubkey], limit: 500 });
    expect(stored.length).toBeGreaterThan(10);
    expect(ledger.faultsOf([profile.event, ...stored])).toEqual([]);
    // Threads that follow the log meet the full disk too, a second later.
    await Bun.sleep(FOLLOWERS_MS);
    expect(await client.count("count", { kinds: [1] })).toMatchObject({ count: stored.length });

    rmSync(ballast);
    expect(await publishAgain(client, ledger)).toBe(true);
    relay.signal("SIGTERM");
    expect((await relay.ended()).code).toBe(0);
    const again = ground.relay({ data });
    await again.ready();
    const content = readStore(data);
    expect([...content.faults, ...ledger.faultsOf(content.events)]).toEqual([]);
  },
);

test.concurrent("at the start: it says that the disk is full", async () => {
  const ground = newGround();
  const disk = mountSmallDisk(ground, "disk", 64 * 1024);
  if (disk === undefined) return;
  const { code, err } = await ground.relay({ data: disk }).ended();
  expect(err).toMatch(/^thermocline: the disk is full, .*: free some space.*\n$/);
  expect(code).toBe(1);
});

test.concurrent("a full store is read and served when it is started again", async () => {
  const ground = newGround();
  const disk = mountSmallDisk(ground, "disk", 4 * MEBIBYTE);
  if (disk === undefined) return;
  const ledger = new Ledger();
  const first = ground.relay({ data: disk });
  await fill(await TestClient.connect(await first.ready()), ledger, 100);
  await first.destroy();
  const second = ground.relay({ data: disk });
  const client = await TestClient.connect(await second.ready());
  const stored = await client.stored({ authors: [author.pubkey], limit: 500 });
  expect(stored.length).toBeGreaterThan(5);
  expect(ledger.faultsOf(stored)).toEqual([]);
  second.signal("SIGTERM");
  expect((await second.ended()).code).toBe(0);
});

test("a database that may not grow fails whole batches and takes them later, without a mount", () => {
  const ground = newGround();
  const database: Database = openDatabase(join(ground.folder, DATABASE_FILE), { synchronous: "off" });
  const writer = createWriter(database, { ownUrls: new Set() });
  const { page_count: pages } = database.query<{ page_count: number }, []>("PRAGMA page_count").get()!;
  database.run(`PRAGMA max_page_count = ${pages + 40}`);
  const small = [1, 2, 3].map((number) => verified(author.sign({ content: `${number}` })));
  expect(writer.apply(small).outcomes.map(({ type }) => type)).toEqual(["stored", "stored", "stored"]);
  const large = [bulky(), bulky(), bulky(), bulky()].map(verified);
  const { outcomes } = writer.apply(large);
  expect(outcomes.map(({ type }) => type)).toEqual(["failed", "failed", "failed", "failed"]);
  expect(JSON.stringify(outcomes[0])).toContain("the disk is full");
  expect(readStore(ground.folder).events.map(({ id }) => id)).toEqual(small.map(({ event }) => event.id));
  database.run("PRAGMA max_page_count = 1000000");
  expect(writer.apply(large).outcomes.map(({ type }) => type)).toEqual([
    "stored",
    "stored",
    "stored",
    "stored",
  ]);
  expect(readStore(ground.folder).faults).toEqual([]);
  writer.close();
});

test.concurrent.skipIf(!existsSync("/dev/full"))(
  "a log on a full disk keeps nobody from serving",
  async () => {
    const data = newGround().path("data");
    // A relay without a log cannot tell which it has chosen.
    const port = freePort();
    const words = ["serve", "--port", String(port), "--data", data];
    const log = Bun.file("/dev/full");
    const relay = Bun.spawn([process.execPath, ENTRY, ...words], {
      cwd: tmpdir(),
      stdout: log,
      stderr: "pipe",
    });
    const connect = (): Promise<TestClient | undefined> =>
      TestClient.connect(`ws://127.0.0.1:${port}/`).catch(() => undefined);
    let client = await connect();
    while (client === undefined && relay.exitCode === null) {
      await Bun.sleep(50);
      client = await connect();
    }
    // Long enough for a line a second to have been written, and in vain.
    await Bun.sleep(1500);
    expect(await client?.publish(author.sign())).toEqual([true, ""]);
    client?.close();
    relay.kill("SIGTERM");
    expect(await relay.exited).toBe(0);
    expect(await relay.stderr.text()).toBe("");
  },
);
