// Indexes of a real node that were set back to an older copy: what they lack is written again.

import { expect, test } from "bun:test";
import { systemClock } from "../../src/cold/clock.ts";
import { seqsBetween } from "../../src/cold/document-scan.ts";
import { note } from "../support/cold-events.ts";
import { MemoryLog } from "../support/memory-log.ts";
import { coldBench, describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";

describeWithOpenSearch("indexes that were set back", (url) => {
  test("get back what they lack, also where the relay has gone on meanwhile", async () => {
    const prefix = ownPrefix();
    const log = new MemoryLog();
    const write = (count: number): void => {
      for (let n = 0; n < count; n++) log.store(note("author", `note ${log.lastSeq()}`));
    };
    let aheadMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const bench = coldBench({ url, prefix, log, parts: { clock } });
    const shown = async (): Promise<number[]> =>
      (await seqsBetween(bench.clients.read, `${prefix}-*`, 0, log.lastSeq())).map(({ seq }) => seq);
    write(20);
    bench.start();
    await bench.level();
    while (bench.ledger.sentinels() === undefined) {
      aheadMs += 60_000;
      await Bun.sleep(50);
    }
    // As an older snapshot would, it leaves names and uuids as they were.
    await fetch(`${url}/${prefix}-*/_delete_by_query?refresh=true`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: { range: { seq: { gt: 9 } } } }),
    });
    write(1);
    await bench.level();
    expect(await shown()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 21]);
    aheadMs += 60_000;
    while ((await shown()).length < 21) await Bun.sleep(50);
    await bench.stop();
  });
});
