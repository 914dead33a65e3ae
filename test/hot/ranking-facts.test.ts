// Facts for ranking: what one statement says of real events is what their texts and the single look-ups say.

import { expect, test } from "bun:test";
import { targetKey } from "../../src/hot/engagement-columns.ts";
import { authorKey } from "../../src/hot/keys.ts";
import { RankingFactsReader } from "../../src/hot/ranking-facts.ts";
import { asVerified, eventFromJson, parseEvent } from "../../src/nostr/event.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { engagementScore, NO_ENGAGEMENT, targetOf } from "../../src/search/engagement.ts";
import { fingerprintOfText } from "../../src/search/near-duplicate.ts";
import { isSearchableKind, textOfEvent, titleOfEvent } from "../../src/search/text-of-event.ts";
import { tokenise } from "../../src/search/tokenise.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW } from "../support/fulltext-store.ts";
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
    const { ref: _, ...counts } = engagement.counts(targetOf(event)) ?? { ref: undefined, ...NO_ENGAGEMENT };
    expect(known.counts).toMatchObject(counts);
    expect(known.followers).toBe(engagement.followers(event.pubkey));
    const body = tokenise(textOfEvent(event).body);
    expect(known.fingerprint).toEqual(fingerprintOfText(event, tokenise(titleOfEvent(event)), body));
    const { kind, created_at: createdAt, pubkey } = event;
    expect(known).toMatchObject({
      kind,
      createdAt,
      author: authorKey(pubkey),
      target: targetKey(targetOf(event)),
    });
    expect(known.mayHoldTitle).toBe(titleOfEvent(event) !== "");
    if (engagementScore(counts) > 0) engaged++;
    if (known.fingerprint?.similar !== undefined) similar++;
  }
  expect(engaged).toBeGreaterThan(10);
  expect(similar).toBeGreaterThan(100);
  store.close();
});

test("an event made to share the key of a famous one has none of its fame", () => {
  const store = new FulltextStore(folder());
  const [famous, fan] = [keypair(1).pubkey, keypair(2).pubkey];
  const note = unsignedEvent(famous, { content: "everybody likes this", created_at: NOW });
  const like = unsignedEvent(fan, { kind: 7, content: "+", tags: [["e", note.event.id]], created_at: NOW });
  store.write(note, like);
  const alike = {
    ...note.event,
    id: note.event.id.slice(0, 12) + "0".repeat(52),
    content: "nobody knows this",
  };
  store.write({ ...note, event: alike, json: JSON.stringify(alike) });
  store.catchUp();
  const [first, , second] = store.reader.log(0, 10).map(({ seq }) => seq);
  const facts = new RankingFactsReader(store.database).of([first!, second!]);
  expect(facts.get(first!)?.counts.reactions).toBe(1);
  expect(facts.get(second!)?.counts.reactions).toBe(0);
  store.close();
});
