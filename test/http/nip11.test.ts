// NIP-11: who gets the document, that it follows the settings, and that clients in pages of any origin may read it.

import { describe, expect, test } from "bun:test";
import { defaultConfig } from "../../src/config/load.ts";
import { NIPS_ALWAYS, relayInformation } from "../../src/http/nip11.ts";
import { relayUnderTest } from "./relay-under-test.ts";

const facts = { supportedNips: NIPS_ALWAYS, version: "1.2.3" };

describe("the document", () => {
  test("of a relay that nobody has configured", () => {
    expect(relayInformation(defaultConfig(), facts)).toMatchInlineSnapshot(`
      {
        "limitation": {
          "auth_required": false,
          "created_at_upper_limit": 900,
          "default_limit": 500,
          "max_content_length": 262144,
          "max_event_tags": 10000,
          "max_limit": 5000,
          "max_message_length": 1048576,
          "max_subid_length": 64,
          "max_subscriptions": 300,
          "min_pow_difficulty": 0,
          "payment_required": false,
          "restricted_writes": false,
        },
        "name": "Thermocline",
        "supported_nips": [
          1,
          4,
          9,
          11,
          13,
          17,
          40,
          42,
          45,
          59,
          62,
          67,
          70,
        ],
        "version": "1.2.3",
      }
    `);
  });

  test("follows every setting that it tells", () => {
    const key = "a".repeat(64);
    const config = defaultConfig({
      relay: {
        name: "Harbour",
        description: "For sailors",
        icon: "https://example.com/i.png",
        banner: "https://example.com/b.png",
        pubkey: key,
        contact: "mailto:a@example.com",
        terms_of_service: "https://example.com/terms",
        privacy_policy: "https://example.com/privacy",
      },
      limits: {
        max_message_length: 70_001,
        max_subscriptions: 21,
        max_limit: 22,
        default_limit: 11,
        max_subid_length: 23,
        max_event_tags: 24,
        max_content_length: 25,
        min_pow_difficulty: 26,
        created_at_lower_limit: 27,
        created_at_upper_limit: 28,
      },
      auth: { required: true },
      policy: { allowed_pubkeys: [key] },
    });
    expect(relayInformation(config, { ...facts, self: "b".repeat(64) })).toEqual({
      name: "Harbour",
      description: "For sailors",
      icon: "https://example.com/i.png",
      banner: "https://example.com/b.png",
      pubkey: key,
      self: "b".repeat(64),
      contact: "mailto:a@example.com",
      supported_nips: [...NIPS_ALWAYS],
      version: "1.2.3",
      terms_of_service: "https://example.com/terms",
      privacy_policy: "https://example.com/privacy",
      limitation: {
        max_message_length: 70_001,
        max_subscriptions: 21,
        max_limit: 22,
        default_limit: 11,
        max_subid_length: 23,
        max_event_tags: 24,
        max_content_length: 25,
        min_pow_difficulty: 26,
        created_at_lower_limit: 27,
        created_at_upper_limit: 28,
        auth_required: true,
        payment_required: false,
        restricted_writes: true,
      },
    });
  });

  test("writes are restricted by lists of kinds too, not by blocking some", () => {
    const restricted = (policy: object): unknown =>
      (relayInformation(defaultConfig({ policy }), facts)["limitation"] as Record<string, unknown>)[
        "restricted_writes"
      ];
    expect(restricted({ allowed_kinds: [1] })).toBe(true);
    expect(restricted({ blocked_kinds: [1] })).toBe(false);
  });

  test("lists NIPs as rising integers", () => {
    const document = relayInformation(defaultConfig(), { ...facts, supportedNips: [50, 1, 11] });
    expect(document["supported_nips"]).toEqual([1, 11, 50]);
  });
});

describe("over HTTP", () => {
  const ask = relayUnderTest();
  const typeFor = async (accept: string | undefined): Promise<string | undefined> => {
    const response = await ask("/", accept === undefined ? {} : { headers: { accept } });
    expect(response.status).toBe(200);
    expect(response.headers.get("vary")).toBe("Accept");
    return response.headers.get("content-type")?.split(";")[0];
  };
  const cases: readonly (readonly [string | undefined, string])[] = [
    ["application/nostr+json", "application/nostr+json"],
    ["Application/Nostr+JSON", "application/nostr+json"],
    ["text/html, application/nostr+json", "application/nostr+json"],
    ["application/json;q=0.9, application/nostr+json;q=0.5", "application/nostr+json"],
    ["text/html, application/nostr+json;q=0.9", "text/html"],
    ["application/nostr+json;q=0, text/html", "text/html"],
    ["application/nostr+jsonx", "text/html"],
    ["text/html,application/xhtml+xml,*/*;q=0.8", "text/html"],
    ["*/*", "text/html"],
    ["", "text/html"],
    [",;q=;,", "text/html"],
    [undefined, "text/html"],
  ];
  for (const [accept, type] of cases)
    test(`Accept: ${accept} gets ${type}`, async () => expect(await typeFor(accept)).toBe(type));

  test("pages of any origin may read it, after a preflight if they want one", async () => {
    const headers = { accept: "application/nostr+json", origin: "https://client.example" };
    for (const response of [await ask("/", { headers }), await ask("/", { method: "OPTIONS", headers })]) {
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-allow-headers")).toBe("*");
      expect(response.headers.get("access-control-allow-methods")).toContain("GET");
    }
  });

  test("nothing else is at / or below it", async () => {
    expect((await ask("/", { method: "POST" })).status).toBe(405);
    for (const path of ["/foo", "//", "/index.html", "/%2e%2e/etc/passwd", "/.well-known/nostr.json"])
      expect((await ask(path, { headers: { accept: "application/nostr+json" } })).status).toBe(404);
  });

  test("HEAD tells the headers alone", async () => {
    const response = await ask("/", { method: "HEAD", headers: { accept: "application/nostr+json" } });
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("content-type")).toBe("application/nostr+json");
  });
});
