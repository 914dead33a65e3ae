// The search page: one socket to the relay, a REQ with `search` for what the form says, and results as plain text.

/**
 * @typedef {{ id: string, pubkey: string, kind: number, created_at: number, content: string, tags: string[][] }} NostrEvent
 * @typedef {{ onEvent: (event: NostrEvent) => void, onEnd: (hint: string) => void, onClosed: (reason: string) => void }} Ears
 */

const PAGE = 20;
const LIMIT_MAX = 500;
const SHOWN_CHARACTERS_MAX = 500;
const LINK_CHARACTERS_MAX = 300;
const LIVE_SHOWN_MAX = 200;
const ANSWER_TIMEOUT_MS = 15_000;

const form = /** @type {HTMLFormElement} */ (document.getElementById("search"));
const hits = /** @type {HTMLElement} */ (document.getElementById("hits"));
const told = /** @type {HTMLElement} */ (document.getElementById("told"));
const more = /** @type {HTMLButtonElement} */ (document.getElementById("more"));
const results = /** @type {HTMLElement} */ (document.getElementById("results"));
const hints = /** @type {HTMLElement} */ (document.getElementById("hints"));

/** @type {WebSocket | undefined} */
let socket;
/** @type {Map<string, Ears>} */
const subscriptions = new Map();
/** @type {string[]} */
let unsent = [];
let lastId = 0;
/** Names by key; a key that was asked for and has none is "". @type {Map<string, string>} */
const names = new Map();
/** @type {Set<string>} */
let shown = new Set();
/** `atOldest` are the hits of the oldest second. @type {{ id: string, timer: number, oldest: number, atOldest: number, limit: number, isByTime: boolean } | undefined} */
let current;
/** The subscription that goes on with what is new; pages behind it are asked for beside it. */
let liveId = "";

/** @param {unknown} message */
function send(message) {
  const text = JSON.stringify(message);
  if (socket?.readyState === WebSocket.OPEN) socket.send(text);
  else {
    unsent.push(text);
    connect();
  }
}

function connect() {
  if (socket !== undefined && socket.readyState <= WebSocket.OPEN) return;
  const opened = new WebSocket(location.origin.replace(/^http/, "ws"));
  socket = opened;
  opened.onopen = () => {
    for (const text of unsent) opened.send(text);
    unsent = [];
  };
  opened.onclose = () => endAll("The connection to the relay ended; search again to reconnect.");
  opened.onmessage = ({ data }) => {
    /** @type {unknown[]} */
    const [verb, id, body] = JSON.parse(String(data));
    const ears = subscriptions.get(String(id));
    if (ears === undefined) return;
    if (verb === "EVENT") ears.onEvent(/** @type {NostrEvent} */ (body));
    else if (verb === "EOSE") ears.onEnd(Array.isArray(body) ? String(body[0] ?? "") : String(body ?? ""));
    else if (verb === "CLOSED") {
      subscriptions.delete(String(id));
      ears.onClosed(String(body));
    }
  };
}

/** @param {string} reason */
function endAll(reason) {
  unsent = [];
  const ears = [...subscriptions.values()];
  subscriptions.clear();
  for (const { onClosed } of ears) onClosed(reason);
}

/** A connection that answers nothing may be dead for minutes before the browser knows: the next search makes another. */
function abandon() {
  const silent = socket;
  socket = undefined;
  if (silent !== undefined) {
    silent.onclose = silent.onmessage = silent.onopen = null;
    silent.close();
  }
  endAll("No answer in time; try again.");
}

/**
 * @param {object} filter
 * @param {Ears} ears
 */
function open(filter, ears) {
  const id = `page-${++lastId}`;
  subscriptions.set(id, ears);
  send(["REQ", id, filter]);
  return id;
}

/** @param {string} id */
function close(id) {
  if (subscriptions.delete(id)) send(["CLOSE", id]);
}

/** @param {string} name */
const value = (name) => String(new FormData(form).get(name) ?? "").trim();

function sortOf() {
  if (value("newest") !== "") return "recent";
  const sort = value("sort");
  // Without words there is nothing to match best.
  return sort === "relevance" && value("q") === "" ? "recent" : sort;
}

const ONE_EVENT = /^(?:nostr:)?(?:(?:note|nevent|naddr)1[02-9ac-hj-np-z]+|[0-9a-f]{64})$/i;

/** The filter that the form asks for. @param {number} limit @param {number | undefined} until */
function filterOf(limit, until) {
  const sort = sortOf();
  const words = [value("q"), sort === "relevance" ? "" : `sort:${sort}`];
  if (value("lang") !== "") words.push(`language:${value("lang")}`);
  const search = words.filter((word) => word !== "").join(" ");
  // One event was pasted: whatever it is, it is meant.
  const kinds = (ONE_EVENT.test(value("q")) ? "" : value("kind"))
    .split(",")
    .filter((kind) => kind !== "")
    .map(Number);
  const from = Date.parse(value("since")) / 1000;
  const last = Date.parse(value("until")) / 1000 + 86_399;
  const ends = [until, last].filter((second) => second !== undefined && Number.isFinite(second));
  const isPlain = search === "sort:recent";
  return {
    ...(isPlain ? {} : { search }),
    ...(kinds.length === 0 ? {} : { kinds }),
    ...(Number.isFinite(from) ? { since: from } : {}),
    ...(ends.length === 0 ? {} : { until: Math.min(...ends.map(Number)) }),
    limit,
  };
}

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

/** Text of strangers: it runs in its own direction, whatever stands around it. @param {string} tag @param {string} [text] */
function makeForeign(tag, text = "") {
  const node = make(tag, text);
  node.dir = "auto";
  return node;
}

/** One line for a person; a fault is told without the word for programs before it. @param {string} text @param {boolean} [isFault] */
function tell(text, isFault = false) {
  const words = isFault ? text.replace(/^[a-z-]+: /, "") : text;
  // An operator such as `since:` stays as it is written.
  told.textContent = /^\w+:/.test(words) ? words : words.slice(0, 1).toUpperCase() + words.slice(1);
  told.classList.toggle("fault", isFault);
  results.hidden = hits.childElementCount === 0;
}

/** @param {string} pubkey */
const nameOf = (pubkey) => names.get(pubkey) || `${pubkey.slice(0, 8)}…${pubkey.slice(-4)}`;

/** @param {string} name */
function initialsOf(name) {
  const letters = name.match(/\p{L}|\p{N}/gu) ?? ["?"];
  return letters.slice(0, 2).join("").toUpperCase();
}

/** Nothing to see, or turns the direction of what follows. Joiners stay: some letters and emoji need them. */
const UNSEEN = /[\p{Cc}\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]/gu;
/** Addresses end where a turn of direction would hide where they lead. */
const PART =
  /(https?:\/\/[^\s<>"'`{}|\\^\u202a-\u202e\u2066-\u2069\u3000-\u303f\uff00-\uff0f]+)|(?:nostr:)?((?:npub|note|nevent|nprofile|naddr)1[02-9ac-hj-np-z]{20,})|#([\p{L}\p{N}\p{M}_]+)/gu;

/** An address without the end of the sentence around it; a closing bracket is its own when it was opened inside. @param {string} found @returns {string} */
function addressIn(found) {
  const trimmed = found.replace(/[.,;:!?*…»”’\]]+$/, "");
  const isOpen = trimmed.split("(").length >= trimmed.split(")").length;
  return !trimmed.endsWith(")") || isOpen ? trimmed : addressIn(trimmed.slice(0, -1));
}

/** Without half of a character at its end. @param {string} text @param {number} length */
const beginning = (text, length) => text.slice(0, length).replace(/[\ud800-\udbff]$/, "");

/**
 * Text with its addresses as links: never markup, and nothing is loaded from them. Of a longer text the beginning, in
 * which no link leads to half an address.
 * @param {string} text
 * @param {HTMLElement} place
 * @param {number} [length]
 */
function write(text, place, length = text.length) {
  let at = 0;
  for (const match of text.matchAll(PART)) {
    if (match.index >= length) break;
    place.append(text.slice(at, match.index));
    const [, found, entity, tag] = match;
    const url = found === undefined ? undefined : addressIn(found);
    const whole = url ?? match[0];
    const name = entity === undefined ? beginning(whole, LINK_CHARACTERS_MAX) : entity.slice(0, 12);
    const link = make("a", name === whole ? name : `${name}…`);
    if (url !== undefined && URL.canParse(url)) {
      link.setAttribute("href", url);
      link.setAttribute("rel", "noopener noreferrer nofollow");
      link.setAttribute("target", "_blank");
      link.dir = "ltr";
      place.append(link);
    } else if (entity !== undefined || tag !== undefined) {
      link.setAttribute("href", `/search?q=${encodeURIComponent(entity ?? `#${tag}`)}`);
      place.append(link);
    } else place.append(whole);
    at = match.index + whole.length;
  }
  place.append(beginning(text, Math.max(at, length)).slice(at), length < text.length ? "…" : "");
}

/** @param {string} text */
function profileOf(text) {
  try {
    const profile = JSON.parse(text);
    return typeof profile === "object" && profile !== null ? profile : {};
  } catch {
    return {};
  }
}

/** @param {NostrEvent} event @returns {string} */
function nameIn(event) {
  const { display_name, name } = profileOf(event.content);
  return [display_name, name].map(nameFrom).find((found) => found !== "") ?? "";
}

/** A name that somebody can see, or none. @param {unknown} given */
function nameFrom(given) {
  return typeof given === "string" ? beginning(given.replace(UNSEEN, "").trim(), 80) : "";
}

/** @param {NostrEvent} event @param {string} name */
const tagOf = (event, name) => event.tags.find((tag) => tag[0] === name)?.[1];

/** What a person reads of it. @param {NostrEvent} event */
function bodyOf(event) {
  const body = make("div");
  const title = tagOf(event, "title");
  if (title !== undefined && title !== "") body.append(makeForeign("h2", beginning(title, 200)));
  const warning = event.tags.find((tag) => tag[0] === "content-warning");
  const isWarned = warning !== undefined;
  const written = event.kind === 0 ? String(profileOf(event.content).about ?? "") : event.content;
  const text = written.trim().replace(/\s*\n\s*\n\s*/g, "\n\n");
  const paragraph = makeForeign("p");
  const isLong = text.length > SHOWN_CHARACTERS_MAX;
  write(text, paragraph, Math.min(text.length, SHOWN_CHARACTERS_MAX));
  if (isLong && !isWarned) {
    const whole = make("details");
    const rest = makeForeign("p");
    whole.append(make("summary", "All of it"), rest);
    whole.addEventListener("toggle", () => {
      if (rest.childNodes.length === 0) write(text, rest);
      paragraph.hidden = whole instanceof HTMLDetailsElement && whole.open;
    });
    body.append(paragraph, whole);
    return body;
  }
  if (warning === undefined) body.append(paragraph);
  else {
    const hidden = make("details");
    paragraph.replaceChildren();
    write(text, paragraph);
    hidden.append(
      make("summary", `Shown on request: ${beginning(warning[1] || "sensitive", 100)}`),
      paragraph,
    );
    body.append(hidden);
  }
  return body;
}

/** @param {NostrEvent} event */
function hitOf(event) {
  const item = make("li");
  item.dataset["author"] = event.pubkey;
  if (event.kind === 0) names.set(event.pubkey, nameIn(event));
  const face = make("span", "", `face face-${Number.parseInt(event.pubkey.slice(0, 2), 16) % 8}`);
  face.setAttribute("aria-hidden", "true");
  const content = make("div");
  const who = make("div", "", "who");
  const author = makeForeign("a");
  author.classList.add("author");
  author.setAttribute("href", `/search?q=${encodeURIComponent(`from:${event.pubkey}`)}&newest=1`);
  const time = make("time", new Date(event.created_at * 1000).toLocaleString(), "quiet");
  if (event.created_at < 8e12) time.setAttribute("datetime", new Date(event.created_at * 1000).toISOString());
  who.append(author, time);
  content.append(who, bodyOf(event));
  item.append(face, content);
  nameHit(item);
  return item;
}

/** @param {HTMLElement} item */
function nameHit(item) {
  const pubkey = item.dataset["author"] ?? "";
  const author = item.querySelector(".author");
  const face = item.querySelector(".face");
  if (author !== null) author.textContent = nameOf(pubkey);
  if (face !== null) face.textContent = initialsOf(names.get(pubkey) || pubkey);
}

/** Asks who the shown authors are. */
function learnNames() {
  const unknown = new Set(
    [...hits.children].map((item) => (item instanceof HTMLElement ? (item.dataset["author"] ?? "") : "")),
  );
  for (const key of unknown) if (names.has(key)) unknown.delete(key);
  if (unknown.size === 0) return;
  for (const key of unknown) names.set(key, "");
  const id = open(
    { kinds: [0], authors: [...unknown], limit: unknown.size },
    {
      onEvent: (event) => names.set(event.pubkey, nameIn(event)),
      onEnd: () => {
        close(id);
        for (const item of hits.children) if (item instanceof HTMLElement) nameHit(item);
      },
      onClosed: () => {
        for (const key of unknown) if (names.get(key) === "") names.delete(key);
      },
    },
  );
}

/** @param {NostrEvent} event @param {boolean} isLive */
function add(event, isLive) {
  if (shown.has(event.id)) return false;
  shown.add(event.id);
  const item = hitOf(event);
  if (isLive) {
    item.classList.add("live");
    hits.prepend(item);
    while (hits.children.length > LIVE_SHOWN_MAX + LIMIT_MAX) hits.lastElementChild?.remove();
  } else hits.append(item);
  return true;
}

/** @param {number} limit @param {number | undefined} until @param {boolean} isLive */
function ask(limit, until, isLive) {
  giveUp();
  const before = shown.size;
  let isEnded = false;
  const isByTime = sortOf() === "recent";
  const timer = setTimeout(abandon, ANSWER_TIMEOUT_MS);
  const id = open(filterOf(limit, until), {
    onEvent: (event) => {
      if (add(event, isEnded) && !isEnded) noteOldest(event.created_at);
      if (!isEnded) return;
      results.hidden = false;
      learnNames();
    },
    onEnd: (hint) => {
      isEnded = true;
      clearTimeout(timer);
      const found = shown.size - before;
      const total = shown.size;
      const news = subscriptions.has(liveId) ? " New ones appear on top." : "";
      tell(total === 0 ? `Nothing found.${news}` : `${total} shown.${news}`);
      if (before > 0 && document.activeElement === more) goTo(before);
      more.hidden = found === 0 || hint === "finish" || limit >= LIMIT_MAX;
      if (!isLive) close(id);
      learnNames();
    },
    onClosed: (reason) => {
      clearTimeout(timer);
      more.hidden = true;
      tell(reason, true);
    },
  });
  if (isLive) liveId = id;
  current = {
    id,
    timer,
    oldest: current?.oldest ?? Number.POSITIVE_INFINITY,
    atOldest: current?.atOldest ?? 0,
    limit,
    isByTime,
  };
}

/** Ends the question that is being asked, and leaves what is live. */
function giveUp() {
  if (current === undefined) return;
  clearTimeout(current.timer);
  if (current.id !== liveId) close(current.id);
}

/** Who asked for more goes on with what is new, and not behind it. @param {number} at */
function goTo(at) {
  const link = hits.children[at]?.querySelector("a");
  if (link instanceof HTMLElement) link.focus({ preventScroll: true });
}

/** @param {number} second */
function noteOldest(second) {
  if (current === undefined || second > current.oldest) return;
  current.atOldest = second === current.oldest ? current.atOldest + 1 : 1;
  current.oldest = second;
}

function clear() {
  hits.replaceChildren();
  shown = new Set();
  giveUp();
  close(liveId);
  liveId = "";
  current = undefined;
  more.hidden = true;
  tell("");
}

function search() {
  clear();
  hints.hidden = true;
  tell("Searching…");
  ask(PAGE, undefined, value("live") !== "");
}

/**
 * What stands by time goes on where the list ends, with room for those of the last second that are shown already; any
 * other order is asked for again, longer.
 */
function loadMore() {
  if (current === undefined) return;
  tell("Searching…");
  const { isByTime, oldest, atOldest, limit } = current;
  if (isByTime && Number.isFinite(oldest)) ask(Math.min(LIMIT_MAX, PAGE + atOldest), oldest, false);
  else ask(Math.min(LIMIT_MAX, limit + PAGE), undefined, false);
}

/** The form as an address that can be shared, without what says nothing. */
function remember() {
  const pairs = [...new FormData(form)].flatMap(([name, given]) =>
    typeof given === "string" &&
    given !== "" &&
    !(name === "kind" && given === "1") &&
    !(name === "sort" && given === "relevance")
      ? [[name, given]]
      : [],
  );
  // "Everything" is the empty kind, which has to be said.
  if (value("kind") === "") pairs.push(["kind", ""]);
  const query = new URLSearchParams(pairs).toString();
  const address = query === "" ? location.pathname : `${location.pathname}?${query}`;
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
}

/** What the address asks for; an address that asks for nothing has the hints. */
function recall() {
  form.reset();
  if (restore()) return search();
  clear();
  hints.hidden = false;
}

function restore() {
  const given = new URLSearchParams(location.search);
  for (const [name, text] of given) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = text === "1";
    else if (field instanceof HTMLInputElement) field.value = text;
    else if (field instanceof HTMLSelectElement && [...field.options].some((option) => option.value === text))
      field.value = text;
  }
  return [...given].length > 0;
}

form.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  remember();
  search();
});
form.addEventListener("change", (changed) => {
  if (changed.target instanceof HTMLInputElement && changed.target.name === "q") return;
  remember();
  search();
});
more.addEventListener("click", loadMore);
// From anywhere in the results back to the words; in the words the browser itself empties the field.
results.addEventListener("keydown", ({ key }) => {
  const words = form.elements.namedItem("q");
  if (key === "Escape" && words instanceof HTMLElement) words.focus();
});
addEventListener("popstate", recall);
form.hidden = false;
recall();
