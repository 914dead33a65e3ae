// Trends and their pages over plain HTTP: shapes, refusals, who may ask from where, and files that nobody else serves.

import { describe, expect, test } from "bun:test";
import type { TrendsAsk } from "../../src/query/trends-protocol.ts";
import { NIPS_ALWAYS } from "../../src/http/nip11.ts";
import { refuse } from "../../src/nostr/reason.ts";
import { relayUnderTest } from "./relay-under-test.ts";

function setUp(settings: Parameters<typeof relayUnderTest>[0] = {}) {
  const asked: TrendsAsk[] = [];
  const ask = relayUnderTest(settings, {
    information: () => ({ supportedNips: [...NIPS_ALWAYS, 50], version: "1.2.3" }),
    trends: {
      answer: (question) => {
        asked.push(question);
        return Promise.resolve(
          question.window === "30d" ? refuse("error", "trends are not counted yet") : '{"items":[]}',
        );
      },
    },
  });
  return { ask, asked };
}

describe("data", () => {
  test("what is asked reaches whoever counts, with what clients leave out filled in", async () => {
    const { ask, asked } = setUp();
    for (const path of [
      "/api/trends",
      "/api/trends?what=notes&window=7d&lang=DE",
      "/api/trends?what=links&lang=de",
      "/v0/trending/notes?lang=en",
      "/v0/trending/profiles",
      "/v0/trending/hashtags?window=1h",
    ]) {
      const answer = await ask(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe("application/json");
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      expect(await answer.json()).toEqual({ items: [] });
    }
    expect(asked).toEqual([
      { shape: "api", what: "hashtags", window: "24h", language: "" },
      { shape: "api", what: "notes", window: "7d", language: "de" },
      { shape: "api", what: "links", window: "24h", language: "" },
      { shape: "band", what: "notes", window: "24h", language: "en" },
      { shape: "band", what: "people", window: "24h", language: "" },
      { shape: "band", what: "hashtags", window: "1h", language: "" },
    ]);
  });

  test("a wrong question is told what a right one is", async () => {
    const { ask, asked } = setUp();
    const cases: readonly (readonly [string, number, string])[] = [
      ["/api/trends?what=cats", 400, "what is one of hashtags, notes, people, links, media"],
      ["/api/trends?what=toString", 400, "what is one of"],
      ["/api/trends?window=2h", 400, "window is one of 1h, 4h, 24h, 7d, 30d"],
      ["/api/trends?window=__proto__", 400, "window is one of"],
      ["/api/trends?what=notes&lang=german", 400, "lang is two letters"],
      ["/v0/trending/constructor", 404, "/v0/trending/notes"],
      ["/api/trends?window=30d", 503, "not counted yet"],
    ];
    for (const [path, status, words] of cases) {
      const answer = await ask(path);
      expect([path, answer.status]).toEqual([path, status]);
      expect(((await answer.json()) as { error: string }).error).toContain(words);
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    }
    expect(asked).toHaveLength(1);
  });

  test("pages of any origin may ask first", async () => {
    const { ask } = setUp();
    for (const path of ["/api/trends", "/v0/trending/notes"]) {
      const answer = await ask(path, { method: "OPTIONS" });
      expect(answer.status).toBe(204);
      expect(answer.headers.get("access-control-allow-methods")).toContain("GET");
    }
  });

  test("a relay that is read after authentication only tells nothing here", async () => {
    const { ask, asked } = setUp({ auth: { required: true } });
    for (const path of ["/api/trends?what=notes", "/v0/trending/notes"])
      expect((await ask(path)).status).toBe(401);
    expect(asked).toEqual([]);
  });

  test("where trends are off there is nothing", async () => {
    const ask = relayUnderTest();
    for (const path of ["/trends", "/search", "/api/trends", "/v0/trending/notes"])
      expect((await ask(path)).status).toBe(404);
  });
});

describe("pages", () => {
  test("load their own files alone, and those are kept for ever", async () => {
    const { ask } = setUp({ relay: { name: "<b>Sea</b>" } });
    for (const path of ["/trends", "/search"]) {
      const page = await ask(path);
      const html = await page.text();
      expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
      expect(html).not.toContain("<b>Sea");
      expect(html).not.toMatch(/<script(?![^>]* src="\/assets\/)|<style|\son[a-z]+=| style=/);
      const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]!);
      expect(files.length).toBeGreaterThanOrEqual(2);
      for (const file of files) {
        const plain = await ask(file);
        const packed = await ask(file, { headers: { "accept-encoding": "br, gzip" } });
        expect(plain.headers.get("cache-control")).toContain("immutable");
        expect(packed.headers.get("content-encoding")).toBe("gzip");
        const text = await plain.text();
        expect(Buffer.from(Bun.gunzipSync(await packed.arrayBuffer())).toString()).toBe(text);
        expect(text.length).toBeGreaterThan(500);
      }
    }
  });

  test("an unknown file is not found", async () => {
    const { ask } = setUp();
    expect((await ask("/assets/../package.json")).status).toBe(404);
    expect((await ask("/assets/nothing.js")).status).toBe(404);
  });

  test("the search page offers what this relay can do", async () => {
    const { ask } = setUp();
    expect(await (await ask("/search")).text()).not.toContain('name="lang"');
    const detecting = setUp({ search: { language_detection: true } });
    expect(await (await detecting.ask("/search")).text()).toContain('name="lang"');
  });
});
