// Attacks by doing nothing: half an upgrade, half a frame, and readers that never read.

import { type Arena, type Attack, MEBIBYTE, metric } from "../attack.ts";
import { OPCODE, RawSocket } from "../raw-socket.ts";

const PATIENCE_MS = 15_000;
const SLOW_READERS = 'thermocline_connections_closed_total{reason="slow-reader"}';

export const halfOpen: Attack = {
  name: "half open",
  about:
    "200 sockets with half an upgrade, 100 that announce 8 MiB and send one byte of it: they cost next to nothing",
  round: async ({ url }) => {
    const sockets: RawSocket[] = [];
    for (let index = 0; index < 200; index++) {
      const socket = new RawSocket(url);
      socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webs");
      sockets.push(socket);
    }
    for (let index = 0; index < 100; index++) {
      const socket = await RawSocket.open(url);
      socket.announce(8 * MEBIBYTE);
      socket.write("[");
      sockets.push(socket);
    }
    await Bun.sleep(100);
    const lost = sockets.filter(({ isOver }) => isOver).length;
    for (const socket of sockets) socket.reset();
    return lost > 0 ? [`${lost} were closed at once`] : [];
  },
};

/** Makes the relay speak to somebody who does not listen, until it has closed him with a reason. */
async function untilClosed(arena: Arena, socket: RawSocket, speak: () => Promise<void>): Promise<string[]> {
  const before = await metric(arena.url, SLOW_READERS);
  socket.stopReading();
  const deadlineMs = Date.now() + PATIENCE_MS;
  while ((await metric(arena.url, SLOW_READERS)) === before && Date.now() < deadlineMs) await speak();
  const closed = (await metric(arena.url, SLOW_READERS)) - before;
  socket.readAgain();
  const isGone = await socket.gone(3000);
  socket.reset();
  if (closed === 0) return ["the reader was not closed as a slow one"];
  return isGone ? [] : ["the connection of the slow reader stays"];
}

/** A publisher whose events are large. */
async function publisher(
  arena: Arena,
  kind: number,
): Promise<{ publish: () => Promise<void>; leave: () => void }> {
  const socket = await RawSocket.open(arena.url);
  return {
    publish: async () => {
      const answered = socket.messages.length;
      for (let sent = 0; sent < 8; sent++) {
        const event = arena.author.sign({ kind, content: `${arena.random()} ${"x".repeat(200_000)}` });
        socket.send(`["EVENT",${JSON.stringify(event)}]`);
      }
      await socket.until(() => socket.messages.length >= answered + 8, "OK for 8 events");
    },
    leave: () => socket.reset(),
  };
}

function neverReading(name: string, filter: (arena: Arena) => object): Attack {
  return {
    name: `never reading, ${name}`,
    about: `a subscription ${name} whose owner stops reading: closed with a reason`,
    round: async (arena) => {
      // Ephemeral, so that the floods of a long run fill no disk.
      const { publish, leave } = await publisher(arena, 20_001);
      const socket = await RawSocket.open(arena.url);
      socket.send(JSON.stringify(["REQ", "deaf", filter(arena)]));
      await socket.until(() => socket.messages.some((message) => message.startsWith('["EOSE"')), "EOSE");
      const faults = await untilClosed(arena, socket, publish);
      leave();
      return faults;
    },
  };
}

export const deafByTopic = neverReading("by kind", () => ({ kinds: [20_001], limit: 0 }));
export const deafByIndex = neverReading("by author", ({ author }) => ({
  authors: [author.pubkey],
  limit: 0,
}));

export const deafToAnswers: Attack = {
  name: "never reading, answers",
  about:
    "20,000 questions and nobody who reads the answers: closed with a reason, or the rest is not computed",
  round: async (arena) => {
    const socket = await RawSocket.open(arena.url);
    let asked = 0;
    return untilClosed(arena, socket, async () => {
      const id = "x".repeat(65);
      for (let sent = 0; sent < 1000; sent++) socket.send(`["REQ","${id}",{"kinds":[${asked++}]}]`);
      await Bun.sleep(1);
    });
  },
};

export const deafToStored: Attack = {
  name: "never reading, stored events",
  about:
    "300 subscriptions for everything stored, unread: their stored phase stands still, the relay does not",
  round: async (arena) => {
    const socket = await RawSocket.open(arena.url);
    socket.stopReading();
    for (let index = 0; index < 300; index++) socket.send(`["REQ","${index}",{"limit":300}]`);
    await Bun.sleep(200);
    socket.readAgain();
    const faults: string[] = [];
    try {
      const ends = socket.counter(/^\["(?:EOSE|CLOSED)"/);
      await socket.until(() => ends() === 300, "300 ends");
    } catch (error) {
      if (socket.closeCode !== 1008) faults.push(String(error));
    }
    socket.reset();
    return faults;
  },
};

export const deafToPongs: Attack = {
  name: "never reading, pongs",
  about: "100,000 pings and nobody who reads the pongs",
  round: async ({ url }) => {
    const socket = await RawSocket.open(url);
    socket.stopReading();
    const payload = new Uint8Array(125);
    for (let sent = 0; sent < 100_000; sent++) {
      socket.send(payload, OPCODE.ping);
      if (sent % 2000 === 0) await Bun.sleep(1);
    }
    socket.reset();
    return [];
  },
};
