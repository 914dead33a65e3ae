// Settings from all sources: precedence, every error at once, suggestions, relations, derived defaults.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConfigError, formatConfigErrors } from "../../src/config/config-error.ts";
import { type ConfigSources, defaultConfig, type LoadedConfig, loadConfig } from "../../src/config/load.ts";
import { SETTING_ROWS } from "../../src/config/settings.ts";

const NPUB = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";
const HEX = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thermocline-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(toml: string): string {
  const path = join(folder, `${crypto.randomUUID()}.toml`);
  writeFileSync(path, toml);
  return path;
}

function loaded(sources: ConfigSources): LoadedConfig {
  const result = loadConfig({ file: false, ...sources });
  if ("errors" in result) throw new Error(formatConfigErrors(result.errors));
  return result;
}

function errorsOf(sources: ConfigSources): readonly ConfigError[] {
  const result = loadConfig({ file: false, ...sources });
  return "errors" in result ? result.errors : [];
}

describe("precedence", () => {
  const toml = '[limits]\nmax_limit = 10\nmax_filters = 11\nmax_subscriptions = 12\n[relay]\nname = "file"\n';

  test("defaults < file < environment < flags, and each value knows its origin", () => {
    const file = fileWith(toml);
    const {
      config,
      origins,
      file: read,
    } = loaded({
      file,
      env: {
        THERMOCLINE_LIMITS_MAX_FILTERS: "21",
        THERMOCLINE_LIMITS_MAX_SUBSCRIPTIONS: "22",
      },
      flags: { "limits.max_subscriptions": "32" },
    });
    expect(config.limits.max_message_length).toBe(2 ** 20);
    expect(config.limits.max_limit).toBe(10);
    expect(config.limits.max_filters).toBe(21);
    expect(config.limits.max_subscriptions).toBe(32);
    expect(read).toBe(file);
    expect(origins.get("limits.max_limit")).toEqual({
      source: "file",
      where: `${file}:2`,
    });
    expect(origins.get("limits.max_filters")?.where).toBe("THERMOCLINE_LIMITS_MAX_FILTERS");
    expect(origins.get("limits.max_subscriptions")).toEqual({
      source: "flag",
      where: "--limits.max_subscriptions",
    });
    expect(origins.get("limits.max_message_length")?.source).toBe("default");
  });

  test("short flags, plain variables, and empty variables that do not count", () => {
    const { config } = loaded({
      env: {
        OPENSEARCH_URL: "http://os:9200",
        LIBSECP256K1_PATH: "/lib/x.so",
        THERMOCLINE_RELAY_NAME: "",
      },
      flags: { port: "1234", host: "::1", data: "/srv/relay" },
    });
    expect(config.cold.url).toBe("http://os:9200");
    expect(config.verify.library_path).toBe("/lib/x.so");
    expect(config.relay.name).toBe("Thermocline");
    expect(config.server).toMatchObject({ port: 1234, host: "::1" });
    expect(config.relay.urls).toEqual(["ws://[::1]:1234"]);
    expect(config.data.dir).toBe("/srv/relay");
    const own = {
      THERMOCLINE_COLD_URL: "http://own:9200",
      OPENSEARCH_URL: "http://os:9200",
    };
    expect(loaded({ env: own }).config.cold.url).toBe("http://own:9200");
  });

  test("THERMOCLINE_CONFIG names the file, and a flag's path comes before it", () => {
    const named = fileWith('relay.name = "named"');
    const byVariable = loadConfig({ env: { THERMOCLINE_CONFIG: named } });
    expect(byVariable).toMatchObject({
      config: { relay: { name: "named" } },
      file: named,
    });
    const given = fileWith(toml);
    expect(loaded({ file: given, env: { THERMOCLINE_CONFIG: named } }).config.relay.name).toBe("file");
  });
});

describe("values", () => {
  test.each<[string, string, unknown]>([
    ["relay.pubkey", NPUB, HEX],
    ["relay.pubkey", HEX.toUpperCase(), HEX],
    ["policy.allowed_pubkeys", `${NPUB}, ${HEX}`, [HEX]],
    ["policy.blocked_kinds", "4,1059", [4, 1059]],
    ["hot.tail_bytes", "64MiB", 64 * 2 ** 20],
    ["hot.tail_bytes", "1.5 GB", 1.5e9],
    ["limits.max_message_length", "2_000_000", 2_000_000],
    ["auth.required", "yes", true],
    ["server.trusted_proxies", "10.0.0.0/8,::1", ["10.0.0.0/8", "::1"]],
    ["server.host", "[::1]", "::1"],
    ["server.host", "::", "::"],
    ["server.host", "relay-1.example", "relay-1.example"],
    ["server.client_ip_header", "CF-Connecting-IP", "cf-connecting-ip"],
    ["log.level", "debug", "debug"],
  ])("%s takes %p", (path, text, value) => {
    const { config } = loaded({ flags: { [path]: text } });
    const [section = "", key = ""] = path.split(".");
    expect((config as unknown as Record<string, Record<string, unknown>>)[section]?.[key]).toEqual(value);
  });

  test("retention rules come as tables from TOML and as JSON from text", () => {
    const rules = [
      {
        kinds: [
          [1, 1],
          [30_000, 39_999],
        ],
        max_age_seconds: 60,
      },
    ];
    const toml =
      '[cold]\nurl = "http://x"\n[[hot.retain]]\nkinds = [1, "30000-39999"]\nmax_age_seconds = 60\n';
    expect(loaded({ file: fileWith(toml) }).config.hot.retain).toEqual(rules as never);
    const flags = {
      "cold.url": "http://x",
      "hot.retain": JSON.stringify(rules),
    };
    expect(loaded({ flags }).config.hot.retain).toEqual(rules as never);
  });

  test.each<[string, string]>([
    ["relay.pubkey", `${NPUB.slice(0, -1)}q`],
    ["relay.pubkey", "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"],
    ["relay.urls", "https://relay.example"],
    ["cold.url", "localhost:9200"],
    ["server.port", "70000"],
    ["server.port", "7e3"],
    ["server.host", ""],
    ["server.host", "0.0.0.0:7777"],
    ["server.host", "unix:/run/relay.sock"],
    ["server.client_ip_header", ""],
    ["server.client_ip_header", "x forwarded for"],
    ["server.trusted_proxies", "10.0.0.0/33"],
    ["policy.blocked_kinds", "70000"],
    ["hot.tail_bytes", "64 parsecs"],
    ["hot.retain", '[{"kinds":[5,"9-7"],"max_age_seconds":1}]'],
    ["verify.backend", "openssl"],
  ])("%s refuses %p and says what it wants", (path, text) => {
    const errors = errorsOf({ flags: { [path]: text } });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ where: `--${path}`, key: path });
    expect(errors[0]?.expected).toBeString();
  });
});

describe("errors", () => {
  test("all of all sources at once, with file and line, key, got and expected", () => {
    const file = fileWith(
      'nme = "x"\n[limits]\nmax_limt = 3\nmax_limit = "many"\n[serverr]\nport = 1\n[tls]\ncert = "c.pem"\n',
    );
    const env = {
      THERMOCLINE_SERVER_PROT: "1",
      THERMOCLINE_AUTH_REQUIRED: "maybe",
      HOME: "/root",
    };
    const text = formatConfigErrors(errorsOf({ file, env, flags: { prt: "3" } }));
    expect(text.replaceAll(file, "FILE")).toMatchInlineSnapshot(`
      "8 settings are wrong:
        FILE:1 nme: there is no such setting outside of a section
        FILE:3 limits.max_limt: there is no such setting
          did you mean limits.max_limit?
        FILE:5 serverr: there is no such section
          did you mean server?
        THERMOCLINE_SERVER_PROT: there is no setting behind this environment variable
          did you mean THERMOCLINE_SERVER_PORT?
        --prt: there is no such flag
          did you mean --port?
        FILE:4 limits.max_limit: has a value that cannot be used
          got       "many"
          expected  a whole number from 1 to 1000000
        THERMOCLINE_AUTH_REQUIRED auth.required: has a value that cannot be used
          got       "maybe"
          expected  true or false
        tls.key: TLS needs both tls.cert and tls.key; set both, or neither."
    `);
  });

  test.each<[string, string]>([
    ["max_limit = 5", "limits.max_limit"],
    ["[limits]\nmax_conections = 5", "server.max_connections"],
    ["[limits]\nport = 5", "server.port"],
    ["[limit]\nmax_limit = 5", "limits"],
    ["[hot]\nsyncronous = 'full'", "hot.synchronous"],
  ])("%p is answered with a suggestion", (toml, suggestion) => {
    const [error] = errorsOf({ file: fileWith(toml) });
    expect(error?.suggestion).toBe(suggestion);
  });

  test("broken TOML tells line and column", () => {
    const file = fileWith("[limits]\nmax_limit = = 4\n");
    const [error] = errorsOf({ file });
    expect(error?.where).toBe(`${file}:2:13`);
  });

  test("a file that was named must exist", () => {
    expect(errorsOf({ file: join(folder, "missing.toml") })[0]?.message).toStartWith("cannot be read");
  });

  test("secrets never stand in an error, nor do passwords of URLs", () => {
    const secret = "5ecre7-".repeat(4);
    const flags = {
      "trends.secret_key": secret,
      "cold.url": `ftp://me:${secret}@host`,
    };
    const text = formatConfigErrors(errorsOf({ flags }));
    expect(text).toContain("trends.secret_key");
    expect(text).toContain("cold.url");
    expect(text).not.toContain(secret);
  });
});

describe("relations", () => {
  test.each<[Record<string, string>, string]>([
    [{ "tls.cert": "a.pem" }, "tls.key"],
    [{ "limits.default_limit": "50", "limits.max_limit": "10" }, "limits.default_limit"],
    [{ "limits.max_content_length": "3000000" }, "limits.max_content_length"],
    [
      { "server.max_connections": "10", "server.max_connections_per_ip": "11" },
      "server.max_connections_per_ip",
    ],
    [{ "server.send_buffer_bytes": "65536" }, "server.send_buffer_bytes"],
    [{ "hot.max_age_seconds": "10" }, "hot.max_age_seconds"],
    [{ "hot.max_bytes": "10" }, "hot.max_bytes"],
    [{ "cold.url": "http://x", "cold.username": "u" }, "cold.password"],
    [{ "cold.url": "http://x", "cold.search_timeout_ms": "40000" }, "cold.search_timeout_ms"],
    [{ "cold.index_prefix": "Nostr" }, "cold.index_prefix"],
    [{ "policy.allowed_kinds": "1,2", "policy.blocked_kinds": "2" }, "policy.blocked_kinds"],
    [{ "auth.required": "true", host: "0.0.0.0" }, "relay.urls"],
  ])("%p is one sentence about %s", (flags, key) => {
    const errors = errorsOf({ flags });
    expect(errors.map((error) => error.key)).toEqual([key]);
    expect(errors[0]?.message).toEndWith(".");
  });

  test("names its setting once, after the place where it was set", () => {
    const text = formatConfigErrors(errorsOf({ file: fileWith("[hot]\nmax_bytes = 10\n") }));
    expect(text).toMatch(/\.toml:2: hot\.max_bytes needs cold\.url: /);
  });

  test("defaults give way to what was set, and say so", () => {
    const { config, origins } = loaded({
      flags: {
        "limits.max_limit": "100",
        "limits.max_message_length": "8 MiB",
        "server.max_connections": "50",
      },
    });
    expect(config.limits.default_limit).toBe(100);
    expect(config.server.send_buffer_bytes).toBe(32 * 2 ** 20);
    expect(config.server.max_connections_per_ip).toBe(50);
    expect(origins.get("limits.default_limit")).toEqual({
      source: "derived",
      where: "limits.max_limit",
    });
  });
});

describe("defaultConfig", () => {
  test("is deeply frozen and takes overrides", () => {
    const config = defaultConfig({
      server: { port: 0 },
      policy: { blocked_kinds: [4] },
    });
    expect(config.server.port).toBe(0);
    expect(config.policy.blocked_kinds).toEqual([4]);
    expect(
      Object.isFrozen(config) && Object.isFrozen(config.server) && Object.isFrozen(config.relay.urls),
    ).toBe(true);
  });

  test("throws with all reasons", () => {
    expect(() => defaultConfig({ server: { port: -1 }, limits: { max_filters: 0 } })).toThrow(
      /2 settings are wrong/,
    );
  });
});

test("every default is accepted by its own type, and every variable name is unique", () => {
  for (const { path, setting } of SETTING_ROWS) {
    expect([path, setting.type.parse(setting.fallback)]).toEqual([path, { value: setting.fallback }]);
    expect(setting.description).toEndWith(".");
  }
  expect(new Set(SETTING_ROWS.map((row) => row.variable)).size).toBe(SETTING_ROWS.length);
});
