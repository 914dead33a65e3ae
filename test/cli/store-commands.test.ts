// scan, export by filter, delete and info on a small store with known events.

import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { lockFolder } from "../../src/hot/folder-lock.ts";
import { schemaVersion } from "../../src/hot/migrate.ts";
import { createWriter } from "../../src/hot/writer.ts";
import { unsignedEvent } from "../support/events.ts";
import { runCommand } from "./run-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const within = temporaryFolder();
const data = within("store");
const ALICE = "a".repeat(64);
const BOB = "b".repeat(64);
const DAY = 86_400;

const notes = Array.from({ length: 1200 }, (_, i) =>
  unsignedEvent(i % 3 === 0 ? ALICE : BOB, {
    content: String(i),
    created_at: 1_700_000_000 + i,
    tags: [["t", String(i % 5)]],
  }),
);
const wraps = Array.from({ length: 5 }, (_, i) =>
  unsignedEvent(BOB, {
    kind: 1059,
    tags: [["p", ALICE]],
    content: String(i),
    created_at: 1_600_000_000 + i * DAY,
  }),
);

beforeAll(async () => {
  const text = [...notes, ...wraps].map(({ json }) => json).join("\n");
  const { code } = await runCommand(["import", "--data", data, "--no-verify"], {
    input: Readable.from([Buffer.from(text)]),
  });
  expect(code).toBe(0);
});

async function idsOf(...words: string[]): Promise<string[]> {
  const { out } = await runCommand([...words, "--data", data]);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { id: string }).id);
}

describe("scan", () => {
  test("prints matches newest first, across batches, up to the filter's limit", async () => {
    const newestFirst = notes.toReversed().map(({ event }) => event.id);
    expect(await idsOf("scan", '{"kinds":[1]}')).toEqual(newestFirst);
    expect(await idsOf("scan", '{"kinds":[1],"limit":501}')).toEqual(newestFirst.slice(0, 501));
    expect(await idsOf("scan", '{"limit":0}')).toEqual([]);
  });

  test("--count", async () => {
    const counted = await runCommand([
      "scan",
      `{"authors":["${ALICE}"],"#t":["0"]}`,
      "--count",
      "--data",
      data,
    ]);
    expect(counted).toMatchObject({ code: 0, out: "80\n" });
    const json = await runCommand(["scan", '{"kinds":[1059]}', "--count", "--json", "--data", data]);
    expect(JSON.parse(json.out)).toEqual({ count: 5 });
  });

  test("--explain names index and streams", async () => {
    const { out } = await runCommand([
      "scan",
      `{"authors":["${ALICE}","${BOB}"]}`,
      "--explain",
      "--json",
      "--data",
      data,
    ]);
    const plan = JSON.parse(out) as { source: string; streams: number; because: string };
    expect(plan.source).toBe("author");
    expect(plan.streams).toBeGreaterThan(0);
    const text = await runCommand(["scan", '{"ids":[]}', "--explain", "--data", data]);
    expect(text.out).toStartWith("nothing, ");
  });
});

describe("export", () => {
  test("by options; private kinds are included", async () => {
    expect(await idsOf("export", "--kinds", "1059", "--since", "2020-09-14")).toHaveLength(4);
    expect(await idsOf("export", "--authors", ALICE, "--until", "1700000010")).toHaveLength(4);
  });

  test("--order oldest with --limit gives the oldest", async () => {
    const oldestFirst = [...wraps, ...notes].map(({ event }) => event.id);
    expect(await idsOf("export", "--order", "oldest", "--limit", "601")).toEqual(oldestFirst.slice(0, 601));
    expect(await idsOf("export", "--order", "oldest")).toEqual(oldestFirst);
  });
});

test("info counts what is there", async () => {
  const { out } = await runCommand(["info", "--json", "--data", data]);
  expect(JSON.parse(out)).toMatchObject({
    events: 1205,
    kinds: [
      { kind: 1, events: 1200 },
      { kind: 1059, events: 5 },
    ],
    oldest: 1_600_000_000,
    newest: 1_700_001_199,
    seq: { first: 1, last: 1205, given: 1205 },
    tombstones: { deletedIds: 0, vanishedKeys: 0 },
  });
  const text = (await runCommand(["info", "--data", data])).out;
  expect(text).toMatch(/^events +1205$/m);
  expect(text).toContain("2020-09-13T12:26:40.000Z");
});

describe("delete", () => {
  const count = async (): Promise<number> => (await idsOf("scan", "{}")).length;

  test("--dry-run only counts", async () => {
    const { out } = await runCommand(["delete", "--kinds", "1059", "--dry-run", "--json", "--data", data]);
    expect(JSON.parse(out)).toEqual({ matching: 5, deleted: 0 });
    expect(await count()).toBe(1205);
  });

  test("without --yes it asks, and nobody there means no", async () => {
    const { code, out, err } = await runCommand(["delete", "--kinds", "1059", "--json", "--data", data]);
    expect(code).toBe(1);
    expect(err).toContain("--yes");
    expect(JSON.parse(out)).toEqual({ matching: 5, deleted: 0 });
    expect(await count()).toBe(1205);
  });

  test("an input that ends without an answer means no", async () => {
    const words = ["delete", "--kinds", "1059", "--data", data];
    const { code, err } = await runCommand(words, { watched: true, input: Readable.from([]) });
    expect(code).toBe(1);
    expect(err).toContain("Nothing was deleted");
    expect(await count()).toBe(1205);
  });

  test.each<[string, number]>([
    ["4\n", 1205],
    ["5\n", 1200],
  ])("the answer %p leaves %d", async (answer, left) => {
    await runCommand(["delete", "--kinds", "1059", "--data", data], {
      watched: true,
      input: Readable.from([answer]),
    });
    expect(await count()).toBe(left);
  });

  test("--yes removes in several transactions, all of what matches and nothing else", async () => {
    const { out } = await runCommand(["delete", "--authors", BOB, "--yes", "--json", "--data", data]);
    expect(JSON.parse(out)).toEqual({ matching: 800, deleted: 800 });
    expect(await idsOf("scan", "{}")).toEqual(
      notes
        .filter(({ event }) => event.pubkey === ALICE)
        .map(({ event }) => event.id)
        .toReversed(),
    );
  });
});

test("a store of an older schema is left alone while a relay serves it, which then is an older one", async () => {
  const folder = within("older");
  mkdirSync(folder);
  const path = join(folder, DATABASE_FILE);
  const older = openDatabase(path);
  older.run("DROP TABLE shared_author");
  older.run("PRAGMA user_version = 2");
  older.close();
  const lock = lockFolder(folder);
  const line = `${notes[0]!.json}\n`;
  const importing = () =>
    runCommand(["import", "--data", folder, "--no-verify"], { input: Readable.from([Buffer.from(line)]) });
  const refused = await importing();
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("restart it");
  const after = new Database(path, { readonly: true });
  expect(schemaVersion(after)).toBe(2);
  after.close();
  lock.release();
  expect((await importing()).code).toBe(0);
});

describe("what has left for the cold store", () => {
  const folder = within("evicted");
  const words = ["--data", folder];
  const one = (pubkey: string, age: number) =>
    unsignedEvent(pubkey, { created_at: 1_700_000_000 - age, content: `${age}`, tags: [["t", "x"]] });
  const own = [one(BOB, 1), one(BOB, 2), one(BOB, 3), one(BOB, 4)];

  beforeAll(() => {
    mkdirSync(folder);
    const database = openDatabase(join(folder, DATABASE_FILE), { synchronous: "off" });
    const writer = createWriter(database, { ownUrls: new Set() });
    writer.apply([...own, one(ALICE, 5), one(ALICE, 6)]);
    writer.removeMany([2, 3, 4, 6], "evicted");
    writer.close();
  });

  const evicted = (): number => {
    const database = openDatabase(join(folder, DATABASE_FILE), { readonly: true });
    try {
      return (database.query("SELECT count(*) AS n FROM evicted").get() as { n: number }).n;
    } finally {
      database.close();
    }
  };

  test("export says that it is not there", async () => {
    const { out, err } = await runCommand(["export", "--authors", BOB, ...words]);
    expect(out.trim().split("\n")).toHaveLength(1);
    expect(err).toContain("Up to 3 events that OpenSearch alone holds are not among them");
    expect((await runCommand(["export", "--kinds", "7", ...words])).err).not.toContain("OpenSearch");
  });

  test("delete takes it too, newest first, and says where it cannot tell", async () => {
    const deleted = async (filter: object) =>
      runCommand(["delete", "--filter", JSON.stringify(filter), "--yes", "--json", ...words]);
    const tagged = await deleted({ authors: [BOB], "#t": ["x"], until: 1_699_999_998 });
    expect(JSON.parse(tagged.out)).toEqual({ matching: 0, deleted: 0 });
    expect(tagged.err).toContain("Of 3 events that OpenSearch alone holds, the tags are not known here");
    expect(evicted()).toBe(4);
    expect(JSON.parse((await deleted({ authors: [BOB], limit: 2 })).out)).toEqual({
      matching: 2,
      deleted: 2,
    });
    expect(evicted()).toBe(3);
    expect(JSON.parse((await deleted({ ids: [own[2]!.event.id, "f".repeat(64)] })).out)).toEqual({
      matching: 1,
      deleted: 1,
    });
    expect(JSON.parse((await deleted({ authors: [BOB], kinds: [1] })).out)).toEqual({
      matching: 1,
      deleted: 1,
    });
    expect(evicted()).toBe(1);
    expect(JSON.parse((await deleted({ until: 1_700_000_000 })).out)).toEqual({ matching: 2, deleted: 2 });
    expect(evicted()).toBe(0);
  });
});
