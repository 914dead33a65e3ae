// A real browser for tests of the pages: what it complains of, what a reader with a screen reader would miss, what sticks out.

import { expect } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumPath } from "../../scripts/system-packages.ts";

// A browser takes its time, so plain `bun test` does without; `bun run test` brings one.
const isWanted = process.env["LONG_TESTS"] === "1";
const executablePath = isWanted ? chromiumPath() : undefined;
if (isWanted && executablePath === undefined) {
  const lacking =
    "NOT TESTED: the pages in a browser: Chromium is missing (CHROMIUM_PATH, or apt-get install chromium)";
  if (process.env["CI"] === "true") throw new Error(lacking);
  process.stderr.write(`${lacking}\n`);
}

export const isBrowserThere = executablePath !== undefined;
/** What a start of the browser, and a test in it, may take. */
export const BROWSER_TEST_MS = 60_000;

const AXE = readFileSync(Bun.fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

export type PageOptions = NonNullable<Parameters<Browser["newPage"]>[0]>;

const DESK = { width: 1280, height: 900 };
const POCKET = { width: 320, height: 640 };
export const PHONE = { colorScheme: "light", viewport: POCKET } as const;
export const LOOKS = [
  { name: "light", options: { colorScheme: "light", viewport: DESK } },
  { name: "dark", options: { colorScheme: "dark", viewport: DESK } },
  { name: "phone", options: PHONE },
  { name: "dark phone", options: { colorScheme: "dark", viewport: POCKET } },
] as const;

export class BrowserUnderTest {
  readonly browser: Browser;
  private readonly origin: string;
  private problems: string[] = [];

  private constructor(browser: Browser, origin: string) {
    this.browser = browser;
    this.origin = origin;
  }

  static async start(origin: string): Promise<BrowserUnderTest> {
    const browser = await chromium.launch({
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
    return new BrowserUnderTest(browser, origin);
  }

  async open(path: string, options: PageOptions = {}): Promise<Page> {
    const page = await this.browser.newPage({ ...options });
    this.problems = [];
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(message.text());
    });
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== this.origin) this.problems.push(`asked for ${request.url()}`);
    });
    await page.goto(new URL(path, this.origin).href);
    return page;
  }

  /** The page last opened had no complaint, and asked nobody else for anything. */
  expectNoProblems(): void {
    expect(this.problems).toEqual([]);
  }

  async expectAccessible(page: Page): Promise<void> {
    // Evaluated by the debugger, which the page's policy does not bind.
    await page.evaluate(AXE);
    const { violations } = (await page.evaluate("axe.run()")) as { violations: readonly Violation[] };
    expect(
      violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => node.failureSummary ?? node.html).join(" | ")}`,
      ),
    ).toEqual([]);
  }

  /** Accessible, nothing wider than its place, everything large enough for a finger, and no complaint. */
  async expectGood(page: Page, name: string): Promise<void> {
    await keepPicture(page, name);
    await this.expectAccessible(page);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const outside = `[...document.querySelectorAll("section *")].filter((it) => it.offsetParent !== null
      && it.getBoundingClientRect().right > it.closest("section").getBoundingClientRect().right + 1)
      .map((it) => it.outerHTML.slice(0, 80))`;
    expect(await page.evaluate(outside)).toEqual([]);
    const small = `[...document.querySelectorAll("button, input, select, summary")]
      .filter((it) => it.offsetParent !== null && (it.closest("label") ?? it).offsetHeight < 44).length`;
    expect(await page.evaluate(small)).toBe(0);
    this.expectNoProblems();
  }

  async stop(): Promise<void> {
    await this.browser.close();
  }
}

/** With SCREENSHOTS=folder, what a person would see is kept there. */
async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder === undefined || folder === "") return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name.replaceAll(" ", "-")}.png`), fullPage: true });
}
