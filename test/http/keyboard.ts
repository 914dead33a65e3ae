// A page by keyboard alone: where Tab leads, in which order, and whether a person sees where they are.

import { expect } from "bun:test";
import type { Page } from "playwright-core";

/** A link or a button is known by its words, a field by its name, a radio button by its value too. */
const NAME = `(it) => it.matches("a, button, summary")
  ? it.textContent.trim()
  : [it.name, ...(it.type === "radio" ? [it.value] : [])].join(" ")`;

/** What shows the focus stands in for a field that cannot be seen itself. */
const PLACE = `(() => {
  const it = document.activeElement;
  if (it === null || it === document.body) return ["", true];
  const shown = getComputedStyle(it).opacity === "0" ? it.nextElementSibling : it;
  const { outlineStyle } = getComputedStyle(shown);
  const { top, bottom, left, right } = shown.getBoundingClientRect();
  const isInView = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
  return [(${NAME})(it), outlineStyle !== "none" && isInView];
})()`;

/** All that there is to reach, as it stands in the document; of radio buttons the one that is chosen. */
const STOPS = `[...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((it) => it.checkVisibility() && !it.disabled && (it.type !== "radio" || it.checked))
  .map(${NAME})`;

/** Away from every stop of the page. */
const OUTSIDE = "";

export class Keyboard {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** What has the focus, seen to have it. */
  async place(): Promise<string> {
    const [name, isSeen] = (await this.page.evaluate(PLACE)) as [string, boolean];
    expect([name, isSeen]).toEqual([name, true]);
    return name;
  }

  async press(key: string): Promise<string> {
    await this.page.keyboard.press(key);
    return this.place();
  }

  /** Tab by Tab, around the page once at the most. */
  async go(to: string): Promise<void> {
    const passed: string[] = [];
    for (let name = await this.press("Tab"); name !== to; name = await this.press("Tab")) {
      passed.push(name);
      if (passed.filter((each) => each === OUTSIDE).length > 1)
        throw new Error(`there is no way to ${to}, only to ${passed.join(", ")}`);
    }
  }

  /** From where the page begins through everything on it and out of it, and all the way back. */
  async expectEveryStop(): Promise<string[]> {
    const stops = (await this.page.evaluate(STOPS)) as string[];
    expect(await this.walk("Tab", stops.length)).toEqual(stops);
    expect(await this.walk("Shift+Tab", stops.length)).toEqual(stops.toReversed());
    return stops;
  }

  /** Behind the last stop is what the window has around the page, or the other end of the page where it has nothing. */
  private async walk(key: string, stops: number): Promise<string[]> {
    const passed: string[] = [];
    while (passed.length < stops) passed.push(await this.press(key));
    expect([OUTSIDE, passed[0]]).toContain(await this.press(key));
    return passed;
  }
}
