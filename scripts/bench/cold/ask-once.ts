// One REQ or COUNT over a connection of its own, and everything that was said to it.

export interface Answer {
  readonly events: readonly unknown[];
  /** Why it was refused or broken off; undefined after EOSE. */
  readonly closed: string | undefined;
  readonly ms: number;
}

const TIMEOUT_MS = 20_000;

export async function askOnce(url: string, filter: object): Promise<Answer> {
  const events: unknown[] = [];
  const { closed, ms } = await converse(url, ["REQ", "once", filter], (verb, payload) => {
    if (verb === "EVENT") events.push(payload);
    return verb === "EOSE";
  });
  return { events, closed, ms };
}

/** How many events the relay counts; undefined where it refuses to. */
export async function countOnce(url: string, filter: object): Promise<number | undefined> {
  let count: number | undefined;
  await converse(url, ["COUNT", "once", filter], (verb, payload) => {
    if (verb !== "COUNT") return false;
    ({ count } = payload as { count: number });
    return true;
  });
  return count;
}

/** Says one thing and listens until `hear` has heard the end, a CLOSED comes or the time is up. */
async function converse(
  url: string,
  message: readonly unknown[],
  hear: (verb: unknown, payload: unknown) => boolean,
): Promise<{ closed: string | undefined; ms: number }> {
  const socket = new WebSocket(url);
  let started = performance.now();
  const closed = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(`no answer within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
    const end = (reason: string | undefined): void => {
      clearTimeout(timer);
      resolve(reason);
    };
    socket.onopen = () => {
      started = performance.now();
      socket.send(JSON.stringify(message));
    };
    socket.onmessage = ({ data }) => {
      const [verb, , payload] = JSON.parse(String(data)) as unknown[];
      if (verb === "CLOSED") end(String(payload));
      else if (hear(verb, payload)) end(undefined);
    };
    socket.onclose = ({ code, reason }) => end(`closed with ${code} ${reason}`);
  });
  const ms = performance.now() - started;
  socket.close();
  return { closed, ms };
}
