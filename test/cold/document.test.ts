// Events as documents: what is derived, what never is, and the values that an index would choke on.

import { actionsOf } from "../../src/search/engagement.ts";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DATE_MAX, documentOf, reducedDocumentOf, scoreStep } from "../../src/cold/document.ts";
import { documentId, removedDocumentId } from "../../src/cold/document-id.ts";
import { mappingOf } from "../../src/cold/mapping.ts";
import { tagTerm } from "../../src/cold/tag-values.ts";
import { identifierOf } from "../../src/nostr/address.ts";
import { eventFromJson, type NostrEvent } from "../../src/nostr/event.ts";
import { eventJson } from "../../src/nostr/event-json.ts";
import { hexOf } from "../support/cold-events.ts";
import { type EventTemplate, unsignedEvent } from "../support/events.ts";

const ALICE = hexOf("alice");
const BOB = hexOf("bob");
const TARGET = hexOf("some note");

const REAL = readFileSync(join(import.meta.dir, "../vectors/real-events.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map(eventFromJson);

function event(template: EventTemplate): NostrEvent {
  return unsignedEvent(ALICE, template).event;
}

function document(of: NostrEvent, expiresAt = 0): Record<string, unknown> {
  return documentOf({ seq: 7, createdAt: of.created_at, kind: of.kind, expiresAt, json: eventJson(of) }, of, {
    actions: actionsOf(of, () => true),
  });
}

describe("a document", () => {
  test("carries the event's text as it is, its structure, and its seq", () => {
    const note = event({
      content: "hello #nostr",
      tags: [
        ["t", "nostr"],
        ["p", BOB],
        ["p", BOB],
        ["client", "Bird", "x"],
      ],
    });
    expect(document(note, 1_700_000_100)).toMatchObject({
      raw: eventJson(note),
      seq: 7,
      id: note.id,
      pubkey: ALICE,
      kind: 1,
      created_at: 1_700_000_000,
      exp: 1_700_000_100,
      t: { t: ["nostr"], p: [BOB] },
      hashtag: ["nostr"],
      client: ["bird", "x"],
      proto: "nostr",
    });
  });

  test.each([4, 13, 44, 1059, 1060, 1234, 7374, 7375, 7376, 31_234])(
    "of private kind %d has no text and no facts",
    (kind) => {
      const secret = event({
        kind,
        content: "a secret https://example.com",
        tags: [
          ["title", "secret"],
          ["p", BOB],
        ],
      });
      const { raw, ...rest } = document(secret);
      expect(raw).toContain("a secret");
      expect(JSON.stringify(rest)).not.toContain("secret");
      expect(rest["site"]).toBeUndefined();
      expect(rest["t"]).toEqual({ p: [BOB] });
    },
  );

  test("of a profile has names and about, and is no action", () => {
    const profile = event({
      kind: 0,
      content: JSON.stringify({
        name: "alice",
        display_name: "Alice",
        nip05: "_@alice.example",
        about: "I paint",
      }),
    });
    expect(document(profile)).toMatchObject({
      name: ["alice", "Alice", "alice example"],
      about: "I paint",
    });
    expect(document(profile)["action"]).toBeUndefined();
  });

  test.each([
    [
      "reaction",
      {
        kind: 7,
        content: "+",
        tags: [
          ["e", TARGET],
          ["p", BOB],
        ],
      },
      { action: "reaction", ref: TARGET, actor: ALICE },
    ],
    [
      "repost",
      {
        kind: 6,
        tags: [
          ["e", TARGET],
          ["p", BOB],
        ],
      },
      { action: "repost", ref: TARGET },
    ],
    [
      "reply",
      {
        tags: [
          ["e", hexOf("root"), "", "root"],
          ["e", TARGET, "", "reply"],
        ],
      },
      { action: "reply", ref: TARGET },
    ],
    ["quote", { tags: [["q", TARGET]] }, { quote: [TARGET] }],
  ])("of a %s names what it is about", (_name, template, expected) => {
    expect(document(event(template))).toMatchObject(expected);
  });

  test("of links has none with somebody's password, and none that would have to be cut", () => {
    const long = `https://a.example/${"x".repeat(600)}`;
    const said = event({ content: `https://me:secret@a.example/y ${long}`, tags: [["r", long]] });
    expect(document(said)["link"]).toBeUndefined();
  });

  test("of links has each page once, without tracking", () => {
    const note = event({ content: "https://a.example/x?utm_source=y&id=1 and https://a.example/x?id=1#top" });
    expect(document(note)).toMatchObject({
      link: ["https://a.example/x?id=1"],
      site: ["a.example"],
      has: ["link"],
    });
  });

  test("bounds dates and terms that the index would refuse", () => {
    const far = event({
      created_at: 2 ** 45,
      tags: [
        ["proxy", "id", "x".repeat(40_000)],
        ["r", "y".repeat(40_000)],
      ],
    });
    const made = document(far);
    expect(made["created_at"]).toBe(DATE_MAX);
    expect(made["proto"]).toHaveLength(512);
    expect(made["t"]).toEqual({ r: [tagTerm("y".repeat(40_000))] });
    expect(tagTerm("y".repeat(40_000))).toMatch(/^h:[0-9a-f]{64}$/);
  });

  test("in its reduced form keeps what filters by author, kind and time need", () => {
    const note = event({ content: "text", tags: [["t", "x"]] });
    const reduced = reducedDocumentOf({ seq: 7, createdAt: 0, kind: 1, expiresAt: 9, json: eventJson(note) });
    expect(Object.keys(reduced).toSorted()).toEqual([
      "created_at",
      "exp",
      "id",
      "kind",
      "pubkey",
      "raw",
      "seq",
    ]);
  });

  test("of any real event has only fields of the mapping, and no term above the limit", () => {
    const known = new Set(Object.keys((mappingOf({}) as { properties: object }).properties));
    for (const each of REAL) {
      for (const [field, value] of Object.entries(document(each))) {
        expect(known.has(field)).toBe(true);
        if (["raw", "txt", "about", "title", "name", "url", "t"].includes(field)) continue;
        for (const term of [value].flat()) expect(Buffer.byteLength(String(term))).toBeLessThanOrEqual(2048);
      }
    }
  });
});

test("tag values up to 256 bytes are their own term; the limit is of bytes, not of characters", () => {
  expect(tagTerm("é".repeat(128))).toBe("é".repeat(128));
  expect(tagTerm("é".repeat(129))).toMatch(/^h:/);
  expect(tagTerm("a".repeat(256))).toBe("a".repeat(256));
});

describe("document ids", () => {
  test("regular events stand under their id, all versions of an address under one slot", () => {
    const article = (created_at: number, d: string): NostrEvent =>
      event({ kind: 30_023, created_at, tags: [["d", d]] });
    expect(documentId(event({}))).toBe(event({}).id);
    expect(documentId(article(1, "a"))).toBe(documentId(article(2, "a")));
    expect(documentId(article(1, "a"))).not.toBe(documentId(article(1, "b")));
    expect(documentId(article(1, "x".repeat(9999))).length).toBeLessThan(512);
  });

  test("a removal entry names the same document as its event did", () => {
    for (const each of [
      event({}),
      event({ kind: 0 }),
      event({ kind: 3 }),
      event({ kind: 30_023, tags: [["d", "a:b"]] }),
      event({ kind: 30_023 }),
      ...REAL.slice(0, 300),
    ]) {
      const { id, pubkey, kind } = each;
      const identifier = kind >= 30_000 && kind < 40_000 ? identifierOf(each) : "";
      expect(removedDocumentId({ id, pubkey, kind, identifier })).toBe(documentId(each));
    }
  });
});

test("a score is written again after each doubling twice, not after each reaction", () => {
  const steps = Array.from({ length: 1001 }, (_, score) => scoreStep(score));
  expect(steps[0]).toBe(0);
  expect(steps[1]).toBe(2);
  expect(new Set(steps).size).toBeLessThan(20);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
});
