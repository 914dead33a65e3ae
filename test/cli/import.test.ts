// Import and export of real events: counts, round trip, packed files, interruption and going on, dry run.

import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parseEvent } from "../../src/nostr/event.ts";
import { compareNewestFirst } from "../../src/nostr/order.ts";
import { keypair, signed } from "../support/events.ts";
import { runCommand } from "./run-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const within = temporaryFolder();
const REAL = join(import.meta.dir, "../vectors/real-events.jsonl");
const realText = readFileSync(REAL, "utf8");

interface Counts {
  readonly end: string;
  readonly total: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly invalid: number;
  readonly ephemeral: number;
  readonly protected: number;
  readonly invalidReasons: readonly { reason: string; count: number; line: number }[];
}

function countsOf(out: string): Counts {
  return JSON.parse(out) as Counts;
}

function eventsOf(jsonLines: string): { id: string; created_at: number; kind: number }[] {
  return jsonLines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { id: string; created_at: number; kind: number });
}

let exported = "";
const data = within("real");

beforeAll(async () => {
  const { code, out } = await runCommand(["import", REAL, "--data", data, "--json"]);
  expect(code).toBe(0);
  expect(countsOf(out)).toMatchObject({
    end: "complete",
    total: 2000,
    invalid: 1,
    ephemeral: 1,
    protected: 1,
  });
  exported = (await runCommand(["export", "--data", data])).out;
});

describe("real events", () => {
  test("the one with a null in a tag is told with its line", async () => {
    const { out, code } = await runCommand(["import", REAL, "--data", within("dry"), "--dry-run", "--json"]);
    expect(code).toBe(0);
    const [reason, ...others] = countsOf(out).invalidReasons;
    expect(others).toEqual([]);
    expect(reason?.reason).toContain("tags must be an array");
    expect(realText.split("\n")[reason!.line - 1]).toContain("null");
    expect(existsSync(within("dry"))).toBe(false);
  });

  test("come out as they went in, newest first, each once", () => {
    const sent = new Map<string, string>();
    for (const line of realText.split("\n").filter((text) => text !== "")) {
      const parsed = parseEvent(JSON.parse(line));
      if ("json" in parsed) sent.set(parsed.event.id, parsed.json);
    }
    const lines = exported.split("\n").filter((line) => line !== "");
    const events = eventsOf(exported);
    expect(lines.length).toBeGreaterThan(1900);
    for (const [index, line] of lines.entries()) expect(line).toBe(sent.get(events[index]!.id) ?? "");
    expect(new Set(events.map(({ id }) => id)).size).toBe(lines.length);
    expect(events).toEqual(events.toSorted(compareNewestFirst));
  });

  test("round trip: what was exported is accepted whole by an empty store, and exported again alike", async () => {
    const file = within("exported.jsonl");
    await runCommand(["export", file, "--data", data, "--order", "oldest"]);
    expect(readFileSync(file, "utf8")).toBe(exported.trimEnd().split("\n").toReversed().join("\n") + "\n");
    const again = within("again");
    const { out } = await runCommand(["import", file, "--data", again, "--json"]);
    const { total, accepted } = countsOf(out);
    expect(accepted).toBe(total);
    expect((await runCommand(["export", "--data", again])).out).toBe(exported);
  });

  test("a second import finds nothing new", async () => {
    const { out } = await runCommand(["import", "-", "--data", data, "--json"], {
      input: Readable.from([Buffer.from(exported)]),
    });
    const { duplicate, total } = countsOf(out);
    expect(duplicate).toBe(total);
  });
});

describe("packed input is known by its content", () => {
  const bytes = Buffer.from(realText);
  const half = realText.indexOf("\n", realText.length / 2) + 1;
  const members = [bytes.subarray(0, half), bytes.subarray(half)];
  const PZSTD_HEAD = Uint8Array.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);

  test.each<[string, Uint8Array]>([
    ["gzip", Bun.gzipSync(bytes)],
    ["gzip of two members", Buffer.concat(members.map((part) => Bun.gzipSync(part)))],
    ["zstd", Bun.zstdCompressSync(bytes)],
    ["zstd of two frames", Buffer.concat(members.map((part) => Bun.zstdCompressSync(part)))],
    ["zstd by pzstd", Buffer.concat([PZSTD_HEAD, Bun.zstdCompressSync(bytes)])],
  ])("%s, from a file and from standard input", async (name, packed) => {
    const file = within(`${name}.bin`);
    writeFileSync(file, packed);
    for (const [source, input] of [
      [file, undefined],
      ["-", Readable.from([packed])],
    ] as const) {
      const setting = input === undefined ? {} : { input };
      const { out } = await runCommand(["import", source, "--dry-run", "--no-verify", "--json"], setting);
      expect(countsOf(out)).toMatchObject({ total: 2000, invalid: 1 });
    }
  });

  test.each<[string, Uint8Array]>([
    ["gzip", Bun.gzipSync(bytes)],
    ["zstd", Bun.zstdCompressSync(bytes)],
  ])("%s is known by its first bytes, also where a pipe brings them one by one", async (_name, packed) => {
    const input = Readable.from([
      ...[...packed.subarray(0, 8)].map((byte) => Buffer.from([byte])),
      packed.subarray(8),
    ]);
    const { out } = await runCommand(["import", "--dry-run", "--no-verify", "--json"], { input });
    expect(countsOf(out)).toMatchObject({ total: 2000, invalid: 1 });
  });

  test.skipIf(process.platform === "win32")("a named pipe is read like standard input", async () => {
    const pipe = within("named pipe");
    expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
    const writing = Bun.spawn(["sh", "-c", 'cat "$0" > "$1"', REAL, pipe]);
    const { code, out } = await runCommand(["import", pipe, "--dry-run", "--no-verify", "--json"]);
    expect(code).toBe(0);
    expect(countsOf(out)).toMatchObject({ total: 2000, invalid: 1 });
    expect(await writing.exited).toBe(0);
  });

  test.each<[string, number[], string]>([
    ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00], "xz -dc"],
    ["bzip2", [0x42, 0x5a, 0x68, 0x39], "bzip2 -dc"],
    ["zip", [0x50, 0x4b, 0x03, 0x04], "unzip -p"],
  ])("what %s packed is refused with the pipe that unpacks it", async (name, begin, unpacker) => {
    const file = within(`events.${name}`);
    writeFileSync(file, Uint8Array.from([...begin, ...Bun.deflateSync(realText.slice(0, 10_000))]));
    for (const [words, input] of [
      [[file], []],
      [[], [readFileSync(file)]],
    ] as const) {
      const command = ["import", ...words, "--data", within("packed elsewhere")];
      const { code, err } = await runCommand(command, { input: Readable.from(input) });
      expect(err).toContain(`${unpacker} <file> | thermocline import`);
      expect(code).toBe(1);
    }
  });

  test.each<[string, Uint8Array]>([
    ["gzip", Bun.gzipSync(bytes)],
    ["zstd", Bun.zstdCompressSync(bytes)],
  ])("%s that breaks off gives what it holds, and fails", async (name, packed) => {
    const file = within(`cut ${name}`);
    writeFileSync(file, packed.subarray(0, 200_000));
    const { code, out, err } = await runCommand([
      "import",
      file,
      "--data",
      within(`${name} was cut`),
      "--json",
    ]);
    expect(code).toBe(1);
    expect(countsOf(out).accepted).toBeGreaterThan(50);
    expect(err).toContain("reading failed: unexpected end of file");
    expect(err).toContain("The same command goes on from here.");
  });

  test("gzip with something else behind it fails, and says what takes all of it", async () => {
    const input = Readable.from([Bun.gzipSync(bytes), Buffer.from("and something else")]);
    const { code, err } = await runCommand(["import", "--dry-run", "--no-verify"], { input });
    expect(code).toBe(1);
    expect(err).toContain("something else follows it");
    expect(err).toContain("gzip -dc <file> | thermocline import");
  });

  test("zstd with something else behind it fails", async () => {
    const input = Readable.from([Bun.zstdCompressSync(bytes), Buffer.from("and something else")]);
    const { code, err } = await runCommand(["import", "--dry-run", "--no-verify"], { input });
    expect(code).toBe(1);
    expect(err).toContain("reading failed: ");
  });
});

describe("signatures", () => {
  const good = signed(keypair(1), { content: "good" });
  const forged = { ...signed(keypair(2), { content: "forged" }), sig: good.sig };
  const lines = `${JSON.stringify(good)}\n\n${JSON.stringify(forged)}\n`;

  test("are checked, and a forged event is told with its line", async () => {
    const { out } = await runCommand(["import", "--data", within("signed"), "--json"], {
      input: Readable.from([Buffer.from(lines)]),
    });
    expect(countsOf(out)).toMatchObject({
      accepted: 1,
      invalid: 1,
      invalidReasons: [{ reason: "signature does not verify", count: 1, line: 3 }],
    });
  });

  test("are checked, and nothing else asked, of protected events from a backup of this relay", async () => {
    const kept = signed(keypair(3), { tags: [["-"]] });
    const input = () => Readable.from([Buffer.from(`${JSON.stringify(kept)}\n`)]);
    const words = ["import", "--data", within("protected"), "--json"];
    expect(countsOf((await runCommand(words, { input: input() })).out)).toMatchObject({ protected: 1 });
    const { out } = await runCommand([...words, "--protected"], { input: input() });
    expect(countsOf(out)).toMatchObject({ accepted: 1 });
    expect((await runCommand(["export", "--data", within("protected")])).out).toContain(kept.id);
  });

  test("are not looked at with --no-verify", async () => {
    const words = ["import", "--data", within("unsigned"), "--json", "--no-verify"];
    expect(
      countsOf((await runCommand(words, { input: Readable.from([Buffer.from(lines)]) })).out),
    ).toMatchObject({
      accepted: 2,
    });
  });
});

test("a file without one valid event fails", async () => {
  const { code, err } = await runCommand([
    "import",
    join(import.meta.dir, "../../package.json"),
    "--data",
    within("none"),
  ]);
  expect(code).toBe(1);
  expect(err).toContain("invalid: not JSON");
});

describe("an interrupted import", () => {
  // Large enough that blocks are left to read when the first has been written.
  const file = within("long.jsonl");
  const TIMES = 15;
  writeFileSync(file, realText.repeat(TIMES));
  const words = ["import", file, "--data", within("long"), "--json", "--no-verify"];

  test("writes what was read, says how to go on, and goes on there", async () => {
    let sent = false;
    const first = await runCommand(words, {
      watched: true,
      heard(text) {
        if (sent || !text.includes(" events, ")) return;
        sent = true;
        process.emit("SIGINT");
      },
    });
    expect(first.code).toBe(1);
    expect(first.err).toContain("Interrupted. The same command goes on from here.");
    const before = countsOf(first.out);
    expect(before.end).toBe("interrupted");
    expect(before.total).toBeLessThan(2000 * TIMES);

    const second = await runCommand(words);
    expect(second.code).toBe(0);
    expect(second.err).toContain(`Going on after line ${before.total};`);
    expect(before.total + countsOf(second.out).total).toBe(2000 * TIMES);
    expect((await runCommand(["scan", "{}", "--count", "--data", within("long")])).out).toBe(
      (await runCommand(["scan", "{}", "--count", "--data", data])).out,
    );
  });

  test("tells what it did also where it cannot note how far it came", async () => {
    const folder = within("no place");
    mkdirSync(folder);
    writeFileSync(join(folder, "imports"), "a file where the folder of checkpoints would be");
    const cut = within("cut.gz");
    writeFileSync(cut, Bun.gzipSync(realText).subarray(0, 200_000));
    const { code, out } = await runCommand(["import", cut, "--data", folder, "--json", "--no-verify"]);
    expect(code).toBe(1);
    expect(countsOf(out).end).toBe("failed");
    expect(countsOf(out).accepted).toBeGreaterThan(50);
  });

  test("is over once complete: the next one starts at the beginning", async () => {
    expect(countsOf((await runCommand(words)).out).total).toBe(2000 * TIMES);
  });
});

test("Ctrl-C on a pipe that stays open ends the program and keeps what it read", async () => {
  const entry = join(import.meta.dir, "../../src/cli/thermocline.ts");
  const child = Bun.spawn(
    [process.execPath, entry, "import", "--data", within("piped"), "--json", "--no-verify"],
    {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: { PATH: process.env["PATH"] ?? "" },
    },
  );
  await child.stdin.write(realText);
  await child.stdin.flush();
  let heard = "";
  for await (const piece of child.stderr) {
    heard += new TextDecoder().decode(piece);
    if (heard.includes("Importing into") && !heard.includes("once more")) child.kill("SIGINT");
  }
  expect(await child.exited).toBe(1);
  const { end, accepted } = countsOf(await child.stdout.text());
  expect(end).toBe("interrupted");
  const { out } = await runCommand(["scan", "{}", "--count", "--data", within("piped")]);
  expect(Number(out)).toBeGreaterThan(0);
  expect(Number(out)).toBeLessThanOrEqual(accepted);
}, 10_000);
