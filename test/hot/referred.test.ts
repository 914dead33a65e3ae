// Events by what others call them: ids, and addresses with and without an identifier.

import { expect, test } from "bun:test";
import { referred } from "../../src/hot/referred.ts";
import { unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW } from "../support/fulltext-store.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const [ALICE, BOB] = ["a1".repeat(32), "b2".repeat(32)];

test("an id, an address, and the address of an empty identifier, however that is written", () => {
  const store = new FulltextStore(folder());
  const article = (pubkey: string, created_at: number, ...tags: string[][]) =>
    unsignedEvent(pubkey, { kind: 30_023, created_at, tags });
  const note = unsignedEvent(ALICE, { content: "a note" });
  const [untagged, valueless, other] = [
    article(ALICE, NOW - 9),
    article(BOB, NOW - 9, ["d"], ["d", "a"]),
    article(BOB, NOW - 8, ["d", "b"], ["d", "a"]),
  ];
  const list = unsignedEvent(ALICE, { kind: 10_003, tags: [["d", "x"]] });
  store.write(note, untagged, article(ALICE, NOW, ["d", "a"]), valueless, other, list);
  const found = (ref: string) => referred(store.reader, ref)?.json;
  expect(found(note.event.id)).toBe(note.json);
  expect(found(`30023:${ALICE}:`)).toBe(untagged.json);
  expect(found(`30023:${BOB}:`)).toBe(valueless.json);
  expect(found(`30023:${BOB}:b`)).toBe(other.json);
  expect(found(`30023:${BOB}:a`)).toBeUndefined();
  expect(found(`10003:${ALICE}:`)).toBe(list.json);
  expect(found("nonsense")).toBeUndefined();
  store.close();
});
