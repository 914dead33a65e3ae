// Live matching: each condition on events made for it, and text against a naive model on random vocabularies.

import { describe, expect, test } from "bun:test";
import { nip19 } from "nostr-tools";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { type Oracles, SearchableEvent } from "../../src/search/match.ts";
import { parseSearch } from "../../src/search/parse.ts";
import type { SearchQuery } from "../../src/search/query.ts";
import { type EventTemplate, keypair, unsignedEvent } from "../support/events.ts";
import { prng, testSeed } from "../support/prng.ts";
import { naiveMatch, randomQuery, randomText } from "./vocabulary.ts";

const ALICE = keypair(1).pubkey;
const NOW = 1_700_000_000;

function query(text: string): SearchQuery {
  const parsed = parseSearch(text, { nowSeconds: NOW });
  if (isRefusal(parsed)) throw new Error(parsed.text);
  return parsed;
}

function event(template: EventTemplate): NostrEvent {
  return unsignedEvent(ALICE, template).event;
}

function matches(
  text: string,
  template: EventTemplate,
  oracles: Oracles = {},
  filter: Filter = { tags: [] },
): boolean {
  return new SearchableEvent(event(template), oracles).matches(query(text), filter);
}

describe("conditions", () => {
  const id = "12".repeat(32);
  const cases: readonly (readonly [string, EventTemplate, boolean])[] = [
    [
      nip19.naddrEncode({ kind: 10_003, pubkey: ALICE, identifier: "" }),
      { kind: 10_003, tags: [["d", "x"]] },
      true,
    ],
    [
      nip19.naddrEncode({ kind: 30_023, pubkey: ALICE, identifier: "" }),
      { kind: 30_023, tags: [["d", "x"]] },
      false,
    ],
    ["#nostr", { tags: [["t", "#Nostr"]] }, true],
    ["nsfw:false", { tags: [["t", "#nsfw"]] }, false],
    ["has:image", { content: "https://x.com/a.jpg" }, true],
    ["has:image", { content: "see", tags: [["imeta", "url https://x.com/blob", "m image/png"]] }, true],
    ["has:image", { content: "https://x.com/a.mp4" }, false],
    ["has:video", { kind: 22 }, true],
    ["media:true", { content: "https://x.com/a.mp3" }, true],
    ["media:false", { content: "plain" }, true],
    ["has:link", { content: "https://x.com/page" }, true],
    ["has:link", { content: "https://x.com/a.jpg" }, false],
    ["has:reply", { tags: [["e", id, "", "reply"]] }, true],
    ["has:reply", { tags: [["e", id]] }, true],
    ["has:reply", { tags: [["e", id, "", "mention"]] }, false],
    ["has:quote", { tags: [["q", id]] }, true],
    ["#Nostr", { tags: [["t", "nostr"]] }, true],
    ["#nostr", { tags: [["t", "NOSTR"]] }, true],
    ["#nostr", { content: "#nostr" }, false],
    ["-#nostr", { tags: [["t", "nostr"]] }, false],
    ["site:youtube.com", { content: "https://m.youtube.com/x" }, true],
    ["site:youtube.com", { content: "https://notyoutube.com/x" }, false],
    ["site:例え.jp", { content: "https://www.例え.jp/x" }, true],
    ["site:Bücher.example", { content: "https://xn--bcher-kva.example/x" }, true],
    ["domain:example.com", { kind: 0, content: '{"nip05":"al@Example.com"}' }, true],
    ["domain:example.com", { kind: 0, content: '{"nip05":"al@other.com"}' }, false],
    [
      "language:de",
      {
        tags: [
          ["L", "ISO-639-1"],
          ["l", "de", "ISO-639-1"],
        ],
      },
      true,
    ],
    ["language:de", { content: "Guten Tag" }, false],
    ["nsfw:false", { content: "fine" }, true],
    ["nsfw:false", { tags: [["content-warning"]] }, false],
    ["nsfw:false", { tags: [["t", "NSFW"]] }, false],
    ["protocol:nostr", {}, true],
    ["protocol:activitypub", { tags: [["proxy", "https://x", "activitypub"]] }, true],
    ["protocol:nostr", { tags: [["proxy", "https://x", "activitypub"]] }, false],
    ["client:damus", { tags: [["client", "Damus"]] }, true],
    [`client:31990:${ALICE}:x`, { tags: [["client", "X", `31990:${ALICE}:x`]] }, true],
    ["tag:e", { tags: [["e", id]] }, true],
    ["-tag:e", { tags: [["e", id]] }, false],
    ["kind:1", { kind: 1 }, true],
    ["kind:1 kind:6", { kind: 6 }, true],
    ["kind:2", { kind: 1 }, false],
    [`from:${ALICE}`, {}, true],
    [`from:${"00".repeat(32)}`, {}, false],
    [`-from:${ALICE}`, {}, false],
    ["since:1d", { created_at: NOW - 86_400 }, true],
    ["since:1d", { created_at: NOW - 86_401 }, false],
    ["until:1d", { created_at: NOW }, false],
    [ALICE, {}, true],
    ["00".repeat(32), {}, false],
    [`(from:${ALICE} OR #x) word`, { content: "a word" }, true],
    ["pow:0", {}, true],
    ["pow:200", {}, false],
  ];
  test.each(cases)("%p on %j is %p", (text, template, expected) => {
    expect(matches(text, template)).toBe(expected);
  });

  test("what the event does not say is asked elsewhere, and holds for nobody without an answer", () => {
    expect(matches("language:de", { content: "Guten Tag" }, { languageOf: () => "de" })).toBe(true);
    expect(matches("domain:a.b", {}, { domainOf: () => "a.b" })).toBe(true);
    expect(matches("domain:a.b", {})).toBe(false);
    expect(matches("sentiment:positive", {}, { sentimentOf: () => "positive" })).toBe(true);
    expect(matches("sentiment:positive", {})).toBe(false);
  });
});

test("text is matched in one field at a time, and across fields when words are apart", () => {
  const article: EventTemplate = { kind: 30_023, content: "cold beer", tags: [["title", "Warm water"]] };
  expect(matches("warm beer", article)).toBe(true);
  expect(matches('"warm water"', article)).toBe(true);
  expect(matches('"water cold"', article)).toBe(false);
  expect(matches("beer water", article)).toBe(true);
});

test("private kinds are never matched by text", () => {
  expect(matches("secret", { kind: 4, content: "secret" })).toBe(false);
  expect(matches(":)", { content: ":)" })).toBe(false);
});

test("bookkeeping is a hit where it is asked for by kind or by id, and knows of no conditions but its own keys", () => {
  const deletion: EventTemplate = {
    kind: 5,
    tags: [["e", "12".repeat(32)]],
    content: "see https://x.com/a.jpg",
  };
  const { id } = event(deletion);
  const from = `from:${ALICE}`;
  for (const text of [from, "since:1d", "-fox", `${ALICE} OR fox`, ALICE, "sort:recent"])
    expect([text, matches(text, deletion)]).toEqual([text, false]);
  for (const text of [`${from} kind:5`, id, `fox OR ${id}`, "kind:7 kind:5"])
    expect([text, matches(text, deletion)]).toEqual([text, true]);
  for (const named of [{ kinds: [1, 5] }, { ids: [id] }])
    expect(matches(from, deletion, {}, { tags: [], ...named })).toBe(true);
  for (const text of [
    "-kind:1",
    "kind:5 has:image",
    "kind:5 site:x.com",
    "kind:5 protocol:nostr",
    "kind:5 see",
  ])
    expect([text, matches(text, deletion)]).toEqual([text, false]);
});

const seed = testSeed();
test(`random texts and queries agree with substring search over tokens (seed ${seed})`, () => {
  const random = prng(seed);
  let hits = 0;
  for (let round = 0; round < 1500; round++) {
    const content = randomText(random);
    const parsed = query(randomQuery(random));
    const found = new SearchableEvent(event({ content })).matches(parsed, { tags: [] });
    expect({ content, query: parsed.text, found }).toEqual({
      content,
      query: parsed.text,
      found: naiveMatch(parsed.text, content),
    });
    if (found) hits++;
  }
  expect(hits).toBeGreaterThan(100);
});
