// The front page in a real browser: accessible, alive, and at home on a phone and in the dark.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { NIPS_ALWAYS } from "../../src/http/nip11.ts";
import { BROWSER_TEST_MS, BrowserUnderTest, isBrowserThere, LOOKS } from "./browser-under-test.ts";
import { Keyboard } from "./keyboard.ts";
import { relayUnderTest, REMOTE } from "./relay-under-test.ts";

/** Answers a REQ with one event that would do harm if it were taken for markup. */
function answerSearch(frame: string): string[] {
  const [, id, filter] = JSON.parse(frame) as [string, string, { search: string }];
  if (filter.search === "refuse me") return [JSON.stringify(["CLOSED", id, "restricted: not today"])];
  if (filter.search === "nothing") return [JSON.stringify(["EOSE", id])];
  const event = {
    content: "<img src=x onerror=alert(1)> " + filter.search,
    pubkey: "ab".repeat(32),
    created_at: 1_700_000_000,
    tags: filter.search === "warned" ? [["content-warning", "a storm"]] : [],
  };
  return [JSON.stringify(["EVENT", id, event]), JSON.stringify(["EOSE", id])];
}

describe.skipIf(!isBrowserThere)("the front page in a browser", () => {
  let browser: BrowserUnderTest;
  let server: Bun.Server<undefined>;
  let stored = 1_234_567;

  beforeAll(async () => {
    const ask = relayUnderTest(
      {
        relay: {
          name: "Harbour relay",
          description: "A quiet place for sailors.\nBe kind.",
          contact: "mailto:keeper@example.com",
          pubkey: "ab".repeat(32),
          urls: ["wss://harbour.example"],
        },
      },
      {
        information: () => ({ supportedNips: [...NIPS_ALWAYS, 50], version: "1.2.3" }),
        trends: { answer: async () => "{}" },
        stats: () => ({
          connections: 12,
          subscriptions: 34,
          eventsStored: stored,
          eventsReceived: 0,
          deliveries: 0,
          uptimeSeconds: 90_000,
        }),
      },
    );
    server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, own) =>
        own.upgrade(request)
          ? undefined
          : ask(new URL(request.url).pathname, {
              headers: Object.fromEntries(request.headers),
              clientIp: REMOTE,
            }),
      websocket: {
        message(socket, frame) {
          for (const answer of answerSearch(String(frame))) socket.send(answer);
        },
      },
    });
    browser = await BrowserUnderTest.start(server.url.origin);
  }, BROWSER_TEST_MS);

  afterAll(async () => {
    await browser.stop();
    await server.stop(true);
  });

  for (const { name, options } of LOOKS)
    test(
      `${name}: accessible, nothing sticks out, and no complaint of the browser`,
      async () => {
        const page = await browser.open("/", options);
        await browser.expectGood(page, `front ${name}`);
        await page.close();
      },
      BROWSER_TEST_MS,
    );

  test(
    "links say where they lead without what stands beside them",
    async () => {
      const page = await browser.open("/");
      const nips = page.getByRole("list").filter({ hasText: "Basic protocol" });
      const link = nips.getByRole("link", { name: "NIP-01: Basic protocol", exact: true });
      expect(await link.textContent()).toBe("01");
      const links = nips.getByRole("link", { name: /^NIP-[0-9A-F]{2}: [A-Z]/ });
      expect(await links.count()).toBe(NIPS_ALWAYS.length + 1);
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "the address can be copied",
    async () => {
      const context = await browser.browser.newContext({
        permissions: ["clipboard-read", "clipboard-write"],
      });
      const page = await context.newPage();
      await page.goto(server.url.href);
      await page.getByRole("button", { name: "Copy" }).click();
      await page.getByText("Address copied.").waitFor();
      expect(await page.evaluate("navigator.clipboard.readText()")).toBe("wss://harbour.example");
      await context.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "the front page is used by keyboard alone, and shows where one is",
    async () => {
      const page = await browser.open("/");
      const keyboard = new Keyboard(page);
      const stops = await keyboard.expectEveryStop();
      expect(stops.slice(0, 5)).toEqual([
        "Copy",
        "words",
        "Search",
        "Search with filters",
        "What people talk about",
      ]);
      expect(stops.at(-1)).toBe("keeper@example.com");
      await keyboard.go("Copy");
      for (const key of ["Space", "Enter"]) {
        await page.evaluate(`document.getElementById("copied").textContent = ""`);
        expect(await keyboard.press(key)).toBe("Copy");
        await page
          .locator("#copied")
          .getByText(/Address copied|the address is selected/)
          .waitFor();
      }
      await keyboard.go("words");
      await page.keyboard.type("tides");
      expect(await keyboard.press("Enter")).toBe("words");
      await page.getByText("1 found.").waitFor();
      await page.keyboard.type(" again");
      await keyboard.go("Search");
      expect(await keyboard.press("Space")).toBe("Search");
      await page.locator("#hits").getByText("tides again").waitFor();
      await keyboard.go("Search with filters");
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "numbers follow the relay",
    async () => {
      const page = await browser.open("/");
      const shown = page.locator('[data-stat="events_stored"]');
      expect(await shown.textContent()).toBe("1,234,567");
      stored = 7_654_321;
      await page.getByText("7,654,321").waitFor();
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "search shows what the relay's socket answers, as text",
    async () => {
      const page = await browser.open("/");
      const searchFor = async (words: string): Promise<void> => {
        await page.getByLabel("Words to search for").fill(words);
        await page.getByRole("button", { name: "Search" }).click();
      };
      await searchFor("tides");
      await page.getByText("1 found.").waitFor();
      expect(await page.locator("#hits p").allTextContents()).toEqual(["<img src=x onerror=alert(1)> tides"]);
      await browser.expectAccessible(page);
      await searchFor("warned");
      await page.getByText("Not shown here: a storm").waitFor();
      await searchFor("nothing");
      await page.getByText("Nothing found.").waitFor();
      expect(await page.locator("#hits li").count()).toBe(0);
      await searchFor("refuse me");
      await page.getByText("restricted: not today").waitFor();
      browser.expectNoProblems();
      await page.close();
    },
    BROWSER_TEST_MS,
  );

  test(
    "without JavaScript everything but copying and searching is there",
    async () => {
      const page = await browser.open("/", { javaScriptEnabled: false });
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Harbour relay");
      expect(await page.getByRole("button").count()).toBe(0);
      expect(await page.locator("noscript").isVisible()).toBe(true);
      await page.close();
    },
    BROWSER_TEST_MS,
  );
});
