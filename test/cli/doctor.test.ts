// What the doctor finds, and that every fault comes with a remedy.

import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { chownSync, closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { checkTls } from "../../src/cli/diagnosis/certificate.ts";
import { checkDatabase, checkFolder, checkRoom } from "../../src/cli/diagnosis/data-folder.ts";
import { type Finding, inShell } from "../../src/cli/diagnosis/finding.ts";
import {
  checkBun,
  checkDescriptors,
  checkMapCount,
  checkSignatures,
} from "../../src/cli/diagnosis/machine.ts";
import { checkOpenSearch, checkPort, checkPublicUrl } from "../../src/cli/diagnosis/network.ts";
import { defaultConfig } from "../../src/config/load.ts";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { hasOpenssl, makeCertificate } from "../support/certificate.ts";
import { runCommand } from "./run-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const within = temporaryFolder();
const servers: { stop(force: boolean): unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop(true);
});

function serveHttp(answer: (request: Request) => Response): number {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  servers.push(server);
  return server.port!;
}

function expectFault(finding: Finding | undefined, state: "warn" | "fail", remedy: string): void {
  expect(finding?.state).toBe(state);
  expect(finding?.remedy).toContain(remedy);
}

describe("machine", () => {
  const config = defaultConfig({ cold: { url: "http://localhost:9200" } });

  test("Bun", () => {
    expect(checkBun().state).toBe("ok");
    expectFault(checkBun("1.0.0"), "warn", "bun.sh/install");
  });

  test("signatures", () => {
    expect(checkSignatures(defaultConfig({ verify: { backend: "noble" } })).state).toBe("ok");
  });

  test("descriptors", () => {
    const limits = (soft: string): string =>
      `Limit  Soft  Hard\nMax open files            ${soft}       4096      files\n`;
    expectFault(checkDescriptors(config, limits("1024")), "warn", "LimitNOFILE=20256");
    expect(checkDescriptors(config, limits("524288")).state).toBe("ok");
    expect(checkDescriptors(config, limits("unlimited")).state).toBe("ok");
  });

  test("vm.max_map_count matters only beside OpenSearch", () => {
    expectFault(checkMapCount(config, "65530\n"), "warn", "sysctl -w vm.max_map_count=262144");
    expect(checkMapCount(config, "262144\n")?.state).toBe("ok");
    expect(checkMapCount(defaultConfig({ cold: { url: "http://elsewhere:9200" } }), "65530")).toBeUndefined();
    expect(checkMapCount(defaultConfig(), "65530")).toBeUndefined();
  });
});

describe("data folder", () => {
  test("missing is fine, a file in its place is not", () => {
    expect(checkFolder(defaultConfig({ data: { dir: within("not/yet") } })).state).toBe("ok");
    writeFileSync(within("a-file"), "");
    for (const dir of [within("a-file"), within("a-file/below")]) {
      expectFault(checkFolder(defaultConfig({ data: { dir } })), "fail", "data.dir");
    }
  });

  const isRoot = process.getuid?.() === 0;

  test("a path in a remedy can be copied into a shell", () => {
    const path = "/var/lib/it's mine/$HOME";
    expect(Bun.spawnSync(["sh", "-c", `printf %s ${inShell(path)}`]).stdout.toString()).toBe(path);
    expect(inShell("/var/lib/thermocline")).toBe("/var/lib/thermocline");
  });

  test.skipIf(!isRoot)("a file of another user than the folder's, who may be the one that serves", () => {
    const dir = within("is owned");
    mkdirSync(dir);
    openDatabase(join(dir, DATABASE_FILE)).close();
    const check = () => checkFolder(defaultConfig({ data: { dir } }));
    expect(check().state).toBe("ok");
    chownSync(dir, 65_534, 65_534);
    expect(check().found).toContain("belongs to another user than its folder");
    expectFault(check(), "warn", `chown -R --reference='${dir}/.' '${dir}/'`);
  });

  test("room", () => {
    expectFault(checkRoom(defaultConfig(), 1e8), "fail", "free some space");
    expectFault(checkRoom(defaultConfig(), 2e9), "warn", "free some space");
    expect(checkRoom(defaultConfig(), 1e11).state).toBe("ok");
  });

  test("database: whole, damaged, at odds with itself, newer", () => {
    const config = (name: string) => defaultConfig({ data: { dir: within(name) } });
    for (const name of ["whole", "damaged", "torn", "odd", "newer"]) mkdirSync(within(name));
    openDatabase(within(`whole/${DATABASE_FILE}`)).close();
    expect(checkDatabase(config("whole")).map(({ state }) => state)).toEqual(["ok", "ok"]);
    writeFileSync(within(`damaged/${DATABASE_FILE}`), "this is no database".repeat(100));
    expectFault(checkDatabase(config("damaged"))[0], "fail", "backup");
    const torn = within(`torn/${DATABASE_FILE}`);
    openDatabase(torn).close();
    const file = openSync(torn, "r+");
    writeSync(file, new Uint8Array(8 * 4096).fill(0x5a), 0, 8 * 4096, 4096);
    closeSync(file);
    expectFault(checkDatabase(config("torn")).at(-1), "fail", "backup");
    const odd = openDatabase(within(`odd/${DATABASE_FILE}`));
    odd.run("INSERT INTO meta (key, value) VALUES ('seq', '5') ON CONFLICT (key) DO UPDATE SET value = '5'");
    odd.run("INSERT INTO removal VALUES (9, 1, '', '', 1, 0, '', 'deleted')");
    odd.close();
    expectFault(checkDatabase(config("odd"))[1], "fail", "backup");
    const newer = openDatabase(within(`newer/${DATABASE_FILE}`));
    newer.run("PRAGMA user_version = 9999");
    newer.close();
    expectFault(checkDatabase(config("newer"))[0], "fail", "upgrade");
  });
});

describe("network", () => {
  const onPort = (port: number) => defaultConfig({ server: { port } });

  test("port: free, a relay, something else", async () => {
    const port = serveHttp(() => Response.json({ name: "mine" }));
    expect((await checkPort(onPort(port))).found).toContain('"mine" is answering');
    const other = serveHttp(() => new Response("hello"));
    expectFault(await checkPort(onPort(other)), "fail", "ss -ltnp");
    const unknown = await checkPort(defaultConfig({ server: { host: "no.such.host.invalid", port: 7777 } }));
    expectFault(unknown, "fail", "set server.host");
    const elsewhere = await checkPort(defaultConfig({ server: { host: "192.0.2.1", port: 7777 } }));
    expectFault(elsewhere, "fail", "this machine has no address 192.0.2.1");
    servers.splice(0, 1)[0]?.stop(true);
    expect((await checkPort(onPort(port))).found).toContain("free");
  });

  test("public URL", async () => {
    const derived = new Map([["relay.urls", { source: "derived", where: "" }]]) as never;
    const set = new Map([["relay.urls", { source: "file", where: "x" }]]) as never;
    expect((await checkPublicUrl(defaultConfig(), derived)).state).toBe("ok");
    expectFault(
      await checkPublicUrl(defaultConfig({ server: { host: "::" } }), derived),
      "warn",
      "relay.urls",
    );
    const port = serveHttp(() => Response.json({ name: "mine" }));
    const config = defaultConfig({ relay: { urls: [`ws://127.0.0.1:${port}`] } });
    expect((await checkPublicUrl(config, set)).state).toBe("ok");
    servers.splice(0)[0]?.stop(true);
    expectFault(await checkPublicUrl(config, set), "warn", "proxy");
    const other = serveHttp(() => new Response("<html>hello</html>"));
    const found = await checkPublicUrl(defaultConfig({ relay: { urls: [`ws://127.0.0.1:${other}`] } }), set);
    expectFault(found, "warn", "proxy");
    expect(found.found).toContain("answers, but not as a relay");
  });

  test("OpenSearch: answers, wants another password, is not there; passwords stay hidden", async () => {
    const port = serveHttp((request) =>
      request.headers.get("authorization") === `Basic ${btoa("me:hunter2")}`
        ? Response.json({ version: { number: "3.1.0" } })
        : new Response("", { status: 401 }),
    );
    const at = (url: string) => checkOpenSearch(defaultConfig({ cold: { url } }));
    expect(await at(`http://me:hunter2@127.0.0.1:${port}`)).toMatchObject({ state: "ok" });
    const refused = await at(`http://me:hunter3@127.0.0.1:${port}`);
    expectFault(refused, "fail", "cold.password");
    servers.splice(0)[0]?.stop(true);
    const absent = await at(`http://me:hunter2@127.0.0.1:${port}`);
    expectFault(absent, "fail", "OPENSEARCH_URL");
    expect(JSON.stringify([refused, absent])).not.toContain("hunter");
  });
});

test.each<[string, string, "ok" | "warn" | "fail", string]>([
  ["a page of something else", "<html>hello</html>", "fail", "correct cold.url"],
  ["another service", '{"hello":"world"}', "fail", "correct cold.url"],
  ["an old version", '{"version":{"number":"2.11.1"}}', "warn", "upgrade OpenSearch to 2.19"],
  ["the oldest version", '{"version":{"number":"2.19.0"}}', "ok", ""],
  ["a newer one", '{"version":{"number":"3.0.0"}}', "ok", ""],
])("OpenSearch: %s", async (_name, answer, state, remedy) => {
  const port = serveHttp(() => new Response(answer));
  const finding = await checkOpenSearch(defaultConfig({ cold: { url: `http://127.0.0.1:${port}` } }));
  if (state === "ok") expect(finding.state).toBe("ok");
  else expectFault(finding, state, remedy);
});

describe.skipIf(!hasOpenssl)("TLS", () => {
  const ofFiles = (cert: string, key: string, nowMs?: number) =>
    checkTls(defaultConfig({ tls: { cert: within(cert), key: within(key) } }), nowMs);
  const DAY_MS = 86_400_000;

  beforeAll(() => {
    for (const name of ["one", "two"]) {
      mkdirSync(within(name));
      makeCertificate(name, within(name));
    }
    writeFileSync(within("junk.pem"), "no certificate");
  });

  test("without it there is nothing to say", () => expect(checkTls(defaultConfig())).toEqual([]));

  test("files must be there and readable", () => {
    const [cert, key, ...more] = ofFiles("no-cert.pem", "no-key.pem");
    expectFault(cert, "fail", "tls.cert");
    expectFault(key, "fail", "tls.key");
    expect(more).toEqual([]);
    expectFault(ofFiles("one", "one/key.pem")[0], "fail", "readable");
  });

  test("files must be a certificate and its key", () => {
    expectFault(ofFiles("junk.pem", "one/key.pem")[0], "fail", "PEM");
    expectFault(ofFiles("one/cert.pem", "junk.pem")[0], "fail", "PEM");
    expectFault(ofFiles("one/cert.pem", "two/key.pem")[0], "fail", "of one certificate");
  });

  test("a certificate must not be near its end, which comes after two days here", () => {
    const at = (days: number) => ofFiles("one/cert.pem", "one/key.pem", Date.now() + days * DAY_MS)[0];
    expect(at(-20)?.state).toBe("ok");
    expectFault(at(0), "warn", "renew it");
    expectFault(at(3), "fail", "renew it");
  });
});

test("the command prints remedies and fails only for failures", async () => {
  writeFileSync(within("in-the-way"), "");
  const port = String(serveHttp(() => new Response("")));
  const bad = await runCommand(["doctor", "--data", within("in-the-way"), "--port", port]);
  expect(bad.code).toBe(1);
  expect(bad.out).toMatch(/^fail +data folder .*is a file\n +set data\.dir to a folder$/m);
  expect(bad.out).toMatch(/^fail +port/m);
  const good = await runCommand([
    "doctor",
    "--data",
    within("fresh"),
    "--port",
    "0",
    "--json",
    "--server.max_connections",
    "10",
  ]);
  const findings = JSON.parse(good.out) as Finding[];
  expect(findings.filter(({ state }) => state === "fail")).toEqual([]);
  expect(good.code).toBe(0);
  expect(findings.every(({ state, remedy }) => state === "ok" || remedy !== undefined)).toBe(true);
});
