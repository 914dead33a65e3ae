// What a search finds among stored events is what it lets through live: random notes and searches in many scripts.

import { test } from "bun:test";
import { idOfJson } from "../../src/nostr/event-json.ts";
import { eventFromJson } from "../../src/nostr/event.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW } from "../support/fulltext-store.ts";
import { prng, testSeed } from "../support/prng.ts";
import { temporaryFolders } from "../support/temp-folder.ts";
import { ALL_SCRIPTS, RandomSearches } from "./random-searches.ts";
import { expectSameAnswers } from "./same-answers.ts";

const folder = temporaryFolders();
const AUTHORS = [1, 2, 3].map((number) => keypair(number).pubkey);
const EVENTS = 250;
const ROUNDS = process.env["LONG_TESTS"] === "1" ? 10_000 : 300;

const seed = testSeed();
test(`in FTS5 (seed ${seed})`, async () => {
  const searches = new RandomSearches(prng(seed), ALL_SCRIPTS, AUTHORS, NOW);
  const store = new FulltextStore(folder());
  store.write(
    ...Array.from({ length: EVENTS }, (_, index) =>
      unsignedEvent(AUTHORS[index % AUTHORS.length]!, searches.event()),
    ),
  );
  // What the index has not taken in yet is matched as if it were new.
  while (store.follower.lag() > 60) store.follower.step();
  await expectSameAnswers({
    searches,
    rounds: ROUNDS,
    nowSeconds: NOW,
    standing: store.reader
      .log(0, 2 * EVENTS)
      .flatMap((entry) => (entry.type === "stored" ? [eventFromJson(entry.json)] : [])),
    filters: [{}, {}, { kinds: [1, 7] }, {}, { kinds: [0] }],
    found: (search, filter) =>
      store.reader.getMany(store.seqs(search, filter, EVENTS)).map(({ json }) => idOfJson(json)),
  });
  store.close();
});
