// Orders by what people did, through the relay, against three hundred notes with crowds and sums that somebody made up.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TestClient } from "../support/client.ts";
import { HONEST, madeUpCrowd, OPERATOR } from "../support/made-up-crowd.ts";
import { TestRelay } from "../support/test-relay.ts";

let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  const stored = madeUpCrowd(Math.floor(Date.now() / 1000));
  relay = await TestRelay.start({ stored, config: { relay: OPERATOR, search: { enabled: true } } });
  client = await relay.connect();
});

afterAll(() => relay.stop());

/** Each time with another `since`: the same question would be answered from memory for seconds. */
let since = 0;
const first = async (search: string): Promise<string | undefined> =>
  (await client.stored({ search, kinds: [1], limit: 5, since: since++ }))[0]?.content;

async function untilFirst(search: string, wanted: string): Promise<void> {
  let found: string | undefined;
  for (const patienceEnds = Date.now() + 15_000; found !== wanted; await Bun.sleep(200)) {
    found = await first(search);
    // What is there instead, and what the relay said meanwhile, tell why.
    if (Date.now() > patienceEnds)
      expect({ found, warnings: relay.warnings }).toEqual({ found: wanted, warnings: [] });
  }
}

for (const order of ["top", "hot", "rising", "controversial", "zaps"]) {
  for (const words of ["cat ", ""]) {
    test(`${words}sort:${order} shows what people like first, once the relay has looked at who did what`, async () => {
      const search = `${words}sort:${order}`;
      await untilFirst(search, HONEST);
      expect(await first(search)).toBe(HONEST);
    }, 20_000);
  }
}
