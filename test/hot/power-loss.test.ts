// The power fails: of what was written after the last sync each sector is there, or not, or torn. Nothing acknowledged goes.

import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultConfig } from "../../src/config/load.ts";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { checkIntegrity } from "../../src/hot/maintenance.ts";
import { createReader } from "../../src/hot/reader.ts";
import { createWriter } from "../../src/hot/writer.ts";
import { readTagSeed } from "../../src/hot/migrate.ts";
import { unsignedEvent } from "../support/events.ts";
import { prng, testSeed } from "../support/prng.ts";
import { pick } from "../support/random-filter.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const seed = testSeed();
const random = prng(seed);
const ROUNDS = process.env["LONG_TESTS"] === "1" ? 200 : 30;
/** What a disk writes whole. */
const SECTOR_BYTES = 512;

interface Disk {
  readonly main: Uint8Array;
  readonly wal: Uint8Array;
}

function diskOf(path: string): Disk {
  return { main: readFileSync(path), wal: readFileSync(`${path}-wal`) };
}

const FATES = ["written", "written", "not written", "zeros", "torn"] as const;

/** What may be found of a file that was being changed from one content to the other without a sync since. */
function afterPowerLoss(before: Uint8Array, after: Uint8Array): Uint8Array {
  const least = Math.min(before.length, after.length);
  const most = Math.max(before.length, after.length);
  const found = new Uint8Array(
    pick(random, [least, most, least + Math.floor(random() * (most - least + 1))]),
  );
  const written = pick(random, [0.5, 0.9, 1, 1]);
  for (let start = 0; start < found.length; start += SECTOR_BYTES) {
    const old = before.subarray(start, start + SECTOR_BYTES);
    const fresh = after.subarray(start, start + SECTOR_BYTES);
    const room = found.subarray(start, start + SECTOR_BYTES);
    room.set(old.subarray(0, room.length));
    if (Buffer.compare(old, fresh) === 0) continue;
    const fate = random() < written ? "written" : pick(random, FATES);
    // Disks keep what stands beside a write in its sector: SQLite counts on that (SQLITE_IOCAP_POWERSAFE_OVERWRITE).
    if (fate === "zeros") room.forEach((byte, at) => (room[at] = byte === fresh[at] ? byte : 0));
    else if (fate === "torn") room.set(fresh.subarray(0, Math.floor(random() * room.length)));
    else if (fate === "written") room.set(fresh.subarray(0, room.length));
  }
  return found;
}

const WAL_HEADER_BYTES = 32;

/** A log that is begun anew has its header synced before any frame of it is overwritten. */
function logAfterPowerLoss(before: Uint8Array, after: Uint8Array): Uint8Array {
  const header = (wal: Uint8Array): Uint8Array => wal.subarray(0, WAL_HEADER_BYTES);
  const frames = (wal: Uint8Array): Uint8Array => wal.subarray(WAL_HEADER_BYTES);
  const isAnew = Buffer.compare(header(before), header(after)) !== 0;
  // Cutting a file to nothing is one step of the file system.
  if (after.length === 0) return pick(random, [before, after]);
  if (isAnew && random() < 0.3) {
    return Buffer.concat([afterPowerLoss(header(before), header(after)), frames(before)]);
  }
  return Buffer.concat([header(after), afterPowerLoss(frames(before), frames(after))]);
}

/** Opens what was found after the loss, and answers which of the ids are there. */
function recovered({ main, wal }: Disk, ids: readonly string[]): boolean[] {
  const home = join(folder(), "found");
  mkdirSync(home);
  const path = join(home, DATABASE_FILE);
  writeFileSync(path, main);
  writeFileSync(`${path}-wal`, wal);
  const database = openDatabase(path);
  const reader = createReader(path, { tagSeed: readTagSeed(database) });
  try {
    expect(checkIntegrity(database, true)).toEqual([]);
    return ids.map((id) => reader.has(id));
  } finally {
    reader.close();
    database.close();
  }
}

test(`commits and checkpoints cut off anywhere (seed ${seed})`, () => {
  const path = join(folder(), DATABASE_FILE);
  const database = openDatabase(path, { synchronous: "full", autoCheckpointPages: 0 });
  const writer = createWriter(database, { ownUrls: new Set() });
  const acknowledged: string[] = [];
  const seen = { kept: 0, lost: 0, checkpoints: 0 };
  let disk = diskOf(path);

  const commit = (round: number): void => {
    const count = 1 + Math.floor(random() * 20);
    const events = Array.from({ length: count }, (_, index) =>
      unsignedEvent("ab".repeat(32), {
        created_at: 1 + round * 100 + index,
        content: `${round} ${index} ${"x".repeat(Math.floor(random() * 3000))}`,
        tags: [["t", `${index}`]],
      }),
    );
    writer.apply(events);
    const after = diskOf(path);
    // A commit touches the log alone, and the log is synced before it is acknowledged.
    expect(Buffer.compare(after.main, disk.main)).toBe(0);
    const ids = events.map(({ event }) => event.id);
    const found = recovered({ main: disk.main, wal: logAfterPowerLoss(disk.wal, after.wal) }, [
      ...acknowledged,
      ...ids,
    ]);
    expect(found.slice(0, acknowledged.length)).not.toContain(false);
    // All of a transaction, or nothing.
    const ofThis = new Set(found.slice(acknowledged.length));
    expect(ofThis.size).toBe(1);
    seen[ofThis.has(true) ? "kept" : "lost"]++;
    acknowledged.push(...ids);
    disk = after;
    expect(recovered(disk, acknowledged)).not.toContain(false);
  };

  const checkpoint = (mode: string): void => {
    database.run(`PRAGMA wal_checkpoint(${mode})`);
    const after = diskOf(path);
    // The file is synced before the log is begun anew or cut.
    const during = { main: afterPowerLoss(disk.main, after.main), wal: disk.wal };
    expect(recovered(during, acknowledged)).not.toContain(false);
    const cut = { main: after.main, wal: logAfterPowerLoss(disk.wal, after.wal) };
    expect(recovered(cut, acknowledged)).not.toContain(false);
    seen.checkpoints++;
    disk = after;
  };

  for (let round = 0; round < ROUNDS; round++) {
    commit(round);
    if (random() < 0.2) checkpoint(pick(random, ["PASSIVE", "RESTART", "TRUNCATE"]));
  }
  writer.close();
  expect(Math.min(seen.kept, seen.lost, seen.checkpoints)).toBeGreaterThan(0);
}, 60_000);

test("a relay's writer syncs every commit", () => {
  expect(defaultConfig().hot.synchronous).toBe("full");
  const database = openDatabase(join(folder(), DATABASE_FILE), { synchronous: "full" });
  expect(database.query("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
  database.close();
});
