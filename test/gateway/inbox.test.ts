// What waits to be read is read in its order, shares the turns, and never grows beyond its bounds.

import { expect, test } from "bun:test";
import type { ClientMessage } from "../../src/gateway/client-message.ts";
import { parseClientMessage } from "../../src/gateway/client-message.ts";
import { Inbox } from "../../src/gateway/inbox.ts";
import type { Session } from "../../src/gateway/session.ts";
import { isRefusal, type Refusal } from "../../src/nostr/reason.ts";
import { TurnBudget } from "../../src/query/turn-budget.ts";

const LONG = " ".repeat(20_000);
const close = (id: string, filling = ""): string => `["CLOSE","${id}"${filling}]`;
const turnOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An inbox whose turns are spent with their first piece of work, and what it hands on. */
function opened({ bytesPerConnectionMax = 1_000_000, bytesMax = 1_000_000 } = {}) {
  const turn = new TurnBudget(0);
  const taken: string[] = [];
  let isFaulty = false;
  let isEnding = false;
  const inbox: Inbox = new Inbox({
    bytesPerConnectionMax,
    bytesMax,
    sliceMs: 0,
    turn,
    parse: (message) => parseClientMessage(String(message)),
    take: (session, message) => {
      taken.push(`${session.address} ${nameOf(message)}`);
      if (isFaulty) throw new Error("a defect");
      if (isEnding) inbox.drop(session);
    },
    guarded: (_session, work) => {
      try {
        work();
      } catch {
        taken.push("told");
      }
    },
  });
  const session = (address: string): Session => {
    const made = { address, readInTurn: 0, lastTurn: 0 } as Session;
    return Object.assign(made, { turn: turn.of(made) });
  };
  return { inbox, taken, session, fail: () => (isFaulty = true), end: () => (isEnding = true) };
}

function nameOf(message: ClientMessage | Refusal): string {
  return isRefusal(message) ? message.text : String(message.elements[1]);
}

async function emptied(inbox: Inbox): Promise<void> {
  for (let turns = 0; inbox.bytes > 0 && turns < 1000; turns++) await turnOver();
  expect(inbox.bytes).toBe(0);
}

test("behind a long message those of its connection wait, and those of others do not", async () => {
  const { inbox, taken, session } = opened();
  const [one, other] = [session("one"), session("other")];
  expect(inbox.isFor(one, close("a", LONG))).toBe(true);
  inbox.put(one, close("a", LONG));
  expect(inbox.isFor(other, close("x"))).toBe(false);
  for (const id of ["b", "c"]) {
    expect(inbox.isFor(one, close(id))).toBe(true);
    inbox.put(one, close(id));
  }
  await emptied(inbox);
  expect(taken).toEqual(["one a", "one b", "one c"]);
  expect(inbox.isFor(one, close("d"))).toBe(false);
});

test("of a pipeline one share is read in a turn that is spent, and the rest takes turns with others", async () => {
  const { inbox, session } = opened();
  const [one, other] = [session("one"), session("other")];
  const waits = Array.from({ length: 40 }, (_, index) => inbox.isFor(one, close(`${index}`)));
  expect(waits.indexOf(true)).toBe(32);
  expect(inbox.isFor(other, close("x"))).toBe(false);
  await turnOver();
  expect(inbox.isFor(one, close("y"))).toBe(false);
});

test("once a turn is very late, messages of connections that have read nothing yet wait as well", async () => {
  const { inbox, session } = opened();
  expect(inbox.isFor(session("first"), close("a"))).toBe(false);
  const until = performance.now() + 25;
  while (performance.now() < until);
  const [late, later] = [session("late"), session("later")];
  expect(inbox.isFor(late, close("b"))).toBe(true);
  await turnOver();
  expect(inbox.isFor(later, close("c"))).toBe(false);
});

test("where too much waits the oldest is read at once, in order", async () => {
  const { inbox, taken, session } = opened({ bytesPerConnectionMax: 50_000 });
  const one = session("one");
  for (let index = 0; index < 10; index++) {
    inbox.put(one, close(`${index}`, LONG));
    expect(inbox.bytes).toBeLessThanOrEqual(50_000);
  }
  expect(taken).toHaveLength(8);
  await emptied(inbox);
  expect(taken).toEqual(Array.from({ length: 10 }, (_, index) => `one ${index}`));
});

test("all connections together stay within their bound when each has something to give up", async () => {
  const { inbox, taken, session } = opened({ bytesMax: 90_000 });
  const sessions = ["a", "b"].map(session);
  for (let index = 0; index < 12; index++) inbox.put(sessions[index % 2]!, close(`${index}`, LONG));
  expect(inbox.bytes).toBeLessThanOrEqual(90_000);
  await emptied(inbox);
  expect(taken).toHaveLength(12);
});

test("what a closed connection left is dropped, and a defect ends nothing but its message", async () => {
  const { inbox, taken, session, fail } = opened();
  const [gone, stays] = [session("gone"), session("stays")];
  inbox.put(gone, close("a", LONG));
  inbox.drop(gone);
  expect(inbox.bytes).toBe(0);
  fail();
  inbox.put(stays, close("b", LONG));
  inbox.put(stays, close("c"));
  await emptied(inbox);
  expect(taken).toEqual(["stays b", "told", "stays c", "told"]);
});

test("nothing waits on a connection that ends while room is made", () => {
  const { inbox, taken, session, end } = opened({ bytesPerConnectionMax: 50_000 });
  const one = session("one");
  for (const id of ["a", "b"]) inbox.put(one, close(id, LONG));
  end();
  inbox.put(one, close("c", LONG));
  expect(taken).toEqual(["one a"]);
  expect(inbox.bytes).toBe(0);
  expect(inbox.isFor(one, close("d"))).toBe(false);
});
