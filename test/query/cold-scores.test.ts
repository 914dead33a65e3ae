// Scores of documents, and which documents have fallen behind the counters.

import { expect, test } from "bun:test";
import { targetKey } from "../../src/hot/engagement-columns.ts";
import { eventJson } from "../../src/nostr/event-json.ts";
import { addressText } from "../../src/nostr/address.ts";
import { type Engagement, NO_ENGAGEMENT } from "../../src/search/engagement.ts";
import { ColdScores } from "../../src/query/cold-scores.ts";
import { hexOf, note } from "../support/cold-events.ts";
import { unsignedEvent } from "../support/events.ts";

const NOW = 1_700_000_000;
const target = note("alice", "a note");
const reaction = (n: number) =>
  unsignedEvent(hexOf(`fan ${n}`), { kind: 7, content: "+", tags: [["e", target.id]] }).event;

function scores(): {
  counted: ColdScores;
  acts: Map<number, Partial<Engagement>>;
  followers: Map<string, number>;
} {
  const acts = new Map<number, Partial<Engagement>>();
  const followers = new Map<string, number>();
  const hit = { seq: 42, createdAt: 0, kind: 1, expiresAt: 0, json: eventJson(target) };
  const versionOf = (kind: number) => {
    const { json } = unsignedEvent(hexOf("alice"), { kind, tags: [["d", "x"]] });
    return { ...hit, kind, json, seq: kind === 0 ? 7 : 8 };
  };
  const counted = new ColdScores({
    reader: {
      get: (id) => (id === target.id ? hit : undefined),
      scan: (filter) => ({
        run: (visit) => (visit(versionOf(filter.kinds![0]!)) ? "exhausted" : "stopped"),
        position: () => undefined,
        plan: { source: "author", streams: 1, because: "a test asks" },
      }),
    },
    engagement: {
      followers: (pubkey) => followers.get(pubkey) ?? 0,
      snapshot: (read) => read(),
    },
    trusted: { countsNow: (key) => ({ ...NO_ENGAGEMENT, ...acts.get(key) }) },
    isSigned: () => true,
    now: () => NOW,
    detectors: {
      languageOf: (event) => (event.content.includes("note") ? "en" : undefined),
      sentimentOf: (event) => (event.content.includes("note") ? "neutral" : undefined),
    },
  });
  return { counted, acts, followers };
}

test("a document carries the counts of its event, and what was detected in its text", () => {
  const { counted, acts } = scores();
  acts.set(targetKey(target.id), { reactions: 5 });
  expect(counted.scoresOf(target)).toEqual({
    engagement: 5,
    paid: 0,
    actions: [],
    language: "en",
    sentiment: "neutral",
  });
});

test("a document is outdated when its score has reached another step since it was written, and only then", () => {
  const { counted, acts } = scores();
  counted.scoresOf(target);
  expect(counted.outdated()).toEqual([]);
  counted.scoresOf(reaction(1));
  acts.set(targetKey(target.id), { reactions: 1 });
  expect(counted.outdated()).toEqual([42]);
  acts.set(targetKey(target.id), { reactions: 100 });
  counted.scoresOf(target);
  counted.scoresOf(reaction(2));
  acts.set(targetKey(target.id), { reactions: 101 });
  expect(counted.outdated()).toEqual([]);
});

test("what was paid outdates a document of its own accord", () => {
  const { counted, acts } = scores();
  acts.set(targetKey(target.id), { reactions: 3 });
  counted.scoresOf(target);
  acts.set(targetKey(target.id), { reactions: 3, msats: 21_000 });
  counted.scoresOf(reaction(1));
  expect(counted.outdated()).toEqual([42]);
  expect(counted.scoresOf(target)).toMatchObject({ engagement: 3, paid: 21 });
  counted.scoresOf(reaction(2));
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
  const { counted, acts } = scores();
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
  acts.set(targetKey(address), { reactions: 9 });
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
    engagement: { followers: () => 0, snapshot: (read) => read() },
    trusted: {
      countsNow: () => {
        throw new Error("no such table");
      },
    },
    isSigned: () => true,
    now: () => NOW,
    detectors: {},
  });
  expect(broken.scoresOf(target)).toEqual({ actions: [] });
  expect(counted.outdated()).toEqual([]);
});
