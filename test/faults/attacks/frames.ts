// Attacks by what a frame says: nesting, numbers, strings and keys that no client sends, and frames that are no text.

import type { Attack } from "../attack.ts";
import { MEBIBYTE } from "../attack.ts";
import { OPCODE, RawSocket } from "../raw-socket.ts";

const BRACKETS = 5_000_000;
const ID = "ab".repeat(32);
const SIG = "cd".repeat(64);

/** Sends each frame by itself and expects exactly one answer to it, which begins in this way; nothing closes. */
async function answers(
  url: string,
  cases: readonly (readonly [string, string, RegExp])[],
): Promise<string[]> {
  const faults: string[] = [];
  const socket = await RawSocket.open(url);
  await socket.until(() => socket.messages.length === 1, "the challenge");
  for (const [what, text, expected] of cases) {
    const before = socket.messages.length;
    socket.send(text);
    // The answer to a known question comes behind the one we wait for.
    socket.send('["COUNT","behind",{"ids":[]}]');
    try {
      await socket.until(
        () => socket.messages.slice(before).some((message) => message.startsWith('["COUNT","behind"')),
        what,
      );
    } catch (error) {
      faults.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      break;
    }
    const said = socket.messages.slice(before).filter((message) => !message.startsWith('["COUNT","behind"'));
    if (said.length !== 1 || !expected.test(said[0]!)) {
      faults.push(
        `${what}: answered by ${said.length === 0 ? "nothing" : said.map((one) => one.slice(0, 100)).join(" and ")}`,
      );
    }
  }
  socket.reset();
  return faults;
}

const NOTICE = /^\["NOTICE","(?:invalid|unsupported): /;
const CLOSED = /^\["CLOSED","x","(?:invalid|unsupported|blocked): /;
const EOSE = /^\["EOSE","x"/;
const REFUSED = new RegExp(`^\\["OK","${ID}",false,"invalid: `);

const event = (fields: string): string =>
  `["EVENT",{"id":"${ID}","pubkey":"${ID}","created_at":1,"kind":1,"tags":[],"content":"","sig":"${SIG}"${fields}}]`;

export const nesting: Attack = {
  name: "nesting",
  about: `${BRACKETS.toLocaleString("en")} brackets, open and closed, as message, verb, event, tag, filter`,
  round: ({ url }) => {
    const open = "[".repeat(BRACKETS);
    const half = BRACKETS / 2;
    const closed = "[".repeat(half) + "]".repeat(half);
    const objects = '{"a":'.repeat(1_000_000);
    return answers(url, [
      ["open brackets", open, NOTICE],
      ["closed brackets", closed, NOTICE],
      ["a nested verb", `[${closed}]`, NOTICE],
      ["a nested event", `["EVENT",${closed}]`, NOTICE],
      ["open objects", `["EVENT",${objects}`, NOTICE],
      ["a nested tag", event(`,"tags":[[${closed}]]`), NOTICE],
      ["nested tags", event(`,"tags":${closed}`), NOTICE],
      ["a nested kind", event(`,"kind":${closed}`), NOTICE],
      ["a nested id", `["EVENT",{"id":${closed}}]`, NOTICE],
      ["a nested filter", `["REQ","x",${closed}]`, NOTICE],
      ["a nested list", `["REQ","x",{"ids":${closed}}]`, NOTICE],
      ["a nested unknown key", `["REQ","x",{"key":${closed}}]`, NOTICE],
      [
        "brackets in a string are none",
        `["EVENT",{"id":"${ID}","content":"${"[".repeat(BRACKETS)}\\"[["}]`,
        REFUSED,
      ],
      ["a small nested tag", event(`,"tags":[[${"[".repeat(5000)}${"]".repeat(5000)}]]`), REFUSED],
      ["a small nested filter", `["REQ","x",{"ids":${"[".repeat(5000)}${"]".repeat(5000)}}]`, CLOSED],
      ["a nested subscription id", `["REQ",${closed},{}]`, NOTICE],
    ]);
  },
};

export const oddValues: Attack = {
  name: "odd values",
  about: "huge numbers, lone surrogates, __proto__, keys twice, values of the wrong type",
  round: ({ url }) =>
    answers(url, [
      ["kind 1e400", event(',"kind":1e400'), REFUSED],
      ["kind -0.5", event(',"kind":-0.5'), REFUSED],
      ["created_at 1e308", event(',"created_at":1e308'), REFUSED],
      ["created_at 2^53", event(',"created_at":9007199254740993'), REFUSED],
      ["a very long number", event(`,"created_at":${"9".repeat(100_000)}`), REFUSED],
      ["limit 1e400", '["REQ","x",{"limit":1e400}]', CLOSED],
      ["limit -1", '["REQ","x",{"limit":-1}]', CLOSED],
      ["since 0.5", '["REQ","x",{"since":0.5}]', CLOSED],
      ["until 2^53", '["REQ","x",{"until":9007199254740992}]', CLOSED],
      ["kind 2^53", '["REQ","x",{"kinds":[9007199254740992]}]', CLOSED],
      ["kind 1e15 matches nothing", '["REQ","x",{"kinds":[1000000000000000]}]', EOSE],
      ["a lone surrogate in a content", event(',"content":"\\ud800"'), REFUSED],
      ["a lone surrogate in a tag", event(',"tags":[["t","\\udc00"]]'), REFUSED],
      ["a lone surrogate in a filter", '["REQ","x",{"#t":["\\ud800"]}]', CLOSED],
      ["a lone surrogate in a subscription id", '["REQ","\\ud800",{}]', NOTICE],
      ["a lone surrogate in an event id", '["EVENT",{"id":"\\ud800"}]', NOTICE],
      ["a lone surrogate in a search", '["REQ","x",{"search":"\\ud800"}]', CLOSED],
      ["a lone surrogate as verb", '["\\ud800"]', NOTICE],
      ["__proto__ as a filter key", '["REQ","x",{"__proto__":{"ids":["x"]}}]', CLOSED],
      ["constructor as a filter key", '["REQ","x",{"constructor":{}}]', CLOSED],
      ["#__proto__ as a filter key", '["REQ","x",{"#__proto__":["x"]}]', CLOSED],
      ["__proto__ in an event", `["EVENT",{"__proto__":{"id":"${ID}"}}]`, NOTICE],
      ["__proto__ as an event", '["EVENT",{"__proto__":null}]', NOTICE],
      ["__proto__ as a verb", '["__proto__","x",{}]', NOTICE],
      ["constructor as a verb", '["constructor"]', NOTICE],
      ["a key twice", '["REQ","x",{"ids":[],"ids":["nonsense"]}]', CLOSED],
      ["an array with holes to fill", '["REQ","x",[]]', CLOSED],
      ["a filter that is a string", '["REQ","x","{}"]', CLOSED],
      ["no filter", '["REQ","x"]', CLOSED],
      ["a NUL in a subscription id", '["REQ","\\u0000",{"ids":[]}]', /^\["EOSE","\\u0000"/],
      ["an empty id", '["EVENT",{"id":""}]', /^\["OK","",false,"invalid: /],
      ["a long subscription id", `["REQ","${"x".repeat(65)}",{}]`, /^\["CLOSED","x{65}","invalid: /],
      ["a very long subscription id", `["REQ","${"x".repeat(1_000_000)}",{}]`, NOTICE],
      ["a very long verb", `["${"X".repeat(1_000_000)}"]`, NOTICE],
      ["a very long filter key", `["REQ","x",{"${"k".repeat(1_000_000)}":[]}]`, CLOSED],
      ["a very long tag value", `["REQ","x",{"#t":["${"v".repeat(1_000_000)}"]}]`, EOSE],
      ["a long search", `["REQ","x",{"search":"${"s".repeat(100_000)}"}]`, CLOSED],
      ["a byte order mark", '\ufeff["REQ","x",{}]', NOTICE],
      ["half a message", '["REQ","x",{', NOTICE],
      ["two messages", '["REQ","x",{}]["REQ","x",{}]', NOTICE],
      ["nothing", "", NOTICE],
      ["a null", "null", NOTICE],
      ["AUTH with a challenge", '["AUTH","challenge"]', NOTICE],
    ]),
};

/** What one frame does to a connection: `stays`, or the close codes that are right. */
const ENDINGS: readonly (readonly [string, (socket: RawSocket) => void, readonly (number | "stays")[]])[] = [
  ["a binary frame", (socket) => socket.send("\u0000\u00ff", OPCODE.ping - 7), ["stays"]],
  ["text that is no UTF-8", (socket) => socket.send(Uint8Array.of(0x22, 0xff, 0xfe, 0x22)), [1007]],
  ["half a character", (socket) => socket.send(Uint8Array.of(0x22, 0xe2, 0x82)), [1007]],
  ["a surrogate in UTF-8", (socket) => socket.send(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)), [1007]],
  ["a reserved opcode", (socket) => socket.send("x", 5), [1002]],
  ["a long control frame", (socket) => socket.send("x".repeat(126), OPCODE.ping), [1002]],
  [
    "a message in 1000 pieces",
    (socket) => socket.sendInPieces(Buffer.from(`["REQ","pieces",{"ids":[]}]${" ".repeat(2000)}`), 1000),
    ["stays"],
  ],
  ["a continuation of nothing", (socket) => socket.send("x", OPCODE.continuation), [1002]],
  ["a close frame without a code", (socket) => socket.send("", OPCODE.close), [1000, 1005]],
  ["a close frame of one byte", (socket) => socket.send("x", OPCODE.close), [1002]],
  ["64 MiB announced", (socket) => socket.announce(64 * MEBIBYTE), [1009]],
  ["2^40 bytes announced", (socket) => socket.announce(2 ** 31), [1009]],
];

export const wrongFrames: Attack = {
  name: "wrong frames",
  about:
    "binary, invalid UTF-8, reserved opcodes, pieces, 64 MiB: an answer, or the close code that is meant for it",
  round: async ({ url }) => {
    const faults: string[] = [];
    for (const [what, act, allowed] of ENDINGS) {
      const socket = await RawSocket.open(url);
      act(socket);
      const stays = allowed.includes("stays");
      if (stays) socket.send('["COUNT","behind",{"ids":[]}]');
      try {
        if (stays)
          await socket.until(
            () => socket.messages.some((message) => message.startsWith('["COUNT"')),
            "an answer",
          );
        else if (!(await socket.gone())) faults.push(`${what}: the connection stays`);
        else if (!allowed.includes(socket.closeCode!))
          faults.push(`${what}: closed with ${socket.closeCode}`);
      } catch (error) {
        faults.push(`${what}: ${String(error)}`);
      }
      socket.reset();
    }
    return faults;
  },
};

export const tooLarge: Attack = {
  name: "too large",
  about: "messages of 64 MiB, sent in full: the connection ends with 1009, and the relay keeps none of it",
  round: async ({ url }) => {
    const faults: string[] = [];
    for (let sent = 0; sent < 3; sent++) {
      const socket = await RawSocket.open(url);
      socket.send(new Uint8Array(64 * MEBIBYTE).fill(0x20));
      if (!(await socket.gone())) faults.push("the connection stays");
      // The close frame may be lost behind what we were still sending.
      else if (socket.closeCode !== undefined && socket.closeCode !== 1009)
        faults.push(`closed with ${socket.closeCode}`);
    }
    return faults;
  },
};
