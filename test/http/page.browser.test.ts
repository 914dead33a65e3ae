// The front page in a real browser: accessible, alive, and at home on a phone and in the dark.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumPath } from "../../scripts/system-packages.ts";
import { NIPS_ALWAYS } from "../../src/http/nip11.ts";
import { relayUnderTest, REMOTE } from "./relay-under-test.ts";

// A browser takes its time, so plain `bun test` does without; `bun run test` brings one.
const isWanted = process.env["LONG_TESTS"] === "1";
const executablePath = isWanted ? chromiumPath() : undefined;
if (isWanted && executablePath === undefined) {
  const lacking =
    "NOT TESTED: the pages in a browser: Chromium is missing (CHROMIUM_PATH, or apt-get install chromium)";
  if (process.env["CI"] === "true") throw new Error(lacking);
  process.stderr.write(`${lacking}\n`);
}

const AXE = readFileSync(Bun.fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const START_MS = 60_000;

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Answers a REQ with one event that would do harm if it were taken for markup. */
function answerSearch(frame: string): string[] {
  const [, id, filter] = JSON.parse(frame) as [string, string, { search: string }];
  if (filter.search === "refuse me") return [JSON.stringify(["CLOSED", id, "restricted: not today"])];
  if (filter.search === "nothing") return [JSON.stringify(["EOSE", id])];
  const event = {
    content: "<img src=x onerror=alert(1)> " + filter.search,
    pubkey: "ab".repeat(32),
    created_at: 1_700_000_000,
  };
  return [JSON.stringify(["EVENT", id, event]), JSON.stringify(["EOSE", id])];
}

describe.skipIf(executablePath === undefined)("the front page in a browser", () => {
  let browser: Browser;
  let server: Bun.Server<undefined>;
  let stored = 1_234_567;
  let problems: string[] = [];

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
    browser = await chromium.launch({
      executablePath: executablePath ?? "",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  }, START_MS);

  afterAll(async () => {
    await browser.close();
    await server.stop(true);
  });

  async function open(options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> {
    const page = await browser.newPage({ ...options });
    problems = [];
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url.origin)) problems.push(`asked for ${request.url()}`);
    });
    await page.goto(server.url.href);
    return page;
  }

  async function violations(page: Page): Promise<string[]> {
    // Evaluated by the debugger, which the page's policy does not bind.
    await page.evaluate(AXE);
    const found = (await page.evaluate("axe.run()")) as { violations: readonly Violation[] };
    return found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.failureSummary ?? node.html).join(" | ")}`,
    );
  }

  /** With SCREENSHOTS=folder, what a person would see is kept there. */
  async function keepPicture(page: Page, name: string): Promise<void> {
    const folder = process.env["SCREENSHOTS"];
    if (folder === undefined || folder === "") return;
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }

  const looks = [
    { name: "light", options: { colorScheme: "light", viewport: { width: 1280, height: 900 } } },
    { name: "dark", options: { colorScheme: "dark", viewport: { width: 1280, height: 900 } } },
    { name: "phone", options: { colorScheme: "light", viewport: { width: 320, height: 640 } } },
    { name: "dark phone", options: { colorScheme: "dark", viewport: { width: 320, height: 640 } } },
  ] as const;
  for (const { name, options } of looks)
    test(
      `${name}: accessible, nothing sticks out, and no complaint of the browser`,
      async () => {
        const page = await open(options);
        await keepPicture(page, name.replace(" ", "-"));
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
        const small = `[...document.querySelectorAll("button, input")].filter((it) => it.offsetHeight < 44).length`;
        expect(await page.evaluate(small)).toBe(0);
        expect(problems).toEqual([]);
        await page.close();
      },
      START_MS,
    );

  test(
    "the address can be copied",
    async () => {
      const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
      const page = await context.newPage();
      await page.goto(server.url.href);
      await page.getByRole("button", { name: "Copy" }).click();
      await page.getByText("Address copied.").waitFor();
      expect(await page.evaluate("navigator.clipboard.readText()")).toBe("wss://harbour.example");
      await context.close();
    },
    START_MS,
  );

  test(
    "numbers follow the relay",
    async () => {
      const page = await open();
      const shown = page.locator('[data-stat="events_stored"]');
      expect(await shown.textContent()).toBe("1,234,567");
      stored = 7_654_321;
      await page.getByText("7,654,321").waitFor();
      expect(problems).toEqual([]);
      await page.close();
    },
    START_MS,
  );

  test(
    "search shows what the relay's socket answers, as text",
    async () => {
      const page = await open();
      const searchFor = async (words: string): Promise<void> => {
        await page.getByLabel("Words to search for").fill(words);
        await page.getByRole("button", { name: "Search" }).click();
      };
      await searchFor("tides");
      await page.getByText("1 found.").waitFor();
      expect(await page.locator("#hits p").allTextContents()).toEqual(["<img src=x onerror=alert(1)> tides"]);
      await keepPicture(page, "search");
      expect(await violations(page)).toEqual([]);
      await searchFor("nothing");
      await page.getByText("Nothing found.").waitFor();
      expect(await page.locator("#hits li").count()).toBe(0);
      await searchFor("refuse me");
      await page.getByText("restricted: not today").waitFor();
      expect(problems).toEqual([]);
      await page.close();
    },
    START_MS,
  );

  test(
    "without JavaScript everything but copying and searching is there",
    async () => {
      const page = await open({ javaScriptEnabled: false });
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Harbour relay");
      expect(await page.getByRole("button").count()).toBe(0);
      expect(await page.locator("noscript").isVisible()).toBe(true);
      await page.close();
    },
    START_MS,
  );
});
