// One REQ over a connection of its own, and everything that was said to it.

export interface Answer {
  readonly events: readonly unknown[];
  /** Why it was refused or broken off; undefined after EOSE. */
  readonly closed: string | undefined;
  readonly ms: number;
}

const TIMEOUT_MS = 20_000;

export async function askOnce(url: string, filter: object): Promise<Answer> {
  const socket = new WebSocket(url);
  const events: unknown[] = [];
  let started = performance.now();
  const closed = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(`no EOSE within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
    const end = (reason: string | undefined): void => {
      clearTimeout(timer);
      resolve(reason);
    };
    socket.onopen = () => {
      started = performance.now();
      socket.send(JSON.stringify(["REQ", "once", filter]));
    };
    socket.onmessage = ({ data }) => {
      const [verb, , payload] = JSON.parse(String(data)) as unknown[];
      if (verb === "EVENT") events.push(payload);
      else if (verb === "EOSE") end(undefined);
      else if (verb === "CLOSED") end(String(payload));
    };
    socket.onclose = ({ code, reason }) => end(`closed with ${code} ${reason}`);
  });
  const ms = performance.now() - started;
  socket.close();
  return { events, closed, ms };
}
