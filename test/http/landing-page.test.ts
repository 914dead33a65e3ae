// The front page as text: small, escaped, under its own policy, and true to the settings.

import { createHash } from "node:crypto";
import { afterEach, describe, expect, setSystemTime, test } from "bun:test";
import { defaultConfig } from "../../src/config/load.ts";
import { NIPS_ALWAYS } from "../../src/http/nip11.ts";
import { durationInWords, limitsInWords, policyInWords, sizeInWords } from "../../src/http/plain-words.ts";
import { relayUnderTest, STATS } from "./relay-under-test.ts";

const page = async (...relay: Parameters<typeof relayUnderTest>): Promise<string> =>
  await (await relayUnderTest(...relay)("/")).text();

afterEach(() => void setSystemTime());

describe("the page", () => {
  test("is under 20 KB and loads nothing from elsewhere", async () => {
    const html = await page();
    expect(Buffer.byteLength(html)).toBeLessThan(20_000);
    expect(html).not.toMatch(/<(?:script|img|iframe)[^>]* src=|<link[^>]* href="(?!\/favicon)/);
    expect(html).not.toMatch(/@import|url\(/);
  });

  test("its policy allows its own style and script and no other", async () => {
    const response = await relayUnderTest()("/");
    const policy = response.headers.get("content-security-policy") ?? "";
    const html = await response.text();
    for (const tag of ["script", "style"]) {
      const bodies = [...html.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "gs"))].map(
        (match) => match[1] ?? "",
      );
      expect(bodies).toHaveLength(1);
      const hash = createHash("sha256")
        .update(bodies[0] ?? "")
        .digest("base64");
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(html).not.toMatch(/ style="| on[a-z]+="/);
  });

  test("pictures of the operator, and their origins alone, are allowed", async () => {
    const settings = {
      relay: { icon: "https://a.example/i.png", banner: "https://b.example:8443/b.png?x=1" },
    };
    const response = await relayUnderTest(settings)("/");
    expect(response.headers.get("content-security-policy")).toContain(
      "img-src 'self' https://a.example https://b.example:8443;",
    );
    expect(await response.text()).toContain('src="https://b.example:8443/b.png?x=1"');
  });

  test("texts from settings cannot become markup", async () => {
    const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`;
    const html = await page({
      relay: { name: evil, description: evil, contact: `javascript:alert(3)//${evil}` },
    });
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toContain("<img");
    expect(html).not.toMatch(/href="javascript:/i);
    expect(html).toContain("&lt;script&gt;");
  });

  test("contacts become links when they are links", async () => {
    expect(await page({ relay: { contact: "mailto:me@example.com" } })).toContain(
      '<a href="mailto:me@example.com" rel="noreferrer">me@example.com</a>',
    );
    expect(await page({ relay: { contact: "ask at the door" } })).toContain("<dd>ask at the door</dd>");
  });

  test("offers search and trends only while they are on", async () => {
    expect(await page()).not.toContain('id="search"');
    const information = () => ({ supportedNips: [...NIPS_ALWAYS, 50], version: "1" });
    expect(await page({}, { information })).toContain('id="search"');
    expect(await page({}, { information })).not.toContain('href="/trends"');
    const trends = { answer: async () => "{}" };
    expect(await page({}, { information, trends })).toContain('href="/trends"');
  });

  test("shows the address, the NIPs and the numbers", async () => {
    const html = await page({ relay: { urls: ["wss://relay.example"] } });
    expect(html).toContain('<code id="address">wss://relay.example</code>');
    for (const nip of NIPS_ALWAYS) expect(html).toContain(`/${String(nip).padStart(2, "0")}.md"`);
    expect(html).toContain('<dd data-stat="events_stored">1,234,567</dd>');
  });

  test("is rendered anew after a second, not for every visitor", async () => {
    let connections = 1;
    let nowMs = 0;
    const stats = () => ({ ...STATS, connections });
    const ask = relayUnderTest({}, { stats, now: () => nowMs });
    const shown = async (): Promise<string | undefined> =>
      /data-stat="connections">([^<]*)</.exec(await (await ask("/")).text())?.[1];
    expect(await shown()).toBe("1");
    connections = 2;
    nowMs = 999;
    expect(await shown()).toBe("1");
    nowMs = 1000;
    expect(await shown()).toBe("2");
  });
});

test("the page is rendered anew also where the clock is set back", async () => {
  let connections = 1;
  const stats = () => ({ ...STATS, connections });
  const ask = relayUnderTest({}, { stats });
  const shown = async (): Promise<string> => (await ask("/")).text();
  expect(await shown()).toContain('data-stat="connections">1<');
  connections = 2;
  setSystemTime(Date.now() - 86_400_000);
  while (!(await shown()).includes('data-stat="connections">2<')) await Bun.sleep(50);
});

describe("plain words", () => {
  const words = (
    sentences: readonly { subject: string; words: string }[],
    subject: string,
  ): string | undefined => sentences.find((sentence) => sentence.subject === subject)?.words;

  test("policy", () => {
    const key = "a".repeat(64);
    const open = policyInWords(defaultConfig());
    expect([words(open, "Reading"), words(open, "Writing")]).toEqual([
      "open to everybody",
      "open to everybody",
    ]);
    const closed = policyInWords(
      defaultConfig({
        auth: { required: true },
        policy: {
          allowed_pubkeys: [key],
          allowed_kinds: [7, 1],
          blocked_kinds: Array.from({ length: 32 }, (_, i) => 100 + i),
        },
        limits: { min_pow_difficulty: 1 },
      }),
    );
    expect(words(closed, "Reading")).toBe("after authentication");
    expect(words(closed, "Writing")).toBe("1 invited key only");
    expect(words(closed, "Accepted kinds")).toBe("1, 7");
    expect(words(closed, "Kinds not accepted")).toEndWith("129 and 2 more");
    expect(words(closed, "Proof of work")).toBe("1 leading zero bit");
  });

  test("limits", () => {
    const shown = limitsInWords(
      defaultConfig({ limits: { created_at_lower_limit: 94_608_000, events_per_second_per_ip: 5 } }),
    );
    expect(words(shown, "A message")).toBe("up to 1 MiB");
    expect(words(shown, "An event's date")).toBe("up to 15 minutes ahead, 3 years back");
    expect(words(shown, "Pace")).toBe("5 events a second from one address");
  });

  test("sizes and times", () => {
    expect([1, 1023, 1024, 1536, 2 ** 20, 1.25 * 2 ** 20].map(sizeInWords)).toEqual([
      "1 byte",
      "1,023 bytes",
      "1 KiB",
      "1.5 KiB",
      "1 MiB",
      "1.3 MiB",
    ]);
    expect([0, 1, 59.9, 60, 3600, 90_000, 31_536_000].map(durationInWords)).toEqual([
      "0 seconds",
      "1 second",
      "60 seconds",
      "1 minute",
      "1 hour",
      "1 day",
      "1 year",
    ]);
  });
});
