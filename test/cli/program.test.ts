// The command line's face: help, suggestions, exit codes, settings as flags.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import packageJson from "../../package.json" with { type: "json" };
import { SETTING_ROWS } from "../../src/config/settings.ts";
import { keypair, signed } from "../support/events.ts";
import { runCommand } from "./run-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const within = temporaryFolder();

describe("help", () => {
  test("names every command", async () => {
    const bare = await runCommand([]);
    expect(bare.code).toBe(0);
    expect(bare.out).toMatchSnapshot();
    expect((await runCommand(["--help"])).out).toBe(bare.out);
  });

  test.each([["import"], ["export"], ["scan"], ["delete"], ["config"], ["cold"], ["search"]])(
    "of %s",
    async (command) => {
      const { out, code } = await runCommand([command, "--help"]);
      expect(code).toBe(0);
      expect(out).toMatchSnapshot();
    },
  );

  test("of serve explains every setting", async () => {
    const { out } = await runCommand(["serve", "--help"]);
    for (const { path } of SETTING_ROWS) expect(out).toContain(`--${path} `);
    expect(out).toContain("--port <value>");
  });
});

describe("a wrong command line", () => {
  test.each<[string[], string]>([
    [["serv"], "Did you mean serve?"],
    [["import", "--no-verfy"], "Did you mean --no-verify?"],
    [["serve", "--limits.max_limt", "5"], "Did you mean --limits.max_limit?"],
    [["config", "chek"], "Did you mean check?"],
    [["scan"], "missing required argument"],
    [["export", "a", "b"], "too many arguments"],
    [["scan", "{kinds:[1]}"], "not JSON"],
    [["scan", '{"knids":[1]}'], '"knids" is not known'],
    [["scan", '{"search":"x"}'], "search is answered by a running relay only"],
    [["export", "--order", "random"], "--order is newest or oldest"],
    [["export", "--limit", "many"], "--limit is a whole number"],
    [["export", "--authors", "npub1nobody"], "no list of npub or hex keys"],
    [["delete"], "say which events"],
    [["delete", "--filter", '{"search":"x"}', "--yes"], "search is answered by a running relay only"],
    [["info", "--port", "99999"], "a whole number from 0 to 65535"],
    [["info", "--config", "/does/not/exist.toml"], "/does/not/exist.toml: cannot be read"],
  ])("%p ends with 2 and says why", async (words, reason) => {
    const { code, out, err } = await runCommand(words);
    expect(err).toContain(reason);
    expect([code, out]).toEqual([2, ""]);
  });
});

test.each([["info"], ["export"]])(
  "%s without a database ends with 1 and says what to do",
  async (command) => {
    const { code, err } = await runCommand([command, "--data", within("nothing-here")]);
    expect(code).toBe(1);
    expect(err).toContain("thermocline: there is no database");
  },
);

test.each<[string[], RegExp]>([
  [["import", within("no/such/file")], /no\/such\/file: there is no such file or folder; check the path/],
  [["export", within("no/folder/file")], /no\/folder\/file: there is no such file or folder/],
  [["export", "/dev/full"], /\/dev\/full: the disk is full; free some space/],
  [["export", within("")], /: this is a folder; name a file in it/],
  [["config", "check", "--config", within("")], /cannot be read: it is a folder/],
])("%p tells which file is at fault, and what to do", async (words, told) => {
  const data = within("data of files");
  const input = Readable.from([Buffer.from(JSON.stringify(signed(keypair(1))))]);
  expect((await runCommand(["import", "--data", data], { input })).code).toBe(0);
  const { code, out, err } = await runCommand([...words, "--data", data]);
  expect(err).toMatch(told);
  expect(err).not.toContain("database");
  expect(code).toBe(words[0] === "config" ? 2 : 1);
  expect(out).toBe("");
});

test("version", async () => {
  const { out, code } = await runCommand(["version", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ thermocline: packageJson.version, bun: Bun.version });
  expect((await runCommand(["version"])).out).toContain(`thermocline ${packageJson.version}`);
  expect(await runCommand(["--version"])).toMatchObject({ code: 0, out: `${packageJson.version}\n` });
});

describe("config", () => {
  test("init writes a file that check accepts, and never over another", async () => {
    const file = within("fresh.toml");
    expect((await runCommand(["config", "init", file])).code).toBe(0);
    expect((await runCommand(["config", "check", "--config", file])).code).toBe(0);
    writeFileSync(file, "[limits]\nmax_limit = 7\n");
    expect((await runCommand(["config", "init", file])).code).toBe(1);
    expect(readFileSync(file, "utf8")).toContain("max_limit = 7");
    expect((await runCommand(["config", "init", file, "--force"])).code).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("#max_limit = 5000");
  });

  test("check tells all that is wrong and ends with 2", async () => {
    const file = within("wrong.toml");
    writeFileSync(file, "[limits]\nmax_limt = 7\nmax_filters = 0\n");
    const { code, err } = await runCommand(["config", "check", "--config", file]);
    expect(code).toBe(2);
    expect(err).toContain(`${file}:2 limits.max_limt`);
    expect(err).toContain(`${file}:3 limits.max_filters`);
    const json = await runCommand(["config", "check", "--json", "--config", file]);
    expect([json.code, json.err]).toEqual([2, err]);
    expect(JSON.parse(json.out)).toMatchObject({
      right: false,
      errors: [{ where: `${file}:2`, suggestion: "limits.max_limit" }, { key: "limits.max_filters" }],
    });
    expect(JSON.parse((await runCommand(["config", "check", "--json"])).out)).toEqual({
      right: true,
      errors: [],
    });
  });

  test("show tells values and origins, and no secret", async () => {
    const environment = {
      THERMOCLINE_COLD_PASSWORD: "hunter2",
      THERMOCLINE_COLD_USERNAME: "me",
      OPENSEARCH_URL: "http://os:9200",
    };
    const plain = await runCommand(["config", "show", "--origin", "--port", "81"], { environment });
    expect(plain.out).toMatch(/^server\.port = 81 +# flag --port$/m);
    expect(plain.out).toMatch(/^cold\.password = "\*+" +# environment THERMOCLINE_COLD_PASSWORD$/m);
    const json = await runCommand(["config", "show", "--json"], { environment });
    expect(JSON.parse(json.out)).toMatchObject({ "cold.url": "http://os:9200", "cold.username": "me" });
    expect(plain.out + json.out).not.toContain("hunter2");
  });

  test("docs and schema go to standard output on request", async () => {
    const docs = await runCommand(["config", "docs", "-"]);
    expect(docs.out).toBe(readFileSync(join(import.meta.dir, "../../docs/CONFIG.md"), "utf8"));
    const { out } = await runCommand(["config", "schema"]);
    expect(JSON.parse(out)).toHaveProperty("properties.limits.properties.max_limit.default", 5000);
  });
});

test("help that nobody reads to its end is no fault", async () => {
  const entry = join(import.meta.dir, "../../src/cli/thermocline.ts");
  const command = `"${process.execPath}" "${entry}" serve --help | true; echo "\${PIPESTATUS[0]}"`;
  const child = Bun.spawn(["bash", "-c", command], { stdout: "pipe", stderr: "pipe" });
  expect([await child.stdout.text(), await child.stderr.text()]).toEqual(["0\n", ""]);
});

describe.skipIf(!existsSync("/dev/full"))("a full disk", () => {
  const entry = join(import.meta.dir, "../../src/cli/thermocline.ts");
  const full = Bun.file("/dev/full");

  test.each<[string[]]>([[["version"]], [["--help"]], [["--version"]], [["help", "import"]]])(
    "under the output of %p is told as such",
    async (words) => {
      const child = Bun.spawn([process.execPath, entry, ...words], { stdout: full, stderr: "pipe" });
      expect(await child.stderr.text()).toBe(
        "thermocline: standard output: the disk is full; free some space, or name another place\n",
      );
      expect(await child.exited).toBe(1);
    },
  );

  test("under the talk changes nothing of what a command does", async () => {
    const run = (...words: string[]): Promise<number> =>
      Bun.spawn([process.execPath, entry, ...words], { stdout: "ignore", stderr: full }).exited;
    expect(await run("config", "check")).toBe(0);
    expect(await run("config", "chek")).toBe(2);
  });
});

test("the entry runs as a program of its own, with exit codes and separate streams", async () => {
  const entry = join(import.meta.dir, "../../src/cli/thermocline.ts");
  expect(existsSync(entry)).toBe(true);
  const child = Bun.spawn([process.execPath, entry, "config", "shwo"], { stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect(await child.exited).toBe(2);
  expect(out).toBe("");
  expect(err).toContain("Did you mean show?");
});
