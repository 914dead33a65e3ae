// Scores of documents, and which documents have fallen behind the counters.

import { expect, test } from "bun:test";
import { addressText } from "../../src/nostr/address.ts";
import { NO_ENGAGEMENT } from "../../src/search/engagement.ts";
import { ColdScores } from "../../src/query/cold-scores.ts";
import { hexOf, note } from "../support/cold-events.ts";
import { unsignedEvent } from "../support/events.ts";

const target = note("alice", "a note");
const reaction = (n: number) =>
  unsignedEvent(hexOf(`fan ${n}`), { kind: 7, content: "+", tags: [["e", target.id]] }).event;

function scores(): { counted: ColdScores; reactions: Map<string, number>; followers: Map<string, number> } {
  const reactions = new Map<string, number>();
  const followers = new Map<string, number>();
  const hit = { seq: 42, createdAt: 0, kind: 1, expiresAt: 0, json: "" };
  const counted = new ColdScores({
    reader: {
      get: (id) => (id === target.id ? hit : undefined),
      scan: (filter) => ({
        run: (visit) => (visit({ ...hit, seq: filter.kinds![0] === 0 ? 7 : 8 }) ? "exhausted" : "stopped"),
        position: () => undefined,
        plan: { source: "author", streams: 1, because: "a test asks" },
      }),
    },
    engagement: {
      counts: (ref) =>
        reactions.has(ref) ? { ...NO_ENGAGEMENT, ref, reactions: reactions.get(ref)! } : undefined,
      followers: (pubkey) => followers.get(pubkey) ?? 0,
    },
    detectors: {
      languageOf: (event) => (event.content.includes("note") ? "en" : undefined),
      sentimentOf: (event) => (event.content.includes("note") ? "neutral" : undefined),
    },
  });
  return { counted, reactions, followers };
}

test("a document carries the counts of its event, and what was detected in its text", () => {
  const { counted, reactions } = scores();
  reactions.set(target.id, 5);
  expect(counted.scoresOf(target)).toEqual({ engagement: 5, language: "en", sentiment: "neutral" });
});

test("a document is outdated when its score has reached another step since it was written, and only then", () => {
  const { counted, reactions } = scores();
  counted.scoresOf(target);
  expect(counted.outdated()).toEqual([]);
  counted.scoresOf(reaction(1));
  reactions.set(target.id, 1);
  expect(counted.outdated()).toEqual([42]);
  reactions.set(target.id, 100);
  counted.scoresOf(target);
  counted.scoresOf(reaction(2));
  reactions.set(target.id, 101);
  expect(counted.outdated()).toEqual([]);
});

test("followers are the trust of profiles, and a new follower may outdate one", () => {
  const { counted, followers } = scores();
  const pubkey = hexOf("alice");
  counted.scoresOf(unsignedEvent(pubkey, { kind: 0, content: "{}" }).event);
  counted.scoresOf(unsignedEvent(hexOf("bob"), { kind: 3, tags: [["p", pubkey]] }).event);
  followers.set(pubkey, 3);
  expect(counted.outdated()).toEqual([7]);
});

test("an addressable target is looked up by its address", () => {
  const { counted, reactions } = scores();
  const address = addressText({ kind: 30_023, pubkey: hexOf("alice"), identifier: "x" });
  counted.scoresOf(
    unsignedEvent(hexOf("bob"), {
      kind: 7,
      tags: [
        ["e", hexOf("v1")],
        ["a", address],
      ],
    }).event,
  );
  reactions.set(address, 9);
  expect(counted.outdated()).toEqual([8]);
});

test("counters that cannot be read count as nothing", () => {
  const { counted } = scores();
  const broken = new ColdScores({
    reader: {
      get: () => undefined,
      scan: () => {
        throw new Error("unused");
      },
    },
    engagement: {
      counts: () => {
        throw new Error("no such table");
      },
      followers: () => 0,
    },
    detectors: {},
  });
  expect(broken.scoresOf(target)).toEqual({ engagement: 0 });
  expect(counted.outdated()).toEqual([]);
});
