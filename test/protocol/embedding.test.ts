// The relay as a value inside other programs: Bun.serve, a hono app beside it, and Elysia's .ws().

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { Hono } from "hono";
import { isServed } from "../../src/hot/folder-lock.ts";
import { createRelay, defaultConfig, type Relay } from "../../src/relay.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { TestClient } from "../support/client.ts";
import { keypair, signed } from "../support/events.ts";
import { RELAY_URL } from "../support/test-relay.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "thermocline-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function relay(folder = newFolder()): Promise<Relay> {
  const config = defaultConfig({
    data: { dir: folder },
    relay: { urls: [RELAY_URL] },
    verify: { workers: 1 },
    limits: { max_message_length: 65_536 },
    search: { verify_domains: true },
  });
  const silent = createLogger({ level: "silent", format: "json", destination: { write: () => {} } });
  const made = await createRelay(config, { logger: silent });
  cleanups.push(() => made.stop());
  return made;
}

/** What any client does: publish, ask, count, listen, authenticate, close. */
async function expectToWork(url: string): Promise<void> {
  const key = keypair(1800);
  const [writer, reader] = [await TestClient.connect(url), await TestClient.connect(url)];
  reader.send("REQ", "by kind", { kinds: [1] });
  reader.send("REQ", "by author", { authors: [key.pubkey] });
  await reader.settled();
  const note = signed(key, { content: "from inside" });
  expect(await writer.publish(note)).toEqual([true, ""]);
  await reader.settled();
  expect(reader.eventsOf("by kind")).toEqual([note]);
  expect(reader.eventsOf("by author")).toEqual([note]);
  expect(await reader.stored({ ids: [note.id] })).toEqual([note]);
  expect(await reader.count("c", { kinds: [1] })).toEqual({ count: 1 });
  reader.send("CLOSE", "by kind");
  await reader.settled();
  await writer.publish(signed(key, { content: "after CLOSE" }));
  await reader.settled();
  expect(reader.eventsOf("by kind")).toEqual([note]);
  expect(reader.eventsOf("by author")).toHaveLength(2);

  const guarded = signed(key, { tags: [["-"]], content: "guarded" });
  expect((await writer.publish(guarded))[1]).toStartWith("auth-required:");
  expect(await writer.authenticate(key, RELAY_URL)).toEqual([true, ""]);
  expect(await writer.publish(guarded)).toEqual([true, ""]);

  for (const frame of ["hello", "{}", "5", "[]", '["FOO"]', '"text"', "null", "true"]) {
    writer.sendRaw(frame);
    expect(String((await writer.verb("NOTICE"))[1])).toMatch(/^(invalid|unsupported):/);
  }
  writer.close();
  await writer.closed();
  await reader.publish(signed(key, { content: "to those who are left" }));
  reader.close();
}

test("mounted in Bun.serve, where it answers HTTP too", async () => {
  const { fetch: handle, websocket } = await relay();
  const server = Bun.serve({ port: 0, fetch: handle, websocket } as never);
  cleanups.push(() => server.stop(true));
  await expectToWork(`ws://127.0.0.1:${server.port}/`);
  const answer = await fetch(server.url, { headers: { accept: "application/nostr+json" } });
  expect(await answer.json()).toMatchObject({ supported_nips: expect.arrayContaining([1]) });
});

test("beside a hono app, which keeps its own routes", async () => {
  const made = await relay();
  const app = new Hono<{ Bindings: { server: never } }>();
  app.get("/hello", (context) => context.text("hello"));
  app.all("/", async (context) => (await made.fetch(context.req.raw, context.env.server)) ?? new Response());
  const server = Bun.serve({
    port: 0,
    fetch: (request: Request, self: unknown) => {
      const isUpgrade = request.headers.get("upgrade") === "websocket";
      return isUpgrade ? made.fetch(request, self as never) : app.fetch(request, { server: self as never });
    },
    websocket: made.websocket,
  } as never);
  cleanups.push(() => server.stop(true));
  expect(await (await fetch(new URL("/hello", server.url))).text()).toBe("hello");
  const answer = await fetch(server.url, { headers: { accept: "application/nostr+json" } });
  expect(await answer.json()).toMatchObject({ supported_nips: expect.arrayContaining([1]) });
  await expectToWork(`ws://127.0.0.1:${server.port}/`);
});

test("in Elysia's .ws(), without native topics", async () => {
  const made = await relay();
  const app = new Elysia()
    .get("/hello", () => "hello")
    .ws("/nostr", made.websocket as never)
    .listen(0);
  cleanups.push(() => app.stop(true));
  const { port } = app.server!;
  expect(await (await fetch(`http://127.0.0.1:${port}/hello`)).text()).toBe("hello");
  await expectToWork(`ws://127.0.0.1:${port}/nostr`);
});

test("in Elysia, size and depth of messages are bounded too", async () => {
  const made = await relay();
  const app = new Elysia().ws("/", made.websocket as never).listen(0);
  cleanups.push(() => app.stop(true));
  const client = await TestClient.connect(`ws://127.0.0.1:${app.server!.port}/`);
  client.sendRaw(JSON.stringify(["REQ", "big", { "#t": ["x".repeat(65_536)] }]));
  expect(String((await client.verb("NOTICE", "EOSE"))[1])).toMatch(/too large/);
  client.sendRaw(`["REQ","deep",${"[".repeat(30_000)}${"]".repeat(30_000)}]`);
  const [verb, , reason] = await client.verb("NOTICE", "CLOSED", "EOSE");
  expect([verb, String(reason).split(":")[0]]).toEqual(["CLOSED", "invalid"]);
  client.sendRaw(new TextEncoder().encode('["REQ","binary",{}]'));
  expect(String((await client.verb("NOTICE", "EOSE"))[1])).toMatch(/not binary/);
});

test("stopping the relay says goodbye to clients of any host", async () => {
  const made = await relay();
  const app = new Elysia().ws("/", made.websocket as never).listen(0);
  cleanups.push(() => app.stop(true));
  const client = await TestClient.connect(`ws://127.0.0.1:${app.server!.port}/`);
  await client.ask("open", { limit: 0 });
  await made.stop();
  expect(await client.closed()).toBe(1012);
  expect(client.frames.findLast((frame) => frame[0] === "CLOSED")!.slice(0, 2)).toEqual(["CLOSED", "open"]);
});

test("a relay that cannot start leaves nothing running: nobody serves the folder", async () => {
  const folder = newFolder();
  // The last of several parts that start cannot: a folder stands where its file belongs.
  const obstacle = join(folder, "identity.db");
  mkdirSync(join(obstacle, "full"), { recursive: true });
  await expect(relay(folder)).rejects.toThrow("identity.db");
  expect(isServed(folder)).toBe(false);
});

test("whoever stops a relay waits until it has stopped, also the second to ask", async () => {
  const folder = newFolder();
  const first = await relay(folder);
  void first.stop();
  expect(isServed(folder)).toBe(true);
  await first.stop();
  expect(isServed(folder)).toBe(false);
});
