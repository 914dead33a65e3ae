// A thread steps behind alone: the others of the process keep their place.

import { expect, test } from "bun:test";
import { getPriority } from "node:os";
import { BACKGROUND_NICE, stepBehind } from "../../src/channel/background-thread.ts";

test.if(process.platform === "linux")("the thread that asks steps behind, and no other", async () => {
  const own = getPriority(0);
  const worker = new Worker(new URL("./stepping-worker.ts", import.meta.url).href);
  try {
    const [before, after] = await new Promise<number[]>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data as number[]);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
    expect(after).toBe(Math.max(before!, BACKGROUND_NICE));
    expect(getPriority(0)).toBe(own);
  } finally {
    worker.terminate();
  }
});

test("where niceness is the whole process's, nothing changes", () => {
  const own = getPriority(0);
  stepBehind(BACKGROUND_NICE, "darwin");
  expect(getPriority(0)).toBe(own);
});
