// One question to a domain: what it may answer, what it may not make the relay do, and for how long.

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { askDomain, type DomainAnswer } from "../../src/identity/well-known.ts";
import { startLocalDomains } from "./local-domains.ts";

const KEY = "ab".repeat(32);
const BOB = { name: "bob", domain: "bob.example" };
const LIMITS = { timeoutMs: 100, bytesMax: 2000 };
const UNREACHABLE = expect.objectContaining({ type: "unreachable" });
const NOBODY: DomainAnswer = { type: "answered", pubkey: undefined };

const domains = startLocalDomains();
afterAll(() => domains.stop());
beforeEach(() => {
  domains.asked.length = 0;
});

const json = (value: unknown): Response => Response.json(value);
const ask = (answer: () => Response | Promise<Response>, name = "bob"): Promise<DomainAnswer> => {
  domains.answer = answer;
  return askDomain({ ...BOB, name }, domains.reach, LIMITS);
};

test("a name and its key", async () => {
  expect(await ask(() => json({ names: { bob: KEY }, relays: {} }))).toEqual({
    type: "answered",
    pubkey: KEY,
  });
  expect(domains.asked).toEqual(["bob.example/.well-known/nostr.json?name=bob"]);
});

const answers: [string, () => Response | Promise<Response>, unknown][] = [
  ["another name", () => json({ names: { alice: KEY } }), NOBODY],
  ["a key in upper case", () => json({ names: { bob: KEY.toUpperCase() } }), NOBODY],
  ["an npub", () => json({ names: { bob: "npub1…" } }), NOBODY],
  ["no names", () => json({}), NOBODY],
  ["names that are a list", () => json({ names: [KEY] }), NOBODY],
  ["404", () => new Response("no", { status: 404 }), NOBODY],
  ["500", () => new Response("no", { status: 500 }), UNREACHABLE],
  ["no JSON", () => new Response("<html>"), UNREACHABLE],
  ["null", () => json(null), UNREACHABLE],
  ["more than is read", () => json({ names: { bob: KEY }, filler: "x".repeat(5000) }), UNREACHABLE],
  ["nothing, for ever", () => new Promise<Response>(() => {}), UNREACHABLE],
  ["bytes without end", () => new Response(dripping()), UNREACHABLE],
];
test.each(answers)("%s", async (_what, answer, expected) => {
  expect(await ask(answer)).toEqual(expected as DomainAnswer);
});

test("names of the language's own are no names", async () => {
  for (const name of ["__proto__", "constructor"])
    expect(await ask(() => json({ names: {} }), name)).toEqual(NOBODY);
});

test("a redirect is not followed, wherever it leads", async () => {
  const elsewhere = `http://127.0.0.1:${domains.reach.port}/.well-known/nostr.json?name=bob`;
  for (const status of [301, 302, 307, 308]) {
    expect(await ask(() => new Response(null, { status, headers: { location: elsewhere } }))).toEqual(NOBODY);
  }
  expect(domains.asked).toHaveLength(4);
});

describe("where a domain leads", () => {
  test("only to addresses that may be connected to", async () => {
    domains.answer = () => json({ names: { bob: KEY } });
    const guarded = { ...domains.reach, port: domains.reach.port, mayConnect: () => false };
    expect(await askDomain(BOB, guarded, LIMITS)).toMatchObject({ reason: "it has no public address" });
    expect(domains.asked).toEqual([]);
  });

  test("the address that was looked at is the one that is connected to", async () => {
    let lookups = 0;
    const looked: string[] = [];
    const reach = {
      ...domains.reach,
      port: domains.reach.port,
      resolve: async () => (lookups++ === 0 ? ["192.0.2.1", "127.0.0.1"] : ["192.0.2.1"]),
      mayConnect: (address: string) => looked.push(address) > 0 && address === "127.0.0.1",
    };
    domains.answer = () => json({ names: { bob: KEY } });
    expect(await askDomain(BOB, reach, LIMITS)).toEqual({ type: "answered", pubkey: KEY });
    expect(looked).toEqual(["192.0.2.1", "127.0.0.1"]);
    expect(lookups).toBe(1);
  });

  test("nowhere, or never answered", async () => {
    const nowhere = { ...domains.reach, port: 1, resolve: () => Promise.reject(new Error("ENOTFOUND")) };
    expect(await askDomain(BOB, nowhere, LIMITS)).toMatchObject({ reason: "ENOTFOUND" });
    const silent = { ...nowhere, resolve: () => new Promise<never>(() => {}) };
    expect(await askDomain(BOB, silent, LIMITS)).toEqual(UNREACHABLE as never);
  });
});

function dripping(): ReadableStream {
  return new ReadableStream({
    async pull(controller) {
      await Bun.sleep(20);
      controller.enqueue(new TextEncoder().encode(" "));
    },
  });
}
