// Lists of trends whose counts come from another store: gated, and cut, as all others.

import { expect, test } from "bun:test";
import { openFulltextForTrust } from "../../src/hot/fulltext-database.ts";
import { type TrendItem, TrendReader } from "../../src/hot/trend-reader.ts";
import { TrendBoard } from "../../src/query/trends-board.ts";
import { NO_ENGAGEMENT } from "../../src/search/engagement.ts";
import { unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW } from "../support/fulltext-store.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const [ALICE, BOB] = ["a1".repeat(32), "b2".repeat(32)];

const itemOf = (subject: string): TrendItem => ({
  topic: "note",
  subject,
  people: 3,
  crowd: { trusted: 3, known: 0, fresh: 0 },
  uses: 3,
  weight: 3,
  usual: 0,
  velocity: 1,
  score: 3,
  hourly: [],
  followers: 0,
  engagement: NO_ENGAGEMENT,
});

test("two notes of one author, and none that may not be shown", async () => {
  const store = new FulltextStore(folder());
  const notes = [ALICE, ALICE, ALICE, BOB].map((author, at) =>
    unsignedEvent(author, { content: `note ${at}`, created_at: NOW - at }),
  );
  const warned = unsignedEvent(BOB, { content: "warned", tags: [["content-warning", ""]] });
  store.write(...notes, warned);
  store.catchUp();
  const ids = [warned, ...notes].map(({ event }) => event.id);
  const board = new TrendBoard({
    trends: new TrendReader(openFulltextForTrust(store.folder)),
    reader: store.reader,
    engagement: store.fulltext.engagement,
    seeds: [],
    long: () => Promise.resolve([...ids, "ff".repeat(32)].map(itemOf)),
  });
  const { entries, source } = await board.list("notes", "30d", NOW);
  expect(source).toBe("opensearch");
  expect(entries.map(({ event }) => event?.content)).toEqual(["note 0", "note 1", "note 3"]);
  board.sources.trends.close();
  store.close();
});
