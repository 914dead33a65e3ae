// The same over OpenSearch, which chooses by numbers that stand in its documents.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { Ledger, LEDGER_FILE } from "../../src/cold/ledger.ts";
import type { TestClient } from "../support/client.ts";
import { HONEST, madeUpCrowd, OPERATOR } from "../support/made-up-crowd.ts";
import { describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { TestRelay } from "../support/test-relay.ts";

describeWithOpenSearch("made-up crowds in OpenSearch", (url) => {
  let relay: TestRelay;
  let client: TestClient;
  /** Another one each time: the same question would be answered from memory for seconds. */
  let since = 0;

  beforeAll(async () => {
    const stored = madeUpCrowd(Math.floor(Date.now() / 1000));
    const cold = { url, index_prefix: ownPrefix() };
    relay = await TestRelay.start({ stored, config: { relay: OPERATOR, search: { enabled: true }, cold } });
    client = await relay.connect();
    // Until then the relay's own index answers for what OpenSearch does not show.
    const ledger = new Ledger(join(relay.folder, LEDGER_FILE));
    while ((ledger.status()?.status.visibleSeq ?? 0) < stored.length) await Bun.sleep(100);
    ledger.close();
  }, 60_000);

  afterAll(() => relay.stop());

  for (const order of ["top", "hot", "rising", "controversial", "zaps"]) {
    test(`cat sort:${order} shows what people like first`, async () => {
      const first = async (): Promise<string | undefined> =>
        (await client.stored({ search: `cat sort:${order}`, kinds: [1], limit: 5, since: since++ }))[0]
          ?.content;
      while ((await first()) !== HONEST) await Bun.sleep(500);
      expect(await first()).toBe(HONEST);
    }, 60_000);
  }
});
