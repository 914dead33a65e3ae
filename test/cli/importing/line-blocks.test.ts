// Blocks of lines against the plain meaning of split("\n"), with random cuts, and with lines that are too long.

import { expect, test } from "bun:test";
import { type LineBlock, lineBlocks } from "../../../src/cli/importing/line-blocks.ts";
import { prng, testSeed } from "../../support/prng.ts";

async function* inPieces(bytes: Uint8Array, size: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + size());
    yield bytes.slice(at, end);
    at = end;
  }
}

async function blocksOf(
  text: string,
  size: () => number,
  blockBytes: number,
  lineBytesMax = 10_000,
): Promise<LineBlock[]> {
  const options = { blockBytes, lineBytesMax, startOffset: 0, startLine: 0 };
  return Array.fromAsync(lineBlocks(inPieces(new TextEncoder().encode(text), size), options));
}

const seed = testSeed();
test(`random texts in random pieces come out whole, numbered and with right offsets (seed ${seed})`, async () => {
  const random = prng(seed);
  const below = (count: number): number => Math.floor(random() * count);
  for (let round = 0; round < 300; round++) {
    const lines = Array.from({ length: below(30) }, () => "aé😀\r ".repeat(below(6)).slice(0, below(20)));
    const text = lines.join("\n") + (random() < 0.5 ? "\n" : "");
    // Slicing may cut a surrogate pair; what UTF-8 makes of it is what comes back.
    const clean = new TextDecoder().decode(new TextEncoder().encode(text));
    const blocks = await blocksOf(text, () => 1 + below(12), 1 + below(40));
    expect(blocks.map((block) => block.text).join("")).toBe(clean);
    let offset = 0;
    let line = 0;
    for (const block of blocks) {
      expect(block.firstLine).toBe(line + 1);
      offset += Buffer.byteLength(block.text);
      line += block.text.split("\n").length - (block.text.endsWith("\n") ? 1 : 0);
      expect([block.endOffset, block.endLine, block.dropped]).toEqual([offset, line, 0]);
    }
  }
});

test("every block but the last ends with a line, so that resuming there is safe", async () => {
  const blocks = await blocksOf("one\ntwo\nthree\nfour", () => 3, 5);
  expect(blocks.map((block) => block.text)).toEqual(["one\n", "two\n", "three\n", "four"]);
});

test("a line that is too long to hold is dropped, counted and numbered", async () => {
  const text = `first\n${"x".repeat(500)}\nthird\n${"y".repeat(500)}`;
  const blocks = await blocksOf(text, () => 7, 20, 50);
  expect(blocks.map((block) => block.text).join("")).toBe("first\nthird\n");
  expect(blocks.reduce((sum, block) => sum + block.dropped, 0)).toBe(2);
  const third = blocks.find((block) => block.text.includes("third"));
  expect(third?.firstLine).toBe(3);
  expect(blocks.at(-1)).toMatchObject({ endLine: 4, endOffset: text.length });
});

test("when the input fails, the whole lines before that still come", async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode("one\ntwo\nthr");
    throw new Error("unplugged");
  }
  const blocks: string[] = [];
  const options = { blockBytes: 1000, lineBytesMax: 1000, startOffset: 0, startLine: 0 };
  const read = (async () => {
    for await (const block of lineBlocks(failing(), options)) blocks.push(block.text);
  })();
  expect(read).rejects.toThrow("unplugged");
  await read.catch(() => {});
  expect(blocks).toEqual(["one\ntwo\n"]);
});

test("a resumed input goes on counting", async () => {
  const input = inPieces(new TextEncoder().encode("c\nd\n"), () => 4);
  const options = { blockBytes: 1, lineBytesMax: 10, startOffset: 40, startLine: 2 };
  const [block] = await Array.fromAsync(lineBlocks(input, options));
  expect(block).toMatchObject({ firstLine: 3, endLine: 4, endOffset: 44 });
});
