// A word that hundreds of short notes have finds what people talk about as well, within everything else that was asked.

import { expect, test } from "bun:test";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { FulltextReader } from "../../src/hot/fulltext-reader.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { RankedSearch } from "../../src/query/ranked-search.ts";
import { unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW, parsed } from "../support/fulltext-store.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const key = (name: string): string => Bun.SHA256.hash(`talked about ${name}`, "hex");
const DAY = 86_400;

const note = (author: string, content: string) =>
  unsignedEvent(key(author), { content, created_at: NOW - DAY });
/** Older than everything else. */
const weighty = (content: string, tags: string[][] = []) =>
  unsignedEvent(key("expert"), { content, tags, created_at: NOW - 3 * DAY });
const reactionsTo = ({ event }: VerifiedEvent, people: number): VerifiedEvent[] =>
  Array.from({ length: people }, (_, at) =>
    unsignedEvent(key(`fan ${at}`), {
      kind: 7,
      content: "+",
      tags: [["e", event.id]],
      created_at: NOW - 3600,
    }),
  );

/** Many more short notes with the word than are weighed, none of them liked. */
const CROWD = Array.from({ length: 400 }, (_, at) => note(`passer-by ${at}`, `weather ${at}`));
const ARTICLE = `All about weather in mountains: ${"how snow and ice and fog begin, and where they end; ".repeat(8)}`;
const WEIGHTY = `Why the weather of this valley is what it is: ${"a long explanation of winds and clouds, ".repeat(6)}`;

/** Whom the operator follows. */
const FOLLOWS = unsignedEvent(key("operator"), {
  kind: 3,
  tags: Array.from({ length: 150 }, (_, at) => ["p", key(`fan ${at}`)]),
  created_at: NOW - DAY,
});

class World {
  private readonly store = new FulltextStore(folder());
  readonly fulltext = new FulltextReader(this.store.database, this.store.reader, {}, [key("operator")]);
  private readonly search = new RankedSearch(this.fulltext, this.store.reader);

  constructor() {
    this.write(FOLLOWS, ...CROWD);
  }

  write(...events: VerifiedEvent[]): void {
    this.store.write(...events);
    this.store.catchUp();
  }

  /** A whole round; answers in how many steps. */
  round(): number {
    while (!this.fulltext.trustedTargets.step(NOW));
    let steps = 1;
    while (!this.fulltext.talkedAbout.step(NOW)) steps++;
    return steps;
  }

  /** Contents of the first page, best first. */
  page(text: string, filter: Partial<Filter> = {}, upToSeq = Number.MAX_SAFE_INTEGER): string[] {
    const page = { limit: 20, pageSize: 20, deadlineMs: Number.POSITIVE_INFINITY };
    const found = this.search.search(
      parsed(text),
      { tags: [], ...filter },
      { ...page, upToSeq, nowSeconds: NOW },
    );
    if (isRefusal(found)) throw new Error(found.text);
    return found.hits.map(({ json }) => (JSON.parse(json) as { content: string }).content);
  }
}

test("what many people liked comes before short notes that nobody noticed", () => {
  const world = new World();
  const liked = weighty(WEIGHTY);
  world.write(liked, ...reactionsTo(liked, 120));
  expect(world.page("weather")).not.toContain(WEIGHTY);
  world.round();
  expect(world.page("weather")[0]).toBe(WEIGHTY);
  // Once, also where the text finds it too.
  for (const text of ["weather", "weather valley", "weather OR clouds"])
    expect(world.page(text).filter((content) => content === WEIGHTY)).toHaveLength(1);
});

test("nobody lifts a text full of words with keys that were made for it", () => {
  const world = new World();
  const bought = weighty(WEIGHTY);
  const crowd = Array.from({ length: 300 }, (_, at) =>
    unsignedEvent(key(`made up ${at}`), { kind: 7, tags: [["e", bought.event.id]], created_at: NOW - 60 }),
  );
  world.write(bought, ...crowd);
  world.round();
  expect(world.page("weather")).not.toContain(WEIGHTY);
});

test("it meets the whole query and filter, and what the client has not seen yet stays for later", () => {
  const world = new World();
  const liked = weighty(WEIGHTY);
  world.write(liked, ...reactionsTo(liked, 120));
  world.round();
  const has = (text: string, filter: Partial<Filter> = {}, upToSeq?: number) =>
    world.page(text, filter, upToSeq).includes(WEIGHTY);
  expect(has("weather", { kinds: [1], since: NOW - 4 * DAY })).toBe(true);
  expect(has("weather -clouds")).toBe(false);
  expect(has("weather since:2099-01-01")).toBe(false);
  expect(has("weather", { until: NOW - 4 * DAY })).toBe(false);
  expect(has("weather", { kinds: [30_023] })).toBe(false);
  expect(has("weather", { authors: CROWD.map(({ event }) => event.pubkey) })).toBe(false);
  expect(has("weather sort:recent", {})).toBe(false);
  expect(has("weather", {}, CROWD.length + 1)).toBe(false);
});

test("what was deleted or has expired is not found, nor is a version of an article that was replaced", () => {
  const world = new World();
  const deleted = weighty(WEIGHTY);
  const mortal = weighty(`Now ${WEIGHTY}`, [["expiration", `${NOW - 1}`]]);
  const article = (title: string, created_at: number) =>
    unsignedEvent(key("author"), {
      kind: 30_023,
      content: ARTICLE,
      tags: [
        ["d", "weather"],
        ["title", title],
      ],
      created_at,
    });
  const old = article("old", NOW - DAY);
  const liked = (event: VerifiedEvent) => reactionsTo(event, 120);
  const likedArticle = Array.from({ length: 120 }, (_, at) =>
    unsignedEvent(key(`fan ${at}`), {
      kind: 7,
      content: "+",
      tags: [["a", `30023:${key("author")}:weather`]],
      created_at: NOW - 3600,
    }),
  );
  world.write(deleted, mortal, old, ...liked(deleted), ...liked(mortal), ...likedArticle);
  world.round();
  expect(world.page("weather").slice(0, 2).sort()).toEqual([ARTICLE, WEIGHTY].sort());
  world.write(
    unsignedEvent(key("expert"), { kind: 5, tags: [["e", deleted.event.id]], created_at: NOW }),
    article("new", NOW),
  );
  const long = () => world.page("weather").filter((content) => !content.startsWith("weather"));
  expect(long()).toEqual([]);
  world.round();
  expect(long()).toEqual([ARTICLE]);
});

test("thousands of leaders are looked up in steps, and only the first of them are held", () => {
  const world = new World();
  const liked = Array.from({ length: 1100 }, (_, at) => note(`writer ${at}`, `weather report ${at}`));
  world.write(...liked, ...liked.flatMap((each) => reactionsTo(each, 1)));
  expect(world.round()).toBe(20);
  const { talkedAbout } = world.fulltext;
  const options = { upToSeq: Number.MAX_SAFE_INTEGER, nowSeconds: NOW };
  expect(talkedAbout.matching(parsed("report"), { tags: [] }, options)).toHaveLength(30);
});

test("the language of what is held is found out once, and not while somebody searches", () => {
  const store = new FulltextStore(folder());
  let asked = 0;
  const oracles = { languageOf: () => (asked++, "en") };
  const fulltext = new FulltextReader(store.database, store.reader, oracles, [key("operator")]);
  const liked = weighty(WEIGHTY);
  store.write(FOLLOWS, liked, ...reactionsTo(liked, 5));
  store.catchUp();
  while (!fulltext.trustedTargets.step(NOW));
  while (!fulltext.talkedAbout.step(NOW));
  const options = { upToSeq: Number.MAX_SAFE_INTEGER, nowSeconds: NOW };
  const found = (text: string) => fulltext.talkedAbout.matching(parsed(text), { tags: [] }, options).length;
  expect([found("weather language:en"), found("weather language:de"), asked]).toEqual([1, 0, 1]);
  while (!fulltext.talkedAbout.step(NOW));
  expect([found("weather language:en"), asked]).toEqual([1, 1]);
});
