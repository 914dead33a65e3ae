// Fan-out: one publisher, many subscribers, by a shared subscription id and by filters of everyone's own.

import { FRESH_AUTHORS } from "../corpus/fresh.ts";
import { runAudience } from "../load/audience.ts";
import { cpuReader } from "../target/target.ts";
import type { Row, Stage, Workload } from "./workload.ts";

/** Events on their way at once: enough to keep both sides busy, far below anybody's send buffer. */
const EVENTS_IN_FLIGHT = 32;
const EVENTS_IN_FLIGHT_OF_MANY = 16;
const MANY = 1_000;
/** Events for one second at two million deliveries. */
const DELIVERIES_PER_SECOND = 2_000_000;
const HOT_AUTHORS = 10;

export const fanOut: Workload = {
  name: "fan-out",
  about: "live deliveries a second to many subscribers: one id with kinds only, and own ids with own authors",
  needs: "socket",
  run: async (stage) => {
    const rows: Row[] = [];
    for (const subscribers of stage.scale.subscribers) {
      rows.push(await audienceRow(stage, "one id", subscribers, sharedSubscription));
      rows.push(await audienceRow(stage, "own ids", subscribers, ownSubscription(stage)));
    }
    return rows;
  },
};

type Subscription = (index: number) => { readonly id: string; readonly filters: readonly object[] };

/** What most clients of one app send: the same id, kinds and nothing else. */
const sharedSubscription: Subscription = () => ({ id: "feed", filters: [{ kinds: [1], limit: 1 }] });

/** Ten authors that everyone follows, who write, and ten of everyone's own, who are silent. */
function ownSubscription({ fresh }: Stage): Subscription {
  const hot = fresh.people.slice(0, HOT_AUTHORS).map(({ pubkey }) => pubkey);
  const silent = FRESH_AUTHORS - HOT_AUTHORS;
  return (index) => {
    const own = hot.map(
      (_, place) => fresh.people[HOT_AUTHORS + ((index * 7 + place * 31) % silent)]!.pubkey,
    );
    return { id: `own-${index}`, filters: [{ authors: [...hot, ...new Set(own)], kinds: [1], limit: 1 }] };
  };
}

async function audienceRow(
  stage: Stage,
  name: string,
  subscribers: number,
  subscription: Subscription,
): Promise<Row> {
  const { phases } = stage.scale;
  const seconds = (phases.warmUpMs + phases.windows * phases.windowMs) / 1_000;
  const events = Math.ceil((seconds * DELIVERIES_PER_SECOND) / subscribers) + 2;
  const result = await runAudience({
    ...phases,
    endpoint: stage.target.endpoint,
    subscribers,
    subscription,
    events: Array.from({ length: events }, (_, index) => stage.fresh.short(index % HOT_AUTHORS).json),
    eventsInFlight: subscribers > MANY ? EVENTS_IN_FLIGHT_OF_MANY : EVENTS_IN_FLIGHT,
    relayCpu: cpuReader(stage.target),
  });
  const empty = result.rates.length === 0 && result.faults.length === 0;
  return {
    name: `fan-out ${subscribers} ${name}`,
    load: `1→${subscribers}`,
    rate: result.rate,
    rates: result.rates,
    unit: "deliveries/s",
    latency: result.latency,
    cost: result.cost,
    faults: empty ? ["no window was finished"] : result.faults,
    ...(result.ranDry ? { note: "ended early: no more fresh events" } : {}),
  };
}
