// SIGTERM and SIGHUP: everybody is told, what was accepted is on disk, and the process ends soon.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "bun:test";
import { TestClient } from "../support/client.ts";
import { keypair, signed } from "../support/events.ts";
import { serveInProcess, serveUnder, type ServingProcess } from "./serving-process.ts";

const EVENTS = 300;
const started: ServingProcess[] = [];
const folders: string[] = [];

afterAll(() => {
  for (const { process } of started) process.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "thermocline-"));
  folders.push(folder);
  return folder;
}

async function serve(folder: string): Promise<ServingProcess> {
  const serving = await serveInProcess(folder);
  started.push(serving);
  return serving;
}

/** What was acknowledged to the writer, at least so much, is there after the next start, which ends in good order. */
async function expectStored(writer: TestClient, atLeast: number, folder: string): Promise<void> {
  const acknowledged = writer.frames
    .filter((frame) => frame[0] === "OK" && frame[2] === true)
    .map((frame) => frame[1]);
  expect(acknowledged.length).toBeGreaterThanOrEqual(atLeast);
  const again = await serve(folder);
  const check = await TestClient.connect(again.url);
  const found = await check.stored({ ids: acknowledged });
  expect(found.map(({ id }) => id).sort()).toEqual((acknowledged as string[]).sort());
  check.close();
  again.process.kill("SIGTERM");
  expect(await again.process.exited).toBe(0);
}

test.concurrent(
  "SIGTERM answers what is queued, closes subscriptions by CLOSED and connections with 1012, and exits with 0",
  async () => {
    const folder = newFolder();
    const serving = await serve(folder);
    const [writer, reader] = [await TestClient.connect(serving.url), await TestClient.connect(serving.url)];
    await reader.ask("one", { kinds: [1], limit: 0 });
    await reader.ask("two", { authors: [keypair(2100).pubkey] });
    const events = Array.from({ length: EVENTS }, (_, index) =>
      signed(keypair(2100), { content: String(index) }),
    );
    for (const event of events) writer.send("EVENT", event);
    await writer.verb("OK");
    const signalled = Date.now();
    serving.process.kill("SIGTERM");
    expect(await Promise.all([writer.closed(), reader.closed()])).toEqual([1012, 1012]);
    expect(await serving.process.exited).toBe(0);
    expect(Date.now() - signalled).toBeLessThan(10_000);

    const closed = reader.frames.filter((frame) => frame[0] === "CLOSED");
    expect(closed.map((frame) => frame[1]).sort()).toEqual(["one", "two"]);
    expect(closed.every((frame) => /^[a-z-]+: /.test(String(frame[2])))).toBe(true);
    expect(serving.output()).not.toMatch(/"level":(50|60|"error"|"fatal")/);

    await expectStored(writer, 1, folder);
  },
  30_000,
);

test.concurrent(
  "nothing acknowledged is lost when the process is killed without a word",
  async () => {
    const folder = newFolder();
    const serving = await serve(folder);
    const writer = await TestClient.connect(serving.url);
    const events = Array.from({ length: EVENTS }, (_, index) =>
      signed(keypair(2101), { content: String(index) }),
    );
    for (const event of events) writer.send("EVENT", event);
    for (let count = 0; count < 50; count++) await writer.verb("OK");
    serving.process.kill("SIGKILL");
    await writer.closed();
    await expectStored(writer, 50, folder);
  },
  30_000,
);

describe.skipIf(process.platform !== "linux")("a terminal that closes (SIGHUP)", () => {
  test.concurrent(
    "stops the relay in order, however often it is told",
    async () => {
      const serving = await serve(newFolder());
      const reader = await TestClient.connect(serving.url);
      serving.process.kill("SIGHUP");
      expect(await reader.closed()).toBe(1012);
      serving.process.kill("SIGHUP");
      expect(await serving.process.exited).toBe(0);
      expect(serving.output()).toContain('"msg":"stopped"');
    },
    30_000,
  );

  test.concurrent(
    "does nothing to one that was started by nohup",
    async () => {
      const serving = await serveUnder(["nohup"], newFolder());
      started.push(serving);
      serving.process.kill("SIGHUP");
      const reader = await TestClient.connect(serving.url);
      expect(await reader.stored({ kinds: [1] })).toEqual([]);
      serving.process.kill("SIGTERM");
      expect(await reader.closed()).toBe(1012);
      expect(await serving.process.exited).toBe(0);
    },
    30_000,
  );
});
