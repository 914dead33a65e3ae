// Killed at random moments under load, the relay starts by itself and holds everything that it has acknowledged.

import { describe, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { testSeed } from "../support/prng.ts";
import { Author } from "./authors.ts";
import { runKillDrill } from "./kill-drill.ts";
import { Ledger } from "./ledger.ts";

const KILLS = process.env["LONG_TESTS"] === "1" ? 20 : 2;
const seed = testSeed();

test(`nothing acknowledged is lost, torn or doubled over ${KILLS} kills (seed ${seed})`, async () => {
  const report = await runKillDrill({ kills: KILLS, seed });
  expect(report.faults).toEqual([]);
  expect(report.kills).toBe(KILLS);
  expect(report.acknowledged).toBeGreaterThan(0);
}, 120_000);

describe("the ledger finds", () => {
  const author = new Author("ledger");
  const note = author.sign({ content: "note", created_at: 100 });
  const deletion = author.sign({ kind: 5, created_at: 101, tags: [["e", note.id]] });
  const old = author.sign({ kind: 0, content: "old", created_at: 100 });
  const young = author.sign({ kind: 0, content: "young", created_at: 101 });
  const vanish = author.sign({ kind: 62, created_at: 200, tags: [["relay", "ALL_RELAYS"]] });

  function faults(
    acknowledged: readonly NostrEvent[],
    stored: readonly NostrEvent[],
    sent: readonly NostrEvent[] = [],
  ) {
    const ledger = new Ledger();
    for (const event of acknowledged) ledger.add(event).fate = "stored";
    for (const event of sent) ledger.add(event).fate = "sent";
    return ledger.faultsOf(stored).map((text) => text.replace(/[0-9a-f]{64}/g, "…"));
  }

  const cases: readonly (readonly [string, string[], string[]])[] = [
    ["nothing in a whole store", faults([note, young], [note, young], [old]), []],
    ["a lost note", faults([note], []), ["… (kind 1) was acknowledged and is gone"]],
    ["a note stored twice", faults([note], [note, note]), ["1 events are stored twice"]],
    ["a note that nobody sent", faults([], [note]), ["… was never sent"]],
    ["half a deletion", faults([note], [note, deletion], [deletion]), ["… is there beside its deletion …"]],
    ["nothing in a deletion that did not happen", faults([note], [note], [deletion]), []],
    [
      "a deletion without its request",
      faults([note], [], [deletion]),
      ["… (kind 1) was acknowledged and is gone"],
    ],
    ["two versions", faults([young], [young, old], [old]), ["2 versions of 0:…:"]],
    [
      "an old version that came back",
      faults([young], [old], [old]),
      ["0:…: holds an older version than …, which was acknowledged"],
    ],
    ["an empty address", faults([young], []), ["0:…: is empty, … was acknowledged"]],
    [
      "what stays of a vanished key",
      faults([vanish], [vanish, note], [note]),
      ["… is there beside the request to vanish …"],
    ],
  ];
  test.each(cases)("%s", (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});
