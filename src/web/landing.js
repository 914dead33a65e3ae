// The front page's three small comforts: copying the address, live numbers, and a search over the relay's own socket.

const NUMBERS_EVERY_MS = 4000;
const SEARCH_TIMEOUT_MS = 15_000;
const HITS_MAX = 20;
const SHOWN_CHARACTERS_MAX = 400;
const ONE_EVENT = /^(?:nostr:)?(?:(?:note|nevent|naddr)1[02-9ac-hj-np-z]+|[0-9a-f]{64})$/i;

/** @param {string} id */
const element = (id) => document.getElementById(id);

function offerCopying() {
  const button = element("copy");
  const address = element("address");
  const told = element("copied");
  if (button === null || address === null || told === null) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    void navigator.clipboard
      .writeText(address.textContent ?? "")
      .then(() => "Address copied.")
      .catch(() => {
        getSelection()?.selectAllChildren(address);
        return "Copying is not allowed here; the address is selected.";
      })
      .then((text) => {
        told.textContent = text;
      });
  });
}

const format = new Intl.NumberFormat();

/** @param {Record<string, unknown>} stats */
function showNumbers(stats) {
  for (const node of document.querySelectorAll("[data-stat]")) {
    const value = stats[node.getAttribute("data-stat") ?? ""];
    if (typeof value === "number") node.textContent = format.format(Math.round(value * 10) / 10);
    else if (typeof value === "string") node.textContent = value;
  }
}

function keepNumbersLive() {
  setInterval(() => {
    if (document.hidden) return;
    void fetch("/stats.json")
      .then((answer) => answer.json())
      .then(showNumbers)
      // The relay may be restarting: the next round will tell.
      .catch(() => {});
  }, NUMBERS_EVERY_MS);
}

/** @typedef {{ content: string, pubkey: string, created_at: number, tags: string[][] }} ShownEvent */

/** @param {ShownEvent} event */
function hitOf(event) {
  const item = document.createElement("li");
  const text = document.createElement("p");
  text.dir = "auto";
  const source = document.createElement("small");
  const warning = event.tags.find((tag) => tag[0] === "content-warning");
  const written = warning === undefined ? event.content : `Not shown here: ${warning[1] || "sensitive"}`;
  const words = written.trim().replace(/\s*\n\s*\n\s*/g, "\n\n");
  // Not half of a character.
  const beginning = words.slice(0, SHOWN_CHARACTERS_MAX).replace(/[\ud800-\udbff]$/, "");
  text.textContent = words.length > SHOWN_CHARACTERS_MAX ? `${beginning}…` : words;
  source.className = "quiet";
  source.textContent = `${event.pubkey.slice(0, 12)}… · ${new Date(event.created_at * 1000).toLocaleString()}`;
  item.append(text, source);
  return item;
}

/**
 * Asks over a WebSocket, as any client would.
 * @param {string} words
 * @param {HTMLElement} hits
 * @param {(text: string) => void} tell
 * @returns {() => void} gives the search up
 */
function search(words, hits, tell) {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws"));
  let found = 0;
  const end = (/** @type {string} */ text) => {
    clearTimeout(timer);
    socket.onmessage = socket.onerror = null;
    socket.close();
    tell(text);
  };
  const timer = setTimeout(() => end("No answer in time; try again."), SEARCH_TIMEOUT_MS);
  // One event was pasted: whatever it is, it is meant.
  const kinds = ONE_EVENT.test(words) ? {} : { kinds: [1, 30023] };
  socket.onopen = () =>
    socket.send(JSON.stringify(["REQ", "search", { search: words, ...kinds, limit: HITS_MAX }]));
  socket.onerror = () => end("The relay cannot be reached.");
  socket.onmessage = ({ data }) => {
    /** @type {unknown} */
    const message = JSON.parse(String(data));
    const [verb, , body] = /** @type {[string, string, unknown]} */ (message);
    if (verb === "EVENT") {
      found++;
      hits.append(hitOf(/** @type {ShownEvent} */ (body)));
    } else if (verb === "EOSE") end(found === 0 ? "Nothing found." : `${found} found.`);
    else if (verb === "CLOSED") end(String(body));
  };
  return () => end("");
}

function offerSearch() {
  const form = element("search");
  const hits = element("hits");
  const told = element("told");
  if (!(form instanceof HTMLFormElement) || hits === null || told === null) return;
  form.hidden = false;
  let giveUp = () => {};
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    const input = form.elements.namedItem("words");
    const words = input instanceof HTMLInputElement ? input.value.trim() : "";
    if (words === "") return;
    giveUp();
    hits.replaceChildren();
    told.textContent = "Searching…";
    giveUp = search(words, hits, (text) => {
      told.textContent = text;
      giveUp = () => {};
    });
  });
}

offerCopying();
keepNumbersLive();
offerSearch();
