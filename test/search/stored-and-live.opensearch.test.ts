// As stored-and-live.test.ts with OpenSearch, which has analyzers of its own, and where those see other words.

import { afterAll, beforeAll, expect } from "bun:test";
import { searchBody } from "../../src/cold/search-body.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { createSearchMatcher } from "../../src/query/search-matcher.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { NOW, parsed } from "../support/fulltext-store.ts";
import { MemoryLog } from "../support/memory-log.ts";
import {
  type ColdBench,
  coldBench,
  describeWithOpenSearch,
  ownPrefix,
  testWithIcu,
} from "../support/opensearch.ts";
import { prng, testSeed } from "../support/prng.ts";
import { ANALYSED_ALIKE, RandomSearches } from "./random-searches.ts";
import { expectSameAnswers } from "./same-answers.ts";

const AUTHORS = [1, 2, 3].map((number) => keypair(number).pubkey);
const EVENTS = 250;
const ROUNDS = 400;

/** By someone else, so that searches for one author find one of them alone. */
const OTHERWISE: readonly (readonly [content: string, search: string, live: boolean, stored: boolean])[] = [
  ["приветfine", "привет", false, true],
  ["👍🏽", "👍", true, false],
  ["купил 4k", "4", false, true],
  // Not otherwise: digits stay with the letters after them, and compatibility forms are letters like others.
  ["продал 5g", "5g", true, true],
  ["𝐁𝐨𝐥𝐝 name ②", "bold 2", true, true],
  ["日本語", '"日本 語"', false, true],
  // Not otherwise: the last character of a word is no word after it.
  ["中文", '"中文 文"', false, false],
  ["漢字 中文 文 x", '"中文 文"', true, true],
  ["ภาษาไทย", "ษาไ", true, false],
  ["々", "々", true, false],
];

const seed = testSeed();
describeWithOpenSearch("what a search finds among stored events and lets through live", (url) => {
  const searches = new RandomSearches(prng(seed), ANALYSED_ALIKE, AUTHORS, NOW);
  const prefix = ownPrefix();
  const log = new MemoryLog();
  const others = OTHERWISE.map(
    ([content], index) => unsignedEvent(keypair(10 + index).pubkey, { content }).event,
  );
  let bench: ColdBench;
  let standing: readonly NostrEvent[];

  beforeAll(async () => {
    for (let index = 0; index < EVENTS; index++)
      log.store(unsignedEvent(AUTHORS[index % AUTHORS.length]!, searches.event()).event);
    standing = log.stored();
    for (const event of others) log.store(event);
    bench = coldBench({ url, prefix, log });
    bench.start();
    await bench.level();
  });

  afterAll(() => bench.stop());

  async function found(search: string, filter: Filter): Promise<string[]> {
    const body = searchBody(parsed(search), filter, { size: 2 * EVENTS, nowSeconds: NOW });
    const answer = await bench.door.search(prefix, body);
    if (answer.type !== "answered") throw new Error(answer.reason);
    const seqs = answer.value.hits.map((hit) => Number(hit.fields!["seq"]![0]));
    return log.getMany(seqs).map(({ json }) => (JSON.parse(json) as NostrEvent).id);
  }

  testWithIcu(
    `in OpenSearch (seed ${seed})`,
    async () => {
      await expectSameAnswers({
        searches,
        rounds: ROUNDS,
        nowSeconds: NOW,
        standing,
        filters: [{}, {}, { kinds: [1, 7] }].map((filter) => ({ authors: AUTHORS, ...filter })),
        found,
      });
    },
    180_000,
  );

  testWithIcu("where its analyzers see other words, as docs/BEHAVIOR.md says", async () => {
    const matcherOf = createSearchMatcher(() => NOW, { languages: false, sentiments: false });
    for (const [index, [, search, live, stored]] of OTHERWISE.entries()) {
      const event = others[index]!;
      const filter = { tags: [], authors: [event.pubkey], search };
      const isLive = matcherOf(filter);
      const isShown = !isRefusal(isLive) && isLive(event);
      const isFound = (await found(search, filter)).includes(event.id);
      expect({ search, live: isShown, stored: isFound }).toEqual({ search, live, stored });
    }
  });
});
