// A small relay with a planted fault: a fuzzer that does not find it would find nothing.

import { expectationOf } from "./expectation.ts";

export const PLANTED_FAULTS = [
  "two OKs",
  "no EOSE",
  "a lost COUNT",
  "no NOTICE",
  "a refusal without a reason",
  "a stranger's event",
  "an event that does not match",
  "a close",
] as const;

export type PlantedFault = (typeof PLANTED_FAULTS)[number];

/** Serves right answers, but for the fault; without one it is a relay that refuses everything properly. */
export function serveCanary(fault: PlantedFault | undefined): {
  readonly url: string;
  stop(): Promise<void>;
} {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("")),
    websocket: {
      message(socket, data) {
        const say = (...message: unknown[]): void => void socket.send(JSON.stringify(message));
        const expected = typeof data === "string" ? expectationOf(data) : { verbs: ["NOTICE"] };
        if (expected === undefined) return;
        const { id } = expected;
        switch (expected.verbs[0]) {
          case "OK":
            if (fault === "two OKs") say("OK", id, true, "");
            if (fault === "a close") return socket.close(4000, "planted");
            return say("OK", id, false, fault === "a refusal without a reason" ? "no" : "blocked: canary");
          case "EOSE":
            if (fault === "no EOSE" && id !== "the end") return;
            if (fault === "a stranger's event") say("EVENT", "stranger", {});
            if (fault === "an event that does not match") say("EVENT", id, { kind: -1, tags: [] });
            return say("EOSE", id);
          case "COUNT":
            return fault === "a lost COUNT" ? undefined : say("COUNT", id, { count: 0 });
          case "CLOSED":
            return say("CLOSED", id, "invalid: canary");
          case "NEG-MSG":
            return say("NEG-ERR", id, "unsupported: canary");
          default:
            return fault === "no NOTICE" ? undefined : say("NOTICE", "invalid: canary");
        }
      },
    },
  });
  return { url: `ws://127.0.0.1:${server.port}/`, stop: () => server.stop(true) };
}
