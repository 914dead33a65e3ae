// docs/CONFIG.md is fresh, the template is a valid file, the schema covers the table, secrets stay hidden.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { parse } from "smol-toml";
import { configDocument, configSchema, configTemplate } from "../../src/config/document.ts";
import { loadConfig } from "../../src/config/load.ts";
import { maskUrl } from "../../src/config/masking.ts";
import { createClientAddress } from "../../src/gateway/client-address.ts";
import { SETTING_ROWS } from "../../src/config/settings.ts";
import { shownSettings, showText } from "../../src/config/show.ts";
import { parseFileSettings } from "../../src/config/source-of-file.ts";

test("docs/CONFIG.md is what `thermocline config docs` writes", async () => {
  const file = join(import.meta.dir, "../../docs/CONFIG.md");
  expect(await Bun.file(file).text()).toBe(configDocument());
});

test("the template sets nothing, and all of its lines are accepted when uncommented", () => {
  expect(parseFileSettings("t", configTemplate())).toEqual({
    assignments: [],
    errors: [],
  });
  const uncommented = configTemplate().replaceAll(/^#(?! )/gm, "");
  const { assignments, errors } = parseFileSettings("t", uncommented);
  expect(errors).toEqual([]);
  expect(assignments.map(({ row }) => row.path)).toEqual(SETTING_ROWS.map((row) => row.path));
  for (const { row, value } of assignments) {
    expect(row.setting.type.parse(value)).toEqual({
      value: row.setting.fallback,
    });
  }
});

test("the schema names every setting with its default", () => {
  const { properties } = configSchema() as {
    properties: Record<string, { properties: Record<string, { default: unknown }> }>;
  };
  for (const { section, key, setting } of SETTING_ROWS) {
    expect(properties[section]?.properties[key]?.default).toEqual(setting.fallback);
  }
});

test("show masks secrets, tells origins, and is TOML again", () => {
  const loaded = loadConfig({
    file: false,
    env: {
      OPENSEARCH_URL: "https://me:hunter2@os:9200/x",
      THERMOCLINE_METRICS_TOKEN: "hunter3",
    },
    flags: { port: "8080" },
  });
  if ("errors" in loaded) throw new Error("the settings above are right");
  const text = showText(shownSettings(loaded), true);
  expect(text).not.toContain("hunter");
  expect(text).toMatch(/cold\.url = "https:\/\/me:\*{8}@os:9200\/x" +# environment OPENSEARCH_URL/);
  expect(text).toMatch(/server\.port = 8080 +# flag --port/);
  expect(text).toMatch(/relay\.urls = .* +# derived from server\.host/);
  expect(text).toMatch(/cold\.password = "" +# default/);
  expect(Object.keys(parse(text))).toContain("limits");
});

test("only the password of a URL is masked", () => {
  expect(maskUrl("wss://relay.example:8080/a@b")).toBe("wss://relay.example:8080/a@b");
  expect(maskUrl("plain text: a@b")).toBe("plain text: a@b");
});

test("the containers are given settings that exist, and the proxy in front of them is believed", async () => {
  const file = await Bun.file(join(import.meta.dir, "../../compose.yaml")).text();
  const { services } = Bun.YAML.parse(file) as {
    services: Record<string, { environment: Record<string, string>; ports?: string[] }>;
  };
  const { environment, ports } = services["relay"]!;
  expect(ports).toEqual(["127.0.0.1:7777:7777"]);
  // As compose does: `${NAME:-otherwise}`.
  const env = Object.fromEntries(
    Object.entries(environment).map(([name, text]) => [name, text.replace(/^\$\{\w+:-(.*)\}$/, "$1")]),
  );
  const loaded = loadConfig({ file: false, env });
  if ("errors" in loaded) throw new Error(JSON.stringify(loaded.errors));
  expect(loaded.config.cold.url).toBe("http://opensearch:9200");
  const clientOf = createClientAddress({
    trustedProxies: loaded.config.server.trusted_proxies,
    header: loaded.config.server.client_ip_header,
  });
  const named = new Headers({ "x-forwarded-for": "198.51.100.7" });
  for (const bridge of ["172.17.0.1", "172.31.0.1", "192.168.16.1"])
    expect(clientOf(bridge, named)).toBe("198.51.100.7");
  expect(clientOf("203.0.113.9", named)).toBe("203.0.113.9");
});
