// A ground for each test of a file, so that tests which start processes, which is mostly waiting, run side by side.

import { afterAll } from "bun:test";
import { Ground } from "./relay-process.ts";

/** Call at the top level of a test file; all grounds are cleared when it ends. */
export function ownGrounds(): () => Ground {
  const grounds: Ground[] = [];
  afterAll(async () => {
    await Promise.all(grounds.map((ground) => ground.clear()));
  });
  return () => {
    const ground = new Ground();
    grounds.push(ground);
    return ground;
  };
}
