// Crowds of long windows counted by a real node, against what was written.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { systemClock } from "../../src/cold/clock.ts";
import { type ColdTrendField, ColdTrends } from "../../src/cold/trends.ts";
import { IndexChoice } from "../../src/cold/index-choice.ts";
import { longWindows } from "../../src/query/trends-long.ts";
import { hexOf } from "../support/cold-events.ts";
import { type EventTemplate, unsignedEvent } from "../support/events.ts";
import { MemoryLog } from "../support/memory-log.ts";
import { type ColdBench, coldBench, describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";

const DAY = 86_400;
const NOW = 1_800_000_000;
const NOTE = hexOf("a note");

describeWithOpenSearch("trends of long windows", (url) => {
  const log = new MemoryLog();
  const prefix = ownPrefix();
  let bench: ColdBench;
  let trends: ColdTrends;
  const trusted = Array.from({ length: 6 }, (_, at) => hexOf(`trusted ${at}`));

  const say = (author: string, template: EventTemplate): void =>
    void log.store(unsignedEvent(author, { created_at: NOW - DAY, ...template }).event);

  beforeAll(async () => {
    trusted.forEach((author, at) => {
      say(author, {
        content: `x https://a.example/page https://a.example/p.jpg ${at}`,
        tags: [
          ["t", "Tides"],
          ["p", hexOf("star")],
        ],
      });
      if (at < 4) say(author, { content: `old ${at}`, tags: [["t", "tides"]], created_at: NOW - 40 * DAY });
      if (at < 3) say(author, { content: `few ${at}`, tags: [["t", "few"]], created_at: NOW - 3 * DAY });
      if (at < 2) say(author, { content: `two ${at}`, tags: [["t", "two"]] });
      say(author, { kind: 7, content: "+", tags: [["e", NOTE]] });
      if (at < 2) say(author, { kind: 6, tags: [["e", NOTE]] });
      say(author, {
        content: `warned ${at}`,
        tags: [
          ["t", "warned"],
          ["content-warning", ""],
        ],
      });
      say(author, {
        kind: 4,
        content: `secret ${at}`,
        tags: [
          ["t", "secret"],
          ["p", hexOf("victim")],
        ],
      });
    });
    for (let i = 0; i < 300; i++) say(hexOf(`made up ${i}`), { content: `${i}`, tags: [["t", "scam"]] });
    for (let i = 0; i < 50; i++) say(trusted[0]!, { content: `loud ${i}`, tags: [["t", "loud"]] });
    bench = coldBench({ url, prefix, log });
    bench.start();
    await bench.level();
    trends = new ColdTrends(bench.door, new IndexChoice(bench.clients.read, prefix, systemClock));
  }, 60_000);

  afterAll(() => bench.stop());

  async function crowds(field: ColdTrendField) {
    const outcome = await trends.crowds(field, {
      since: NOW - 30 * DAY,
      until: NOW,
      stepSeconds: DAY,
      limit: 50,
      trusted,
    });
    if (outcome.type !== "answered") throw new Error(outcome.reason);
    return outcome.value;
  }

  test("hashtags by trusted people, with what is usual and a series by days", async () => {
    const found = await crowds("hashtag");
    expect(found.map(({ subject, people, usual }) => [subject, people, usual])).toEqual([
      ["tides", 6, 4],
      ["few", 3, 0],
    ]);
    expect(found[0]!.series).toHaveLength(30);
    expect(found[0]!.series.indexOf(6)).toBe(29);
    expect(found[1]!.series.indexOf(3)).toBe(27);
  });

  test("notes by actors, people by mentions, links with pictures among them", async () => {
    const [note] = await crowds("note");
    expect(note).toMatchObject({ subject: NOTE, people: 6, acts: { reaction: 6, repost: 2 } });
    expect((await crowds("person")).map(({ subject, people }) => [subject, people])).toEqual([
      [hexOf("star"), 6],
    ]);
    expect((await crowds("link")).map(({ subject }) => subject).sort()).toEqual([
      "https://a.example/p.jpg",
      "https://a.example/page",
    ]);
  });

  test("as lists: pages apart from pictures, and nothing while nobody is trusted", async () => {
    const long = longWindows(trends, () => trusted);
    const subjects = async (what: "links" | "media"): Promise<string[] | undefined> =>
      (await long(what, 720, NOW))?.map(({ subject }) => subject);
    expect(await subjects("links")).toEqual(["https://a.example/page"]);
    expect(await subjects("media")).toEqual(["https://a.example/p.jpg"]);
    expect(await longWindows(trends, () => [])("links", 720, NOW)).toBeUndefined();
  });
});
