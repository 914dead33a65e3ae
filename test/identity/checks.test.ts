// Checks in the background: stored profiles and new ones are asked about, a few domains at a time.

import { afterEach, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { IdentityChecks } from "../../src/identity/checks.ts";
import { Directory } from "../../src/identity/directory.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { temporaryFolders } from "../support/temp-folder.ts";
import { type LocalDomains, startLocalDomains } from "./local-domains.ts";

const folder = temporaryFolders();
const NOW = 1_800_000_000;
const open: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop();
});

const pubkeyOf = (index: number): string => keypair(7400 + index).pubkey;
const profile = (index: number, nip05: string): NostrEvent =>
  unsignedEvent(pubkeyOf(index), { kind: 0, content: JSON.stringify({ nip05 }) }).event;

function start(stored: readonly NostrEvent[]): {
  checks: IdentityChecks;
  directory: Directory;
  domains: LocalDomains;
} {
  const domains = startLocalDomains();
  const directory = new Directory(folder());
  const checks = new IdentityChecks({
    directory,
    reach: domains.reach,
    now: () => NOW,
    everyMs: 1,
    onTrouble: (error) => {
      throw error;
    },
    walkProfiles: () => {
      const batches = stored.map((each) => [each]);
      return () => batches.shift();
    },
  });
  open.push({ stop: () => directory.close() }, domains, checks);
  return { checks, directory, domains };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await Bun.sleep(2);
}

test("profiles that were there before and new ones, true and untrue", async () => {
  const { checks, directory, domains } = start([profile(1, "one@a.example"), profile(2, "two@b.example")]);
  domains.answer = () => Response.json({ names: { one: pubkeyOf(1), two: pubkeyOf(9), three: pubkeyOf(3) } });
  checks.profile(profile(3, "three@a.example"));
  checks.profile(profile(4, "no identifier"));
  await until(() => domains.asked.length === 3 && directory.due(NOW, 10).length === 0);
  expect([1, 2, 3, 4].map((index) => directory.domainOf(pubkeyOf(index), NOW))).toEqual([
    "a.example",
    undefined,
    "a.example",
    undefined,
  ]);
  expect(domains.asked.toSorted()).toEqual([
    "a.example/.well-known/nostr.json?name=one",
    "a.example/.well-known/nostr.json?name=three",
    "b.example/.well-known/nostr.json?name=two",
  ]);
  checks.profile(profile(1, ""));
  await until(() => directory.domainOf(pubkeyOf(1), NOW) === undefined);
});

test("one question at a time to one domain, four to all", async () => {
  const { domains } = start(
    Array.from({ length: 24 }, (_, index) => profile(index, `n${index}@${"abcdef"[index % 6]}.example`)),
  );
  const running = new Map<string, number>();
  let [most, mostOfOne] = [0, 0];
  domains.answer = async (domain) => {
    running.set(domain, (running.get(domain) ?? 0) + 1);
    mostOfOne = Math.max(mostOfOne, running.get(domain)!);
    most = Math.max(
      most,
      running.values().reduce((sum, count) => sum + count, 0),
    );
    await Bun.sleep(10);
    running.set(domain, running.get(domain)! - 1);
    return new Response("", { status: 404 });
  };
  await until(() => domains.asked.length === 24);
  expect(mostOfOne).toBe(1);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
});

test("with more new profiles than it keeps, it goes through all stored ones again", async () => {
  const stored: NostrEvent[] = [];
  const { checks, directory } = start(stored);
  for (let index = 0; index < checks.depthMax; index++) {
    checks.profile({ ...profile(1, "x@a.example"), pubkey: index.toString(16).padStart(64, "0") });
  }
  stored.push(profile(2, "late@b.example"));
  checks.profile(stored[0]!);
  expect(checks.depth).toBe(checks.depthMax);
  await until(
    () => directory.due(NOW, 1e6).length + directory.due(NOW + 1e6, 1e6).length > 0 && checks.depth === 0,
  );
  await until(() => directory.due(NOW + 1e9, 1e6).some(({ name }) => name === "late"));
});
