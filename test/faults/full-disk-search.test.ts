// The disk of the full-text index runs full: searches go on in what it has, and it catches up once there is room.

import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openHotStore } from "../../src/hot/hot-store.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { fulltextFor, writeAll } from "../support/fulltext-service.ts";
import { NOW, parsed } from "../support/fulltext-store.ts";
import { mountSmallDisk } from "./mounts.ts";
import { ownGrounds } from "./own-grounds.ts";

const MEBIBYTE = 1024 * 1024;
const ALICE = keypair(1).pubkey;
const newGround = ownGrounds();

test("searches go on while the index has no room, and it follows the log again after", async () => {
  const ground = newGround();
  const disk = mountSmallDisk(ground, "disk", 8 * MEBIBYTE);
  if (disk === undefined) return;
  const store = await openHotStore({ folder: ground.dir("store"), ownUrls: [], synchronous: "off" });
  const heldUp: string[] = [];
  const troubles: string[] = [];
  const service = fulltextFor(disk, store, {
    onProgress: () => {},
    onTrouble: (reason) => troubles.push(reason),
    onHeldUp: (reason) => heldUp.push(reason),
  });
  store.onCommitted(({ stored }) => service.committed(stored.length));
  const found = async (search: string): Promise<number> => {
    const task = {
      limit: 10,
      pageSize: 10,
      upToSeq: Number.MAX_SAFE_INTEGER,
      nowSeconds: NOW,
      budgetMs: 5000,
    };
    const answer = await service.search({ query: parsed(search), filter: { tags: [] }, ...task });
    if (isRefusal(answer)) throw new Error(answer.text);
    return answer.hits.length;
  };
  const caughtUp = async (): Promise<void> => {
    while (service.cursor < store.lastSeq) await Bun.sleep(10);
  };

  try {
    await writeAll(store, [unsignedEvent(ALICE, { content: "before the flood" })]);
    await caughtUp();
    const ballast = join(disk, "ballast");
    expect(() => writeFileSync(ballast, new Uint8Array(16 * MEBIBYTE))).toThrow(/ENOSPC|no space/i);
    const words = (from: number): string =>
      Array.from({ length: 400 }, (_, at) => `w${(from * 400 + at) * 7919}`).join(" ");
    await writeAll(
      store,
      Array.from({ length: 300 }, (_, at) => unsignedEvent(ALICE, { content: `flood ${words(at)}` })),
    );
    while (heldUp.length === 0) await Bun.sleep(10);
    expect(heldUp[0]).toMatch(/the disk is full, .*fulltext\.db cannot grow: free some space/);
    for (let round = 0; round < 4; round++) {
      expect(await found("before")).toBe(1);
      // What the index lacks is looked through in the log.
      expect(await found("flood")).toBe(10);
      await Bun.sleep(300);
    }
    rmSync(ballast);
    await caughtUp();
    expect(await found("flood -before")).toBe(10);
    expect(await found(`w${299 * 400 * 7919}`)).toBe(1);
    expect({ heldUp: heldUp.length, troubles }).toEqual({ heldUp: 1, troubles: [] });
  } finally {
    await service.stop();
    await store.stop();
  }
}, 60_000);
