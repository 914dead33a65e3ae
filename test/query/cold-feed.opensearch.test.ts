// The whole way: events written to the hot store reach a real node through the worker, and the log is kept until then.

import { expect, test } from "bun:test";
import type { ColdStatus } from "../../src/cold/contract.ts";
import { COLD_FOLLOWER } from "../../src/hot/follower.ts";
import { openHotStore } from "../../src/hot/hot-store.ts";
import { ColdFeed } from "../../src/query/cold-feed.ts";
import { eventLogOf } from "../../src/query/event-log.ts";
import { hexOf, note } from "../support/cold-events.ts";
import { unsignedEvent, verified } from "../support/events.ts";
import { coldBench, describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();

describeWithOpenSearch("the cold feed", (url) => {
  test("follows the hot store, reconciles, and stops in good order", async () => {
    const data = folder();
    const prefix = ownPrefix();
    const hot = await openHotStore({ folder: data, ownUrls: [], synchronous: "off", tickMs: 20 });
    const put = (event: Parameters<typeof verified>[0]): Promise<string> =>
      new Promise((resolve) => hot.write(verified(event), (outcome) => resolve(outcome.type)));
    const states: ColdStatus["state"][] = [];
    const told: number[] = [];
    const start = (): ColdFeed =>
      new ColdFeed({
        folder: data,
        path: hot.path,
        tagSeed: hot.tagSeed,
        address: { url },
        layout: { prefix, bucket: "all", codec: "default", shards: 1, replicas: 0 },
        bulkBytes: 2 ** 20,
        bulkEvents: 100,
        mayEvict: false,
        detect: { languages: false, sentiments: false },
        signatures: { choice: "auto" },
        seeds: [],
        onProgress: (cursor) => {
          told.push(cursor);
          void hot.moveFollower(COLD_FOLLOWER, cursor);
        },
        onState: (status) => states.push(status.state),
        onTrouble: (reason) => {
          throw new Error(reason);
        },
      });
    const kept = note("alice", "kept");
    const gone = note("alice", "gone");
    for (const event of [kept, gone]) expect(await put(event)).toBe("stored");
    let feed = start();
    hot.onCommitted(() => feed.committed());
    expect(await put(unsignedEvent(hexOf("alice"), { kind: 5, tags: [["e", gone.id]] }).event)).toBe(
      "stored",
    );
    const level = async (): Promise<void> => {
      while (feed.status?.state !== "up" || feed.status.cursor < hot.reader.lastSeq()) await Bun.sleep(10);
    };
    await level();
    expect(feed.evictableSeq).toBeLessThanOrEqual(feed.status!.cursor);
    expect(told.at(-1)).toBeLessThanOrEqual(hot.reader.lastSeq());
    await feed.stop();

    expect(await put(note("bob", "while nobody followed"))).toBe("stored");
    feed = start();
    await level();
    feed.request("reconcile");
    while (feed.status?.job?.state !== "done") await Bun.sleep(10);
    expect(feed.status.job.message).toContain("agree");
    const { reader, clients, stop } = coldBench({ url, prefix, log: eventLogOf(hot.reader) });
    await clients.write.indices.refresh({ index: prefix });
    const found = await reader.page(
      { kinds: [1], tags: [] },
      { limit: 10, want: "raw", nowSeconds: 1_700_000_000 },
    );
    if (found.type !== "answered") throw new Error(found.reason);
    const contents = found.value.hits.map((hit) => (JSON.parse(hit.raw!) as { content: string }).content);
    expect(contents.sort()).toEqual(["kept", "while nobody followed"]);
    await feed.stop();
    await stop();
    await hot.stop();
  }, 60_000);
});
