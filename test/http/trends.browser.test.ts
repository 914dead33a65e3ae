// The trends and search pages in a real browser, on a real relay: accessible, live, at home on a phone and in the dark.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { nip19 } from "nostr-tools";
import { type EventTemplate, keypair, signed, unsignedEvent } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";
import { BROWSER_TEST_MS, BrowserUnderTest, isBrowserThere, LOOKS, PHONE } from "./browser-under-test.ts";
import { Keyboard } from "./keyboard.ts";

const NOW = Math.floor(Date.now() / 1000);

/** Twelve people with names who talk about the sea, like each other's notes, and one who would do harm. */
function town(): VerifiedEvent[] {
  const people = Array.from({ length: 12 }, (_, at) => keypair(500 + at).pubkey);
  const events: VerifiedEvent[] = [];
  const say = (at: number, template: EventTemplate): VerifiedEvent => {
    const event = unsignedEvent(people[at]!, { created_at: NOW - 600, ...template });
    events.push(event);
    return event;
  };
  people.forEach((_, at) => {
    const name = at === 1 ? "Sailor".repeat(30) : at === 11 ? "\u202eSailor 11\u200b" : `Sailor ${at}`;
    say(at, { kind: 0, content: JSON.stringify({ name }) });
    say(at, { kind: 3, tags: people.filter((_, to) => to !== at).map((key) => ["p", key]) });
  });
  for (let i = 0; i < 60; i++) {
    const tag = ["tides", "harbour", "knots"][i % 3]!;
    const content = `Letter ${i} about the sea and #${tag}. https://sea.example/${i % 2}`;
    const created_at = NOW - 700 - i * 600;
    const note = say(i % 12, { content, tags: [["t", tag]], created_at });
    for (let by = 0; by < i % 6; by++)
      say((i + 1 + by) % 12, { kind: 7, content: "+", tags: [["e", note.event.id]], created_at: NOW - 300 });
  }
  say(0, { content: "<img src=x onerror=alert(1)> javascript:alert(1) kraken", created_at: NOW - 500 });
  const unseen = { display_name: { a: 1 }, name: "\u202e\u200bNobody" };
  const stranger = keypair(620).pubkey;
  events.push(
    unsignedEvent(stranger, { kind: 0, content: JSON.stringify(unseen), created_at: NOW - 500 }),
    unsignedEvent(stranger, {
      content: "\u202ewhirlpool https://sea.example/\u202egnp.exe",
      created_at: NOW - 500,
    }),
  );
  const sentence = "anchorage (https://bay.example/a_(b)). Or https://bay.example/c。 #नमस्ते ";
  const cut = `${sentence.padEnd(490, "~")} https://bay.example/${"long-".repeat(80)}end and the rest`;
  events.push(
    unsignedEvent(stranger, { content: cut, created_at: NOW - 500 }),
    unsignedEvent(stranger, { content: `${"n".repeat(499)}🧡🧡 mooring`, created_at: NOW - 500 }),
  );
  for (let i = 0; i < 45; i++)
    events.push(unsignedEvent(stranger, { content: `gull ${i}`, created_at: NOW - 900 }));
  say(3, { kind: 30_023, content: "The keel.", tags: [["title", "On shipwrights"]], created_at: NOW - 500 });
  const endless = say(1, { content: `ahoy sea ${"~x".repeat(300)}`, created_at: NOW - 500 });
  const leftwards = say(2, { content: "هنا البحر\n\n\n\nahoy sea", created_at: NOW - 500 });
  for (let by = 3; by < 12; by++)
    for (const { event } of [endless, leftwards])
      say(by, { kind: 7, content: "+", tags: [["e", event.id]], created_at: NOW - 300 });
  return events;
}

describe.skipIf(!isBrowserThere)("trends and search in a browser", () => {
  let browser: BrowserUnderTest;
  let relay: TestRelay;

  beforeAll(async () => {
    relay = await TestRelay.start({ stored: town(), config: { relay: { name: "Harbour relay" } } });
    browser = await BrowserUnderTest.start(new URL(relay.httpUrl).origin);
    // The index follows the log in the background.
    for (let tries = 0; tries < 100; tries++) {
      const answer = await fetch(`${relay.httpUrl}api/trends?what=hashtags&window=7d&lang=`);
      if (answer.ok && ((await answer.json()) as { items: unknown[] }).items.length === 3) break;
      await Bun.sleep(100);
    }
  }, BROWSER_TEST_MS);

  afterAll(async () => {
    await browser.stop();
    await relay.stop();
  });

  for (const { name, options } of LOOKS) {
    test(
      `trends, ${name}`,
      async () => {
        const page = await browser.open("trends", options);
        await page.getByText("As of ").waitFor();
        expect(await page.locator('[data-what="hashtags"] canvas').count()).toBe(1);
        expect(await page.locator('[data-what="hashtags"] tbody tr').count()).toBe(3);
        expect(await page.locator("#notes li").count()).toBeGreaterThan(3);
        await browser.expectGood(page, `trends ${name}`);
        await page.close();
      },
      BROWSER_TEST_MS,
    );

    test(
      `search, ${name}`,
      async () => {
        const page = await browser.open("search?q=sea", options);
        await page.getByText("20 shown.").waitFor();
        await page.getByText("Filters").click();
        await page.locator("#hits .author", { hasText: "Sailor" }).first().waitFor();
        await browser.expectGood(page, `search ${name}`);
        await page.close();
      },
      BROWSER_TEST_MS,
    );
  }

  test(
    "another window is asked for, and stands in the address",
    async () => {
      const page = await browser.open("trends?window=4h");
      await page.getByText("As of ").waitFor();
      expect(await page.locator("input[value='4h']").isChecked()).toBe(true);
      await page.locator("label", { hasText: "7 days" }).click();
      await page.waitForURL("**/trends?window=7d");
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "the window that is chosen is seen where the system chooses the colours",
    async () => {
      const page = await browser.open("trends", { forcedColors: "active" });
      await page.getByText("As of ").waitFor();
      const ground = (selector: string) =>
        page.evaluate(`getComputedStyle(document.querySelector("${selector}")).backgroundColor`);
      const others = [await ground("body"), await ground("fieldset input:not(:checked) + span")];
      expect(others).not.toContain(await ground("fieldset input:checked + span"));
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "no level of headings is left out where a hit has a title",
    async () => {
      const page = await browser.open("search?q=keel&kind=30023");
      await page.getByRole("heading", { name: "On shipwrights", level: 2 }).waitFor();
      await browser.expectAccessible(page);
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "the trends page is used by keyboard alone, and shows where one is",
    async () => {
      const page = await browser.open("trends");
      await page.getByText("As of ").waitFor();
      const keyboard = new Keyboard(page);
      const stops = await keyboard.expectEveryStop();
      expect(stops.slice(0, 3)).toEqual(["Harbour relay", "Search", "window 24h"]);
      expect(stops.slice(3, 6).toSorted()).toEqual(["#harbour", "#knots", "#tides"]);
      expect(stops).toContain("Show all");
      await keyboard.go("window 24h");
      // What is shown changes below, and the choice keeps the focus.
      expect(await keyboard.press("ArrowRight")).toBe("window 7d");
      await page.waitForURL("**/trends?window=7d");
      await page.getByText("As of ").waitFor();
      expect(await keyboard.place()).toBe("window 7d");
      await keyboard.go("Show all");
      // The button goes away, and the focus goes on with what it has brought.
      const names = page.locator('[data-what="people"] tbody a');
      const [ninth, tenth] = (await names.allTextContents()).slice(8);
      expect(await names.nth(8).isVisible()).toBe(false);
      expect(await keyboard.press("Enter")).toBe(ninth!);
      expect(await keyboard.press("Tab")).toBe(tenth!);
      await keyboard.go(stops[3]!);
      await page.keyboard.press("Enter");
      await page.waitForURL("**/search?q=%23*");
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "search goes on where the list ends, without doubles",
    async () => {
      for (const order of ["", "&newest=1"]) {
        const page = await browser.open(`search?q=sea${order}`);
        await page.getByText("20 shown.").waitFor();
        await page.getByRole("button", { name: "Load more" }).click();
        await page.locator("#hits li").nth(30).waitFor();
        const texts = await page.locator("#hits li p").allTextContents();
        expect(new Set(texts).size).toBe(texts.length);
        browser.expectNoProblems();
        await page.close();
      }
    },
    BROWSER_TEST_MS,
  );

  test(
    "the search page is used by keyboard alone, and shows where one is",
    async () => {
      const page = await browser.open("search");
      const keyboard = new Keyboard(page);
      const order: string[] = [];
      while (order.at(-1) !== "Filters") order.push(await keyboard.press("Tab"));
      expect(order).toEqual(["Harbour relay", "Trends", "q", "Search", "Filters"]);
      await page.keyboard.press("Enter");
      const filters: string[] = [];
      while (filters.at(-1) !== "live") {
        const name = await keyboard.press("Tab");
        // A date has several parts.
        if (name !== filters.at(-1)) filters.push(name);
      }
      expect(filters).toEqual(["kind", "sort", "since", "until", "newest", "live"]);
      await page.getByLabel("Words to search for").focus();
      await page.keyboard.type("gull");
      await page.keyboard.press("Enter");
      await page.getByText("20 shown.").waitFor();
      expect(await page.getByRole("status").textContent()).toBe("20 shown.");
      await keyboard.go("Load more");
      await page.keyboard.press("Enter");
      await page.getByText("40 shown.").waitFor();
      const hit = `[...document.querySelectorAll("#hits li")].indexOf(document.activeElement.closest("li"))`;
      expect(await page.evaluate(hit)).toBe(20);
      expect(await keyboard.press("Escape")).toBe("q");
      await page.keyboard.press("Escape");
      expect(await page.getByLabel("Words to search for").inputValue()).toBe("");
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "what people write stays text, and links lend nobody their name",
    async () => {
      const page = await browser.open("search?q=kraken");
      await page.getByText("1 shown.").waitFor();
      expect(await page.locator("#hits img").count()).toBe(0);
      expect(await page.locator("#hits p").textContent()).toBe(
        "<img src=x onerror=alert(1)> javascript:alert(1) kraken",
      );
      await page.getByLabel("Words to search for").fill("sea");
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByText("20 shown.").waitFor();
      const link = page.locator("#hits a[href^='https://sea.example']").first();
      expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "links end where addresses do, and none leads to half of one",
    async () => {
      const page = await browser.open("search?q=anchorage");
      await page.getByText("1 shown.").waitFor();
      const links = page.locator("#hits p:visible a");
      expect(await links.evaluateAll((found) => found.map((link) => link.getAttribute("href")))).toEqual([
        "https://bay.example/a_(b)",
        "https://bay.example/c",
        `/search?q=${encodeURIComponent("#नमस्ते")}`,
        `https://bay.example/${"long-".repeat(80)}end`,
      ]);
      await browser.expectGood(page, "search links");
      await page.getByLabel("Words to search for").fill("mooring");
      await page.keyboard.press("Enter");
      const shown = page.locator("#hits p:visible", { hasText: "nnn" });
      expect(await shown.textContent()).toBe(`${"n".repeat(499)}…`);
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "an event that is pasted is found, whatever it is",
    async () => {
      const article = { kind: 30_023, pubkey: keypair(503).pubkey, identifier: "" };
      const page = await browser.open(`search?q=${nip19.naddrEncode(article)}`);
      await page.getByRole("heading", { name: "On shipwrights" }).waitFor();
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "who asks twice is not told later that nothing came",
    async () => {
      const page = await browser.browser.newPage();
      await page.clock.install();
      await page.goto(`${relay.httpUrl}search`);
      await page.getByLabel("Words to search for").fill("kraken");
      await page.evaluate("for (const _ of [1, 2]) document.getElementById('search').requestSubmit()");
      await page.getByText("1 shown.").waitFor();
      await page.clock.fastForward(60_000);
      expect(await page.getByRole("status").textContent()).toBe("1 shown.");
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "after a connection that is dead the next search makes another",
    async () => {
      const page = await browser.browser.newPage();
      await page.clock.install();
      let connections = 0;
      await page.routeWebSocket(/./, (socket) => {
        if (++connections > 1) socket.connectToServer();
      });
      await page.goto(`${relay.httpUrl}search?q=kraken`);
      await page.getByText("Searching…").waitFor();
      await page.clock.fastForward(60_000);
      await page.getByText("No answer in time").waitFor();
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByText("1 shown.").waitFor();
      expect(connections).toBe(2);
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "names that a connection took with it are asked for again",
    async () => {
      const page = await browser.browser.newPage();
      const cutOff = Promise.withResolvers<void>();
      let connections = 0;
      await page.routeWebSocket(/./, (socket) => {
        const server = socket.connectToServer();
        const isFirst = ++connections === 1;
        socket.onMessage((message) => {
          if (isFirst && String(message).includes('"kinds":[0]')) void socket.close().then(cutOff.resolve);
          else server.send(message);
        });
      });
      await page.goto(`${relay.httpUrl}search?q=kraken`);
      await cutOff.promise;
      await page.getByRole("button", { name: "Search" }).click();
      await page.locator("#hits .author", { hasText: "Sailor 0" }).waitFor();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "pages go on within one second",
    async () => {
      const page = await browser.open("search?q=gull&newest=1");
      for (const count of [20, 40, 45]) {
        await page.getByText(`${count} shown.`).waitFor();
        if (count < 45) await page.getByRole("button", { name: "Load more" }).click();
      }
      expect(await page.getByRole("button", { name: "Load more" }).isVisible()).toBe(false);
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "names that cannot be seen are none, and no turn of direction hides where a link leads",
    async () => {
      const page = await browser.open("search?q=whirlpool");
      await page.locator("#hits .author", { hasText: /^Nobody$/ }).waitFor();
      const link = page.locator("#hits p a");
      expect(await link.getAttribute("href")).toBe("https://sea.example/");
      expect(await link.getAttribute("dir")).toBe("ltr");
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "what runs from right to left does so, holes in a text are closed, and no name is too long",
    async () => {
      const text = "هنا البحر\n\nahoy sea";
      const search = await browser.open("search?q=ahoy", PHONE);
      await search.getByText("2 shown.").waitFor();
      await search.locator("#hits .author", { hasText: "SailorSailor" }).waitFor();
      await browser.expectGood(search, "search strange");
      const trends = await browser.open("trends", PHONE);
      await trends.getByText("As of ").waitFor();
      await trends
        .locator('[data-what="people"] a', { hasText: /^Sailor 11$/ })
        .waitFor({ state: "attached" });
      for (const paragraph of [search.locator("#hits p"), trends.locator("#notes p")]) {
        const found = paragraph.filter({ hasText: "ahoy sea" }).filter({ hasNotText: "~x" }).first();
        expect(await found.textContent()).toBe(text);
        expect(await found.evaluate((node) => node.matches(":dir(rtl)"))).toBe(true);
      }
      await search.close();
      await trends.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "before a search the page says what can be written, after a fault what to write instead, and finds the way back",
    async () => {
      const page = await browser.open("search");
      await page.getByText("What you can write").waitFor();
      expect(await page.locator("#results").isVisible()).toBe(false);
      await page.getByLabel("Words to search for").fill("sea since:abc");
      await page.keyboard.press("Enter");
      await page.getByText("since: takes a period").waitFor();
      expect(await page.locator("#told").getAttribute("class")).toContain("fault");
      expect(await page.getByText("What you can write").isVisible()).toBe(false);
      expect(await page.locator("#results").isVisible()).toBe(false);
      await browser.expectAccessible(page);
      await page.getByLabel("Words to search for").fill("kraken");
      await page.keyboard.press("Enter");
      await page.getByText("1 shown.").waitFor();
      expect(await page.locator("#told").getAttribute("class")).not.toContain("fault");
      await page.goBack();
      await page.getByText("since: takes a period").waitFor();
      await page.goBack();
      await page.getByText("What you can write").waitFor();
      expect(await page.getByLabel("Words to search for").inputValue()).toBe("");
      expect(await page.locator("#hits li").count()).toBe(0);
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "a live search shows what is published while somebody looks",
    async () => {
      const page = await browser.open("search?q=lighthouse&live=1");
      await page.getByText("Nothing found.").waitFor();
      const client = await relay.connect();
      client.send("EVENT", signed(keypair(500), { content: "the lighthouse is lit", created_at: NOW }));
      await page.getByText("the lighthouse is lit").waitFor();
      browser.expectNoProblems();
      await page.goto(`${relay.httpUrl}search?q=gull&newest=1&live=1`);
      await page.getByText("20 shown.").waitFor();
      await page.getByRole("button", { name: "Load more" }).click();
      await page.getByText("40 shown. New ones appear on top.").waitFor();
      client.send("EVENT", signed(keypair(500), { content: "one gull more", created_at: NOW }));
      await page.locator("#hits li:first-child", { hasText: "one gull more" }).waitFor();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "without JavaScript the pages say what to do instead",
    async () => {
      for (const path of ["trends", "search"]) {
        const page = await browser.open(path, { javaScriptEnabled: false });
        expect(await page.locator("noscript").isVisible()).toBe(true);
        expect(await page.getByRole("button").count()).toBe(0);
        await page.close();
      }
    },
    BROWSER_TEST_MS,
  );
});
