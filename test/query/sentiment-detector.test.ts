// Sentiment of English texts: plain cases, negation, length, and the languages that nobody here can judge.

import { beforeAll, describe, expect, test } from "bun:test";
import type { EventTemplate } from "../support/events.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { loadDetectors } from "../../src/query/detectors.ts";
import { loadSentimentDetector, type SentimentDetector } from "../../src/query/sentiment-detector.ts";

const ALICE = keypair(1).pubkey;
const eventOf = (template: EventTemplate) => unsignedEvent(ALICE, template).event;

describe("an English text", () => {
  let sentimentOf: SentimentDetector;
  beforeAll(async () => {
    sentimentOf = await loadSentimentDetector(() => "en");
  });

  const cases: [string, string][] = [
    ["This relay is wonderful and I love it", "positive"],
    ["What a terrible, useless client", "negative"],
    ["The meeting is on Tuesday at noon", "neutral"],
    ["I do not like this at all", "negative"],
    ["That is not bad", "positive"],
    ["This is the worst thing ever 😠", "negative"],
    ["Off to the beach 😍", "positive"],
    ["It’s NOT working", "negative"],
    [`We like it. ${"The protocol moves events between clients and relays. ".repeat(20)}`, "neutral"],
    ["😍", "positive"],
    ["constructor __proto__ toString", "neutral"],
  ];
  test.each(cases)("%p is %s", (content, expected) => {
    expect(sentimentOf(eventOf({ content }))).toBe(expected as never);
  });

  test("without words, or of a kind without text, has none", () => {
    expect(sentimentOf(eventOf({ content: "" }))).toBeUndefined();
    expect(sentimentOf(eventOf({ content: "!!! …" }))).toBeUndefined();
    expect(sentimentOf(eventOf({ kind: 7, content: "love" }))).toBeUndefined();
    expect(sentimentOf(eventOf({ kind: 4, content: "I love you" }))).toBeUndefined();
  });

  test("counts with its title", () => {
    const tags = [["title", "Wonderful, great, excellent"]];
    expect(sentimentOf(eventOf({ kind: 30_023, content: "On relays", tags }))).toBe("positive");
  });
});

describe("with the language detector", () => {
  test("only what is English is judged; a label goes before the guess", async () => {
    const { sentimentOf } = await loadDetectors({ languages: true, sentiments: true });
    const english = "I really love this wonderful place and its people";
    expect(sentimentOf!(eventOf({ content: english }))).toBe("positive");
    const german =
      "Das war wirklich ein die Leute sehr glücklich machender Abend, alle waren super begeistert";
    expect(sentimentOf!(eventOf({ content: german }))).toBeUndefined();
    expect(sentimentOf!(eventOf({ content: "gm 😍" }))).toBeUndefined();
    const label = (code: string) => [
      ["L", "ISO-639-1"],
      ["l", code, "ISO-639-1"],
    ];
    expect(sentimentOf!(eventOf({ content: "gm 😍", tags: label("en") }))).toBe("positive");
    expect(sentimentOf!(eventOf({ content: english, tags: label("nl") }))).toBeUndefined();
  });

  test("switched off, nothing is loaded and nothing answered", async () => {
    expect(await loadDetectors({ languages: false, sentiments: false })).toEqual({});
    expect(await loadDetectors({ languages: true, sentiments: false })).not.toHaveProperty("sentimentOf");
  });
});
