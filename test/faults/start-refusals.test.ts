// What keeps a relay from starting: one clear sentence with what to do, exit code 1 or 2, no hang, nothing touched.

import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { createWriter } from "../../src/hot/writer.ts";
import { runCommand } from "../cli/run-command.ts";
import { TestClient } from "../support/client.ts";
import { verified } from "../support/events.ts";
import { Author } from "./authors.ts";
import { asNobody, makeReadOnly, mountSmallDisk } from "./mounts.ts";
import { ownGrounds } from "./own-grounds.ts";
import { type Ending, ENTRY, type Ground, type RelayProcessOptions } from "./relay-process.ts";

// Processes are started: on a busy machine that takes its time.
setDefaultTimeout(60_000);

const newGround = ownGrounds();
const author = new Author("start");

/** Fails, too, when the relay starts after all: then nothing ends. */
async function refusal(
  ground: Ground,
  options: Partial<RelayProcessOptions> & { readonly data: string },
): Promise<Ending> {
  const relay = ground.relay(options);
  const started = relay.ready().then(
    () => true,
    () => false,
  );
  expect(await started).toBe(false);
  const ending = await relay.ended();
  expect(ending.out).toBe("");
  expectSentence(ending.err);
  return ending;
}

/** A sentence for people: no stack, no source. */
function expectSentence(text: string): void {
  expect(text).not.toMatch(/\n\s+at |node:|\.ts:\d/);
}

/** The same without a process of its own: of each way to end, one test above or below has one. */
async function refusalHere(...words: readonly string[]): Promise<Pick<Ending, "code" | "err">> {
  const { code, out, err } = await runCommand(["serve", "--port", "0", "--log.format", "json", ...words]);
  expect(out).toBe("");
  expectSentence(err);
  return { code, err };
}

/** A data folder with some events in it: one file that nobody has open. */
function madeFolder(ground: Ground, name = "data", events = 50): string {
  const path = join(ground.dir(`${name} in the making`), DATABASE_FILE);
  const database = openDatabase(path, { synchronous: "off" });
  const writer = createWriter(database, { ownUrls: new Set() });
  writer.apply(Array.from({ length: events }, (_, index) => verified(author.sign({ content: `${index}` }))));
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  writer.close();
  const folder = ground.dir(name);
  copyFileSync(path, join(folder, DATABASE_FILE));
  return folder;
}

test.concurrent("a second relay on the same folder; the first one serves on", async () => {
  const ground = newGround();
  const data = ground.path("data");
  const first = ground.relay({ data });
  const client = await TestClient.connect(await first.ready());
  const { code, err } = await refusal(ground, { data });
  expect(err).toContain(`another relay (process ${first.pid}) is serving the data folder ${data}`);
  expect(err).toContain("stop that one first");
  expect(code).toBe(1);
  expect(await client.publish(author.sign())).toEqual([true, ""]);
});

test.concurrent("a port in use", async () => {
  const ground = newGround();
  const first = ground.relay({ data: ground.path("first") });
  const { port } = new URL(await first.ready());
  const { code, err } = await refusal(ground, { data: ground.path("second"), port: Number(port) });
  expect(err).toMatch(/port \d+ on 127\.0\.0\.1 is in use; .*--port/);
  expect(code).toBe(1);
});

test.concurrent("an address that is not this machine's", async () => {
  const ground = newGround();
  const words = ["--server.host", "192.0.2.1"];
  const { code, err } = await refusal(ground, { data: ground.path("data"), words });
  expect(err).toContain("this machine has no address 192.0.2.1 to listen on; set server.host");
  expect(code).toBe(1);
});

test.concurrent.each([
  ["that is not there", undefined, /nothing\.pem: there is no such file or folder; check the path/],
  ["that is no PEM file", "hello", /tls\.cert and tls\.key must be PEM files that belong together/],
])("a certificate %s", async (_, content, expected) => {
  const ground = newGround();
  const file = ground.path("nothing.pem");
  if (content !== undefined) writeFileSync(file, content);
  const words = ["--tls.cert", file, "--tls.key", file];
  const { code, err } = await refusal(ground, { data: ground.path("data"), words });
  expect(err).toMatch(expected);
  expect(code).toBe(1);
});

test.each([
  ["a parse error", "[server\nport = 1", /settings\.toml:1:\d+: .*TOML/],
  ["an unknown key", "[server]\nprot = 1", /settings\.toml:2 server\.prot: .*did you mean server\.port/s],
  ["an unknown section", "[sever]\nport = 1", /sever.*server/s],
  ["a wrong type", '[server]\nport = "many"', /server\.port/],
])("a damaged settings file: %s", async (_, text, expected) => {
  const ground = newGround();
  const settings = ground.path("settings.toml");
  writeFileSync(settings, text);
  const { code, err } = await refusalHere("--data", ground.path("data"), "--config", settings);
  expect(err).toMatch(expected);
  expect(code).toBe(2);
});

test.concurrent("a settings file that is not there", async () => {
  const ground = newGround();
  const { code, err } = await refusal(ground, {
    data: ground.path("data"),
    words: ["--config", ground.path("none.toml")],
  });
  expect(err).toContain("none.toml");
  expect(code).toBe(2);
});

test.each([
  ["at its beginning", 0],
  ["in its schema", 100],
])("a database that is damaged %s is left as it is", async (_, at) => {
  const ground = newGround();
  const data = madeFolder(ground);
  const path = join(data, DATABASE_FILE);
  const file = openSync(path, "r+");
  writeSync(file, new Uint8Array(300).fill(0xa5), 0, 300, at);
  closeSync(file);
  const before = readFileSync(path);
  const { code, err } = await refusalHere("--data", data);
  expect(err).toMatch(/thermocline\.db is damaged or not a SQLite database: .*backup/);
  expect(code).toBe(1);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test.concurrent("something else under the name of the database", async () => {
  const ground = newGround();
  const data = ground.dir("data");
  writeFileSync(join(data, DATABASE_FILE), "To whom it may concern,\n".repeat(1000));
  const { code, err } = await refusal(ground, { data });
  expect(err).toMatch(/damaged or not a SQLite database/);
  expect(code).toBe(1);
});

test("a newer schema", async () => {
  const ground = newGround();
  const data = madeFolder(ground);
  const database = new Database(join(data, DATABASE_FILE));
  database.run("PRAGMA user_version = 9999");
  database.close();
  const { code, err } = await refusalHere("--data", data);
  expect(err).toMatch(/newer Thermocline \(schema version 9999.*upgrade this program/);
  expect(code).toBe(1);
});

test("a file where the folder should be, and a parent that is a file", async () => {
  const ground = newGround();
  const file = ground.path("file");
  writeFileSync(file, "");
  for (const data of [file, join(file, "below")]) {
    const { code, err } = await refusalHere("--data", data);
    expect(err).toMatch(/cannot be a data folder.*name another data folder/);
    expect(code).toBe(1);
  }
});

test.concurrent("parents that are not there are made", async () => {
  const ground = newGround();
  const data = ground.path("a/b/c/data");
  await ground.relay({ data }).ready();
  expect(existsSync(join(data, DATABASE_FILE))).toBe(true);
});

test.concurrent("a read-only disk, empty or with a store on it", async () => {
  const ground = newGround();
  const disk = mountSmallDisk(ground, "disk", 4 * 1024 * 1024);
  if (disk === undefined) return;
  const data = ground.dir("disk/data");
  copyFileSync(join(madeFolder(ground), DATABASE_FILE), join(data, DATABASE_FILE));
  makeReadOnly(disk);
  for (const folder of [data, join(disk, "new")]) {
    const { code, err } = await refusal(ground, { data: folder });
    expect(err).toMatch(/is not writable.*check owner and mode/);
    expect(code).toBe(1);
  }
});

test.concurrent("a folder or a file of another user", async () => {
  const ground = newGround();
  const prefix = asNobody();
  if (prefix === undefined) return;
  chmodSync(ground.folder, 0o755);
  const folder = madeFolder(ground, "foreign");
  const parent = ground.dir("parent");
  const file = madeFolder(ground, "file of another");
  chownSync(file, 65_534, 65_534);
  for (const data of [folder, join(parent, "new"), file]) {
    const { code, err } = await refusal(ground, { data, prefix });
    expect(err).toMatch(/is not writable.*check owner and mode/);
    expect(code).toBe(1);
  }
  const own = ground.dir("own");
  chownSync(own, 65_534, 65_534);
  await ground.relay({ data: own, prefix }).ready();
});

test.concurrent(
  "what another user's command left in the folder: refused, and the doctor finds it",
  async () => {
    const ground = newGround();
    const prefix = asNobody();
    if (prefix === undefined) return;
    chmodSync(ground.folder, 0o755);
    const data = madeFolder(ground);
    const log = join(data, `${DATABASE_FILE}-wal`);
    chownSync(data, 65_534, 65_534);
    chownSync(join(data, DATABASE_FILE), 65_534, 65_534);
    writeFileSync(log, "");
    const { code, err } = await refusal(ground, { data, prefix });
    expect(err).toContain(`${log} is not writable by this user: check owner and mode`);
    expect(code).toBe(1);
    const told = (folder: string): string => doctor(folder, prefix);
    expect(told(data)).toContain(`fail  data folder      ${log} is not writable by this user`);
    expect(told(data)).toContain(`sudo chown -R --reference=${data}/. ${data}/`);
    // Never the folder above, which is not ours.
    const missing = join(ground.dir("of root"), "data");
    expect(told(missing)).toContain(`sudo mkdir -p '${missing}' && sudo chown $(id -u) '${missing}'`);
  },
);

/** What `thermocline doctor` prints for a user. */
function doctor(data: string, prefix: readonly string[]): string {
  const words = [...prefix, process.execPath, ENTRY, "doctor", "--data", data, "--port", "0"];
  return Bun.spawnSync(words, { cwd: "/", stderr: "inherit" }).stdout.toString();
}

test.concurrent(
  "a database that is damaged in its middle: the relay says so where it meets it, and serves the rest",
  async () => {
    const ground = newGround();
    const data = madeFolder(ground, "data", 4000);
    const path = join(data, DATABASE_FILE);
    const { length } = readFileSync(path);
    const file = openSync(path, "r+");
    for (let at = Math.floor(length / 2 / 4096) * 4096; at < length * 0.6; at += 4096)
      writeSync(file, new Uint8Array(4096).fill(0x5a), 0, 4096, at);
    closeSync(file);
    const relay = ground.relay({ data });
    const started = await relay.ready().then(
      (url) => url,
      () => undefined,
    );
    if (started === undefined) {
      const { code, err } = await relay.ended();
      expect(err).toMatch(/is damaged/);
      expect(code).toBe(1);
      return;
    }
    const client = await TestClient.connect(started);
    const { end } = await client.request("all", { limit: 5000 });
    expect(["EOSE", "CLOSED"]).toContain(String(end[0]));
    const count = await client.count("count", {});
    expect(typeof count === "string" ? count.startsWith("error: ") : count.count >= 0).toBe(true);
  },
);
