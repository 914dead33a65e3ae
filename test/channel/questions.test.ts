// Questions with a worker: each answer finds its asker, late ones nobody, and all are told when none will come.

import { expect, test } from "bun:test";
import { Questions } from "../../src/channel/questions.ts";

test("answers come in any order, each to who asked", async () => {
  const questions = new Questions<string>();
  const sent: number[] = [];
  const asked = [1, 2, 3].map(() => questions.ask((job) => sent.push(job)));
  expect(questions.depth).toBe(3);
  questions.answered(sent[1]!, "second");
  questions.answered(sent[1]!, "again");
  questions.answered(99, "to nobody");
  expect(await asked[1]).toBe("second");
  questions.answerAll("none");
  expect(await Promise.all(asked)).toEqual(["none", "second", "none"]);
  expect(questions.depth).toBe(0);
});
