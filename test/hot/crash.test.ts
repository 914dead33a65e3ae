// Whatever is killed, what was acknowledged is there afterwards and the file is sound.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { checkIntegrity } from "../../src/hot/maintenance.ts";
import { createReader } from "../../src/hot/reader.ts";
import { readTagSeed } from "../../src/hot/migrate.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const KILLS = 3;
const LINES_BEFORE_KILL = 400;

/** Starts a writer, kills it in the middle of its work, and answers the ids that it had seen acknowledged. */
async function killMidway(data: string, author: string): Promise<string[]> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "crash-writer.ts"), data, author], {
    stdout: "pipe",
    stderr: "ignore",
  });
  let text = "";
  try {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > LINES_BEFORE_KILL * 65) child.kill("SIGKILL");
    }
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
  // The last line may have been cut.
  return text.slice(0, text.lastIndexOf("\n")).split("\n");
}

test("killed in the middle of its work, the store loses nothing it acknowledged", async () => {
  const data = folder();
  const path = join(data, DATABASE_FILE);
  const acknowledged: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    acknowledged.push(...(await killMidway(data, `${kill}`.repeat(64))));
    const database = openDatabase(path);
    expect(checkIntegrity(database, true)).toEqual([]);
    const reader = createReader(path, { tagSeed: readTagSeed(database) });
    expect(acknowledged.filter((id) => !reader.has(id))).toEqual([]);
    reader.close();
    database.close();
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS * LINES_BEFORE_KILL);
});
