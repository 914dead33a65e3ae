// A process to be killed: writes without end and prints a line for everything the store acknowledged.

import { openHotStore } from "../../src/hot/hot-store.ts";
import { unsignedEvent } from "../support/events.ts";

const [folder, author] = process.argv.slice(2) as [string, string];
const store = await openHotStore({ folder, ownUrls: [] });
const start = store.lastSeq;
let sent = 0;

/** Notes, and versions of one list, so that a kill falls into all kinds of transactions. */
function next(): void {
  const n = start + ++sent;
  const kind = n % 7 === 0 ? 10_002 : 1;
  const event = unsignedEvent(author, {
    kind,
    created_at: n,
    content: `${start} ${sent}`,
    tags: [["t", `${n % 50}`]],
  });
  store.write(event, ({ type }) => {
    if (type !== "stored") throw new Error(`unexpected ${type}`);
    if (kind === 1) process.stdout.write(`${event.event.id}\n`);
    next();
  });
}

for (let inFlight = 0; inFlight < 64; inFlight++) next();
