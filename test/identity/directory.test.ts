// The directory of verified identifiers: what counts, for how long, and what is asked next.

import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Directory, openDirectory } from "../../src/identity/directory.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const [ALICE, BOB] = ["a".repeat(64), "b".repeat(64)];
const NOW = 1_800_000_000;
const DAY = 86_400;

const at = (name: string, domain = "x.example") => ({ name, domain });
const open = () => new Directory(folder(), () => 0);
const claim = (pubkey: string, name: string, domain = "x.example") => ({ pubkey, name, domain });

test("a claim is due at once, counts once it is confirmed, and is due again after days", () => {
  const directory = open();
  directory.note([{ pubkey: ALICE, identifier: at("alice") }], NOW);
  expect(directory.due(NOW, 10)).toEqual([claim(ALICE, "alice")]);
  expect(directory.domainOf(ALICE, NOW)).toBeUndefined();
  directory.settle(claim(ALICE, "alice"), { type: "answered", pubkey: ALICE }, NOW);
  expect(directory.domainOf(ALICE, NOW)).toBe("x.example");
  expect(directory.authorsOf("x.example", NOW, 10)).toEqual([ALICE]);
  expect(directory.due(NOW + 3 * DAY - 1, 10)).toEqual([]);
  expect(directory.due(NOW + 3 * DAY, 10)).toHaveLength(1);
  directory.note([{ pubkey: ALICE, identifier: at("alice") }], NOW + 10);
  expect(directory.domainOf(ALICE, NOW + 10)).toBe("x.example");
  directory.close();
});

test("somebody else's key, another claim, or none any more, and it does not count", () => {
  const directory = open();
  const confirm = () => {
    directory.note([{ pubkey: ALICE, identifier: at("alice") }], NOW);
    directory.settle(claim(ALICE, "alice"), { type: "answered", pubkey: ALICE }, NOW);
    expect(directory.domainOf(ALICE, NOW)).toBe("x.example");
  };
  confirm();
  directory.settle(claim(ALICE, "alice"), { type: "answered", pubkey: BOB }, NOW);
  expect(directory.domainOf(ALICE, NOW)).toBeUndefined();
  confirm();
  directory.note([{ pubkey: ALICE, identifier: at("alice", "y.example") }], NOW);
  expect(directory.domainOf(ALICE, NOW)).toBeUndefined();
  // An answer that was under way speaks of what is not claimed any more.
  directory.settle(claim(ALICE, "alice"), { type: "answered", pubkey: ALICE }, NOW);
  expect(directory.domainOf(ALICE, NOW)).toBeUndefined();
  confirm();
  directory.note([{ pubkey: ALICE, identifier: undefined }], NOW);
  expect(directory.domainOf(ALICE, NOW)).toBeUndefined();
  expect(directory.due(NOW + 99 * DAY, 10)).toEqual([]);
  directory.close();
});

test("a domain that is away keeps its word for two weeks, and is asked ever more seldom", () => {
  const directory = open();
  directory.note(
    [
      { pubkey: ALICE, identifier: at("alice") },
      { pubkey: BOB, identifier: at("bob") },
    ],
    NOW,
  );
  directory.settle(claim(ALICE, "alice"), { type: "answered", pubkey: ALICE }, NOW);
  let asked = NOW;
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    directory.settle(claim(ALICE, "alice"), { type: "unreachable", reason: "away" }, asked);
    // The whole domain rests for an hour.
    expect(directory.due(asked + 3599, 10)).toEqual([]);
    const from = asked;
    while (!directory.due(asked, 10).some(({ pubkey }) => pubkey === ALICE)) asked += 3600;
    pauses.push((asked - from) / 3600);
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64]);
  expect(directory.domainOf(ALICE, NOW + 14 * DAY - 1)).toBe("x.example");
  expect(directory.domainOf(ALICE, NOW + 14 * DAY)).toBeUndefined();
  expect(directory.authorsOf("x.example", NOW + 14 * DAY, 10)).toEqual([]);
  directory.close();
});

test("a damaged file is made anew", () => {
  const path = folder();
  writeFileSync(join(path, "identity.db"), "no database at all".repeat(1000));
  const directory = openDirectory(path);
  directory.note([{ pubkey: ALICE, identifier: at("alice") }], NOW);
  expect(directory.due(NOW, 10)).toHaveLength(1);
  directory.close();
});
