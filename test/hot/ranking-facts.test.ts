// Facts for ranking: what one statement says of real events is what their texts and the single look-ups say.

import { expect, test } from "bun:test";
import { RankingFactsReader } from "../../src/hot/ranking-facts.ts";
import { asVerified, eventFromJson, parseEvent } from "../../src/nostr/event.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { NO_ENGAGEMENT, targetOf } from "../../src/search/engagement.ts";
import { fingerprintOfText } from "../../src/search/near-duplicate.ts";
import { isSearchableKind, textOfEvent, titleOfEvent } from "../../src/search/text-of-event.ts";
import { tokenise } from "../../src/search/tokenise.ts";
import { FulltextStore } from "../support/fulltext-store.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();

const lines = (await Bun.file(new URL("../vectors/real-events.jsonl", import.meta.url)).text()).trim();

test("one statement says what the text and the counters say", () => {
  const store = new FulltextStore(folder());
  for (const line of lines.split("\n")) {
    const parsed = parseEvent(JSON.parse(line));
    if (!isRefusal(parsed)) store.write(asVerified(parsed));
  }
  store.catchUp();
  const hits = store.reader.log(0, 10_000).flatMap((entry) => (entry.type === "stored" ? [entry] : []));
  const facts = new RankingFactsReader(store.database).of(hits.map(({ seq }) => seq));
  const { engagement } = store.fulltext;
  let [engaged, similar] = [0, 0];
  for (const { seq, json } of hits) {
    const event = eventFromJson(json);
    const known = facts.get(seq);
    expect(known !== undefined).toBe(isSearchableKind(event.kind));
    if (known === undefined) continue;
    const counts = engagement.counts(targetOf(event));
    expect(known.counts).toMatchObject(counts ?? { ...NO_ENGAGEMENT, ref: null });
    expect(known.followers).toBe(engagement.followers(event.pubkey));
    const body = tokenise(textOfEvent(event).body);
    expect(known.fingerprint).toEqual(fingerprintOfText(event, tokenise(titleOfEvent(event)), body));
    if (counts !== undefined) engaged++;
    if (known.fingerprint.similar !== undefined) similar++;
  }
  expect(engaged).toBeGreaterThan(10);
  expect(similar).toBeGreaterThan(100);
  store.close();
});
