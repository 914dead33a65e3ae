// The trends page: asks for each subject, draws its plot in the page's own colours, and fills the table beside it.

/**
 * @typedef {{
 *   subject: string, people: number, uses: number, velocity: number, hourly: number[],
 *   new_followers?: number, name?: string,
 *   engagement?: { reactions: number, reposts: number, replies: number, quotes: number, zaps: number },
 *   event?: { id: string, pubkey: string, content: string, created_at: number },
 *   author?: { pubkey: string, name: string },
 * }} Item
 * @typedef {{ hours: number, covers_hours: number, computed_at: number, step_hours: number, note?: string, items: Item[] }} Answer
 * @typedef {{ destroy(): void, setSize(size: { width: number, height: number }): void }} Plot
 */

const SERIES_MAX = 5;
const ROWS_SHOWN = 8;
const PLOT_HEIGHT = 240;
const NOTE_CHARACTERS_MAX = 400;
const NAME_CHARACTERS_MAX = 70;
const SEARCH_PATH = "/search";

const format = new Intl.NumberFormat();
const panels = [...document.querySelectorAll(".panel")].filter((node) => node instanceof HTMLElement);
const told = document.getElementById("told");
/** @type {Map<HTMLElement, { plot: Plot, draw: () => void }>} */
const plots = new Map();
let round = 0;

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * @param {string} tag
 * @param {string} [text]
 * @param {string} [className]
 */
function make(tag, text = "", className = "") {
  const node = document.createElement(tag);
  if (text !== "") node.textContent = text;
  if (className !== "") node.className = className;
  return node;
}

/** The beginning of a long text, without half of a character at its end. @param {string} text @param {number} length */
const cut = (text, length) =>
  text.length > length ? `${text.slice(0, length).replace(/[\ud800-\udbff]$/, "")}…` : text;

/** @param {string} key */
const shortKey = (key) => `${key.slice(0, 8)}…${key.slice(-4)}`;

/**
 * @param {string} what
 * @param {Item} item
 */
function nameOf(what, item) {
  if (what === "hashtags") return `#${item.subject}`;
  if (what === "people") return item.name || shortKey(item.subject);
  return item.subject.replace(/^https?:\/\/(www\.)?/, "");
}

/**
 * @param {string} what
 * @param {Item} item
 */
function addressOf(what, item) {
  if (what === "links" || what === "media") return item.subject;
  const words = what === "hashtags" ? `#${item.subject}` : `from:${item.subject}`;
  return `${SEARCH_PATH}?q=${encodeURIComponent(words)}`;
}

/** @param {number} velocity */
function pace(velocity) {
  if (velocity >= 1.3) return "rising";
  return velocity <= 0.7 ? "falling" : "steady";
}

/**
 * A link where there is something to go to. The name is a stranger's: it runs in its own direction, and only so long.
 * @param {string} address
 * @param {string} name
 */
function linkTo(address, name) {
  const isLink = /^https?:\/\/|^\//.test(address);
  const shown = cut(name, NAME_CHARACTERS_MAX);
  const node = make(isLink ? "a" : "span", shown);
  node.dir = "auto";
  if (shown !== name) node.title = name;
  if (isLink) node.setAttribute("href", address);
  if (isLink && !address.startsWith("/")) node.setAttribute("rel", "noopener noreferrer nofollow");
  return node;
}

/**
 * @param {string} what
 * @param {Item} item
 * @param {number} at
 */
function rowOf(what, item, at) {
  const row = make("tr");
  const head = make("th");
  head.setAttribute("scope", "row");
  if (at < SERIES_MAX) {
    const swatch = make("span", "", `swatch swatch-${at + 1}`);
    swatch.setAttribute("aria-hidden", "true");
    head.append(swatch);
  }
  head.append(linkTo(addressOf(what, item), nameOf(what, item)));
  row.append(head);
  const second = what === "people" ? (item.new_followers ?? 0) : item.uses;
  row.append(make("td", format.format(item.people), "number"));
  row.append(make("td", format.format(second), "number"));
  row.append(make("td", pace(item.velocity), "number"));
  if (at >= ROWS_SHOWN) row.hidden = true;
  return row;
}

/**
 * @param {HTMLElement} place
 * @param {string} what
 * @param {Answer} answer
 */
function draw(place, what, answer) {
  plots.get(place)?.plot.destroy();
  plots.delete(place);
  place.replaceChildren();
  const shown = answer.items.slice(0, SERIES_MAX);
  place.hidden = shown.length === 0;
  if (shown.length === 0) return;
  const names = shown.map((item) => nameOf(what, item)).join(", ");
  place.setAttribute("aria-label", `People over time for ${names}; the numbers are in the table.`);
  const hours = shown[0]?.hourly.length ?? 0;
  const hourNow = Math.floor(answer.computed_at / 3600);
  const step = answer.step_hours;
  const times = Array.from({ length: hours }, (_, at) => (hourNow + 1 - (hours - at) * step) * 3600);
  const Plot = Reflect.get(globalThis, "uPlot");
  const axis = () => ({
    stroke: colour("--quiet"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
  });
  const options = {
    width: Math.max(200, place.clientWidth),
    height: PLOT_HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      y: {
        range: (/** @type {unknown} */ _, /** @type {number} */ __, /** @type {number} */ max) => [
          0,
          Math.max(2, max * 1.1),
        ],
      },
    },
    axes: [axis(), { ...axis(), size: 40 }],
    series: [
      {},
      ...shown.map((item, at) => ({
        label: nameOf(what, item),
        stroke: colour(`--series-${at + 1}`),
        width: 2,
        points: { show: hours <= 5 },
      })),
    ],
  };
  const plot = /** @type {Plot} */ (new Plot(options, [times, ...shown.map((item) => item.hourly)], place));
  plots.set(place, { plot, draw: () => draw(place, what, answer) });
}

/**
 * @param {HTMLElement} panel
 * @param {Answer} answer
 */
function fill(panel, answer) {
  const what = panel.dataset["what"] ?? "";
  const place = panel.querySelector(".plot");
  const table = panel.querySelector("table");
  const more = panel.querySelector(".more");
  const empty = panel.querySelector(".empty");
  if (!(place instanceof HTMLElement) || !(more instanceof HTMLElement) || !(empty instanceof HTMLElement))
    return;
  if (table === null) return;
  panel.hidden = false;
  table.hidden = answer.items.length === 0;
  empty.hidden = answer.items.length > 0;
  more.hidden = answer.items.length <= ROWS_SHOWN;
  table.tBodies[0]?.replaceChildren(...answer.items.map((item, at) => rowOf(what, item, at)));
  more.onclick = () => {
    for (const row of table.tBodies[0]?.rows ?? []) row.hidden = false;
    // The button goes, and with it the place of whoever pressed it by keyboard.
    table.tBodies[0]?.rows[ROWS_SHOWN]?.querySelector("a")?.focus({ preventScroll: true });
    more.hidden = true;
  };
  draw(place, what, answer);
}

/** @param {Item} item */
function noteOf(item) {
  const { event, engagement } = item;
  const entry = make("li");
  if (event === undefined || engagement === undefined) return entry;
  const text = event.content.trim().replace(/\s*\n\s*\n\s*/g, "\n\n");
  const who = make("strong");
  const notes = `${SEARCH_PATH}?q=${encodeURIComponent(`from:${event.pubkey}`)}&newest=1`;
  who.append(linkTo(notes, item.author?.name || shortKey(event.pubkey)));
  const words = make("p", cut(text, NOTE_CHARACTERS_MAX));
  words.dir = "auto";
  entry.append(who, words);
  const counts = /** @type {const} */ ([
    [engagement.reactions, "reaction"],
    [engagement.reposts + engagement.quotes, "repost"],
    [engagement.replies, "repl"],
    [engagement.zaps, "zap"],
  ])
    .filter(([count]) => count > 0)
    .map(([count, word]) =>
      word === "repl"
        ? `${format.format(count)} ${count === 1 ? "reply" : "replies"}`
        : `${format.format(count)} ${word}${count === 1 ? "" : "s"}`,
    );
  const time = new Date(event.created_at * 1000).toLocaleString();
  entry.append(make("small", [...counts, time].join(" · "), "quiet"));
  return entry;
}

/** @param {Answer} answer */
function fillNotes(answer) {
  const section = document.getElementById("notes");
  const list = section?.querySelector("ol");
  if (section === null || list === undefined || list === null) return;
  const empty = section.querySelector(".empty");
  section.hidden = false;
  list.hidden = answer.items.length === 0;
  if (empty instanceof HTMLElement) empty.hidden = answer.items.length > 0;
  list.replaceChildren(...answer.items.slice(0, 10).map(noteOf));
}

/**
 * @param {string} what
 * @param {string} span
 * @returns {Promise<Answer>}
 */
async function ask(what, span) {
  const answer = await fetch(`/api/trends?what=${what}&window=${span}`);
  const body = await answer.json();
  if (!answer.ok) throw new Error(String(body.error));
  return body;
}

/** @param {string} span */
async function show(span) {
  const mine = ++round;
  if (told !== null) told.textContent = "Counting…";
  try {
    const answers = await Promise.all([
      ...panels.map((panel) => ask(panel.dataset["what"] ?? "", span)),
      ask("notes", span),
    ]);
    if (mine !== round) return;
    panels.forEach((panel, at) => {
      const answer = answers[at];
      if (answer !== undefined) fill(panel, answer);
    });
    const last = answers.at(-1);
    if (last !== undefined) fillNotes(last);
    if (told !== null && last !== undefined) {
      const time = new Date(last.computed_at * 1000).toLocaleTimeString();
      const short =
        last.covers_hours < last.hours
          ? ` Only the last ${last.covers_hours / 24} days are counted here.`
          : "";
      told.textContent = `As of ${time}.${short}`;
    }
  } catch (error) {
    if (mine === round && told !== null)
      told.textContent = error instanceof Error ? error.message : String(error);
  }
}

const form = document.getElementById("windows");
if (form instanceof HTMLFormElement) {
  const chosen = () => String(new FormData(form).get("window") ?? "24h");
  const asked = new URLSearchParams(location.search).get("window");
  for (const input of form.querySelectorAll("input")) if (input.value === asked) input.checked = true;
  form.hidden = false;
  form.addEventListener("change", () => {
    history.replaceState(null, "", `?window=${chosen()}`);
    void show(chosen());
  });
  void show(chosen());
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const { draw: again } of [...plots.values()]) again();
});
addEventListener("resize", () => {
  for (const [place, { plot }] of plots)
    plot.setSize({ width: Math.max(200, place.clientWidth), height: PLOT_HEIGHT });
});
