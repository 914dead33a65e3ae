// Long messages, read in slices, mean what they mean when they are parsed whole.

import { expect, test } from "bun:test";
import { type messageOf, parseClientMessage } from "../../src/gateway/client-message.ts";
import { ReadFilter } from "../../src/gateway/filters.ts";
import { readLongMessage } from "../../src/gateway/long-message.ts";
import { parseFilter } from "../../src/nostr/filter.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { prng, testSeed } from "../support/prng.ts";
import { pick } from "../support/random-filter.ts";

function read(text: string): { message: ReturnType<typeof messageOf>; slices: number } {
  const reading = readLongMessage(text);
  for (let slices = 1; ; slices++) {
    const next = reading.next();
    if (next.done === true) return { message: next.value, slices };
  }
}

/** What reading must come to: the whole text parsed, and its filters too. */
function expected(text: string): ReturnType<typeof messageOf> {
  const message = parseClientMessage(text);
  if (isRefusal(message) || (message.verb !== "REQ" && message.verb !== "COUNT")) return message;
  const elements = message.elements.map((element, at) =>
    at < 2 ? element : new ReadFilter(parseFilter(element)),
  );
  return { verb: message.verb, elements };
}

const PIECES = [
  ...'[]{},:"\\ \t\n',
  "1",
  "-0.5e3",
  "null",
  "tru",
  '"REQ"',
  '"a\\"]b"',
  '"\\\\"',
  '{"kinds":[1,2]}',
  '{"ids":["x"]}',
  '["REQ","x",',
  '["COUNT","x",{"since":1},',
  '["EVENT",{"id":"é"}',
  "\u00a0",
  "\ufeff",
];

const seed = testSeed();

test(`texts at random (seed ${seed})`, () => {
  const random = prng(seed);
  const kinds = { right: 0, wrong: 0 };
  for (let round = 0; round < 60_000; round++) {
    const isLikely = random() < 0.5;
    const start = isLikely ? pick(random, ['["REQ"', ' [ "COUNT" ', '["EVENT"']) : "";
    const middle = Array.from({ length: Math.floor(random() * 6) }, () => pick(random, PIECES));
    const text = isLikely ? `${[start, ...middle].join(random() < 0.8 ? "," : "")}]` : middle.join("");
    const { message } = read(text);
    const whole = expected(text);
    kinds[isRefusal(whole) ? "wrong" : "right"]++;
    // Of a text that is neither JSON nor an array, either may be said.
    if (isRefusal(whole)) expect([text, isRefusal(message)]).toEqual([text, true]);
    else expect([text, message]).toEqual([text, whole]);
  }
  expect(Math.min(kinds.right, kinds.wrong)).toBeGreaterThan(1000);
});

test("a message cut anywhere is refused", () => {
  const text = ' ["REQ", "a\\"[\\\\", {"#t": ["x,]", "\\\\"]}, {} ] ';
  expect(read(text).message).toEqual(expected(text));
  for (let length = 0; length < text.length - 1; length++) {
    expect(isRefusal(read(text.slice(0, length)).message)).toBe(true);
  }
});

test("long texts take many slices, whatever they are made of", () => {
  const million = 1_000_000;
  for (const text of [
    " ".repeat(million),
    `["REQ","x"${" ".repeat(million)}]`,
    `["EVENT",{"content":"${'\\"'.repeat(million)}"}]`,
    `["REQ","x",{"ids":[${'"",'.repeat(million / 10)}""]}]`,
    `["EVENT",[${"[],".repeat(million)}0]]`,
  ]) {
    expect(read(text).slices).toBeGreaterThan(7);
  }
});

test("nested too deep is not parsed, and brackets in strings nest nothing", () => {
  const text = (message: ReturnType<typeof messageOf>) => (isRefusal(message) ? message.text : message.verb);
  const nested = (depth: number) => `["EVENT",${"[".repeat(depth)}${"]".repeat(depth)}]`;
  expect(text(read(nested(63)).message)).toBe("EVENT");
  expect(text(read(nested(64)).message)).toBe("the message is nested deeper than 64 levels");
  expect(text(read(`["EVENT","${"[".repeat(100_000)}\\"[["]`).message)).toBe("EVENT");
});
