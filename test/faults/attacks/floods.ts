// Attacks by how much is asked: subscriptions, values, ids, counts, signatures, connections.

import { withBadSignature } from "../../../scripts/bench/corpus/fresh.ts";
import type { Arena, Attack } from "../attack.ts";
import { OPCODE, RawSocket } from "../raw-socket.ts";

function hexes(random: () => number, count: number): string[] {
  return Array.from({ length: count }, () => {
    let hex = "";
    while (hex.length < 64)
      hex += Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    return hex;
  });
}

/** Sends all at once and waits for as many messages that are `wanted`. */
async function flood(
  arena: Arena,
  texts: readonly string[],
  wanted: RegExp,
): Promise<{ socket: RawSocket; faults: string[] }> {
  const socket = await RawSocket.open(arena.url);
  const faults: string[] = [];
  for (const text of texts) socket.send(text);
  const count = socket.counter(wanted);
  try {
    await socket.until(
      () => socket.messages.length >= texts.length && count() >= texts.length,
      `${texts.length} answers`,
    );
  } catch (error) {
    faults.push(`${String(error)}; there are ${count()}, the last: ${socket.messages.at(-1)?.slice(0, 100)}`);
  }
  if (count() > texts.length) faults.push(`${count()} answers to ${texts.length} questions`);
  return { socket, faults };
}

const END = /^\["(?:EOSE|CLOSED)"/;

export const subscriptions: Attack = {
  name: "subscriptions",
  about: "10,000 subscriptions on one connection, by kind, by tag and for everything",
  round: async (arena) => {
    const texts = Array.from({ length: 10_000 }, (_, index) => {
      const filter = [
        { kinds: [40_000 + (index % 1000)], limit: 0 },
        { "#t": [`${index}`], limit: 0 },
        { limit: 0 },
      ][index % 3]!;
      return JSON.stringify(["REQ", `${index} ${"x".repeat(50)}`, filter]);
    });
    const { socket, faults } = await flood(arena, texts, END);
    const opened = socket.messages.filter((message) => message.startsWith('["EOSE"')).length;
    if (opened !== 300) faults.push(`${opened} subscriptions were opened, not 300`);
    const refused = socket.messages.filter(
      (message) => message.startsWith('["CLOSED"') && message.includes('"rate-limited: '),
    ).length;
    if (refused !== 9700) faults.push(`${refused} were refused with rate-limited, not 9700`);
    socket.reset();
    return faults;
  },
};

export const values: Attack = {
  name: "values",
  about: "30 filters of 5,000 values each, 6 MB of questions in one go, and filters of too many",
  round: async (arena) => {
    const texts = ["ids", "authors", "#p", "#e"].map((key, index) => {
      const filters = Array.from({ length: index === 0 ? 30 : 5 }, () => ({
        [key]: hexes(arena.random, 3000),
      }));
      return JSON.stringify(["REQ", key, ...filters]);
    });
    texts.push(JSON.stringify(["REQ", "many", { ids: hexes(arena.random, 6000) }]));
    texts.push(
      JSON.stringify(["REQ", "kinds", { kinds: Array.from({ length: 5000 }, (_, kind) => kind), limit: 5 }]),
    );
    const { socket, faults } = await flood(arena, texts, END);
    if (!socket.messages.some((message) => message.startsWith('["CLOSED","many","blocked: '))) {
      faults.push("6000 values were not refused with blocked");
    }
    socket.reset();
    return faults;
  },
};

export const idChurn: Attack = {
  name: "subscription ids",
  about: "20,000 subscriptions opened and closed again at once, each under an id of its own",
  round: async (arena) => {
    const socket = await RawSocket.open(arena.url);
    for (let index = 0; index < 20_000; index++) {
      const id = `${index} ${"é".repeat(40)}`;
      const filter =
        index % 2 === 0
          ? { kinds: [1, 40_000 + (index % 500)], limit: 0 }
          : { authors: [arena.author.pubkey], limit: 0 };
      socket.send(JSON.stringify(["REQ", id, filter]));
      socket.send(JSON.stringify(["CLOSE", id]));
    }
    socket.send('["REQ","last",{"ids":[]}]');
    const faults: string[] = [];
    try {
      await socket.until(
        () => socket.messages.at(-1)?.startsWith('["EOSE","last"') === true,
        "the last answer",
      );
    } catch (error) {
      faults.push(String(error));
    }
    const refused = socket.messages.find((message) => message.startsWith('["CLOSED"'));
    if (refused !== undefined) faults.push(`refused: ${refused.slice(0, 150)}`);
    socket.reset();
    return faults;
  },
};

export const counts: Attack = {
  name: "counts and scans",
  about: "pipelines of COUNT and REQ for everything, for what is nowhere, and for rare combinations",
  round: async (arena) => {
    const [nobody] = hexes(arena.random, 1);
    const filters: object[] = [
      {},
      { since: 1 },
      { "#t": ["topic 1", "topic 2"], "#p": [nobody] },
      { authors: hexes(arena.random, 500), kinds: [1, 7, 30_023] },
      { kinds: [1], "&t": ["topic 1", "topic 2"] },
      { until: 1_700_000_001 },
    ];
    const texts = Array.from({ length: 300 }, (_, index) => {
      const filter = filters[index % filters.length]!;
      return JSON.stringify(
        index % 2 === 0 ? ["COUNT", `${index}`, filter] : ["REQ", `${index}`, { ...filter, limit: 20 }],
      );
    });
    const { socket, faults } = await flood(arena, texts, /^\["(?:EOSE|CLOSED|COUNT)"/);
    socket.reset();
    return faults;
  },
};

export const badSignatures: Attack = {
  name: "bad signatures",
  about: "8 connections × 300 events with wrong signatures",
  round: async (arena) => {
    const texts = Array.from({ length: 300 }, (_, index) => {
      const event = arena.author.sign({ content: `bad ${index} ${arena.random()}` });
      return `["EVENT",${withBadSignature(JSON.stringify(event))}]`;
    });
    const floods = await Promise.all(Array.from({ length: 8 }, () => flood(arena, texts, /^\["OK"/)));
    return floods.flatMap(({ socket, faults }) => {
      const taken = socket.messages.find(
        (message) => message.startsWith('["OK"') && !/,false,"(?:invalid|rate-limited): /.test(message),
      );
      socket.reset();
      return taken === undefined ? faults : [...faults, `answered by ${taken}`];
    });
  },
};

export const churn: Attack = {
  name: "churn",
  about:
    "400 connections that come and go: before the upgrade, after it, in a frame, in a question, by reset",
  round: async (arena) => {
    const faults: string[] = [];
    const one = async (index: number): Promise<void> => {
      if (index % 5 === 0) {
        const early = new RawSocket(arena.url);
        early.write("GET / HTTP/1.1\r\nHost");
        await Bun.sleep(1);
        return early.reset();
      }
      const socket = await RawSocket.open(arena.url);
      if (index % 5 === 1) socket.announce(1000);
      if (index % 5 === 2)
        for (let sent = 0; sent < 20; sent++) socket.send(`["REQ","${sent}",{"kinds":[1]}]`);
      if (index % 5 === 3) socket.send("", OPCODE.close);
      if (index % 5 === 4)
        socket.send(
          `["EVENT",${JSON.stringify(arena.author.sign({ content: `churn ${index} ${arena.random()}` }))}]`,
        );
      socket.reset();
    };
    for (let index = 0; index < 400; index += 20) {
      const some = Array.from({ length: 20 }, (_, offset) => one(index + offset));
      for (const result of await Promise.allSettled(some)) {
        if (result.status === "rejected") faults.push(String(result.reason));
      }
    }
    return faults;
  },
};
