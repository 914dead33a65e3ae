// Bad input and floods: refused or bounded, while an honest client beside them gets every answer.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { prng, testSeed } from "../support/prng.ts";
import { residentBytesOf } from "../../scripts/bench/target/process-cost.ts";
import { ATTACKED_SETTINGS, liveHonestly, MEBIBYTE, runAttack, storeNotes } from "./attack.ts";
import { ATTACKS } from "./attacks/all.ts";
import { Author } from "./authors.ts";
import { Ground, type RelayProcess } from "./relay-process.ts";

const LONG_MS = process.env["LONG_TESTS"] === "1" ? 3000 : 0;
/** Far above what any of this needs, and far below what it would cost without bounds. */
const GROWTH_BYTES_MAX = 1500 * MEBIBYTE;
const seed = testSeed();
const random = prng(seed);

let ground: Ground;
let relay: RelayProcess;
let url: string;
let residentAtStart: number | undefined;

beforeAll(async () => {
  ground = new Ground();
  relay = ground.relay({ data: storeNotes(ground, 5000), settings: ATTACKED_SETTINGS });
  url = await relay.ready();
  residentAtStart = residentBytesOf(relay.pid);
});

afterAll(async () => ground.clear());

describe(`attacks (seed ${seed})`, () => {
  test.each(ATTACKS.map((attack) => [attack.name, attack] as const))(
    "%s",
    async (name, attack) => {
      const arena = {
        url,
        relay,
        random,
        enough: AbortSignal.timeout(LONG_MS),
        author: new Author(`attacker ${seed} ${name}`),
      };
      const over = new AbortController();
      const honest = liveHonestly(url, new Author(`honest ${seed} ${name}`), over.signal);
      const faults = await runAttack(attack, arena);
      over.abort();
      expect([...faults, ...(await honest).faults]).toEqual([]);
    },
    60_000,
  );

  test("afterwards: no warning, bounded memory, and a stop in good order", async () => {
    expect([...relay.warnings(), relay.err]).toEqual([""]);
    const resident = residentBytesOf(relay.pid);
    if (resident !== undefined && residentAtStart !== undefined) {
      expect(resident - residentAtStart).toBeLessThan(GROWTH_BYTES_MAX);
    }
    relay.signal("SIGTERM");
    expect((await relay.ended()).code).toBe(0);
  });
});
