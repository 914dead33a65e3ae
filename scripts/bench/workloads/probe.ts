// Reads some answers in full, over an ordinary WebSocket, and checks every event of them against its filter.

import { type NostrEvent, parseEvent } from "../../../src/nostr/event.ts";
import { matchesFilter, parseFilter } from "../../../src/nostr/filter.ts";
import { isRefusal } from "../../../src/nostr/reason.ts";
import { compareNewestFirst } from "../../../src/nostr/order.ts";
import type { Question } from "../corpus/question.ts";

const TIMEOUT_MS = 20_000;

/** Answers what is wrong with the relay's answers, nothing if all is well. */
export async function probe(url: string, questions: readonly Question[]): Promise<string[]> {
  const faults: string[] = [];
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`cannot connect to ${url}`));
  });
  for (const question of questions) {
    const fault = faultOf(question, await ask(socket, question.filter));
    if (fault !== undefined) faults.push(`${fault}: ${JSON.stringify(question.filter).slice(0, 120)}`);
  }
  socket.close();
  return faults.slice(0, 5);
}

/** Stored events of one REQ, or the reason why it was refused. */
function ask(socket: WebSocket, filter: object): Promise<unknown[] | string> {
  return new Promise((resolve) => {
    const events: unknown[] = [];
    const done = (answer: unknown[] | string): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const timer = setTimeout(() => done(`no EOSE within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
    socket.onmessage = ({ data }) => {
      const [verb, id, payload] = JSON.parse(String(data)) as unknown[];
      if (id !== "probe") return;
      if (verb === "EVENT") events.push(payload);
      else if (verb === "EOSE") {
        socket.send('["CLOSE","probe"]');
        done(events);
      } else if (verb === "CLOSED") done(String(payload));
    };
    socket.onclose = ({ code, reason }) => done(`closed with ${code} ${reason}`);
    socket.send(JSON.stringify(["REQ", "probe", filter]));
  });
}

function faultOf({ filter, expected }: Question, answer: unknown[] | string): string | undefined {
  if (typeof answer === "string") return answer;
  if (answer.length !== expected) return `answered ${answer.length} events instead of ${expected}`;
  const parsed = parseFilter(filter);
  if (isRefusal(parsed)) return parsed.text;
  let previous: NostrEvent | undefined;
  for (const value of answer) {
    const event = parseEvent(value);
    if (isRefusal(event)) return `sent a malformed event (${event.text})`;
    if (!matchesFilter(parsed, event.event)) return "sent an event that does not match";
    if (previous !== undefined && compareNewestFirst(previous, event.event) >= 0)
      return "sent events out of order";
    previous = event.event;
  }
  return undefined;
}
