// Where zstd data is whole: at the ends of its frames and nowhere else, in whatever pieces it comes.

import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { ZstdFrames } from "../../../src/cli/importing/zstd-frames.ts";

const CUT = "unexpected end of file";

function faultOf(data: Uint8Array, pieceBytes: number): string | undefined {
  const frames = new ZstdFrames();
  for (let at = 0; at < data.length; at += pieceBytes) frames.follow(data.subarray(at, at + pieceBytes));
  return frames.fault;
}

/** By hand, as packers write it that do not know how much will come: a window instead of a size, one raw block. */
function openEnded(content: Uint8Array, hasChecksum: boolean): Uint8Array {
  const frame = Buffer.alloc(9);
  frame.writeUInt32LE(0xfd2fb528);
  frame[4] = hasChecksum ? 4 : 0;
  frame[5] = 0x58;
  frame.writeUIntLE(content.length * 8 + 1, 6, 3);
  const checksum = Buffer.alloc(hasChecksum ? 4 : 0);
  if (hasChecksum) checksum.writeUInt32LE(Number(Bun.hash.xxHash64(content) & 0xffff_ffffn));
  const whole = Buffer.concat([frame, content, checksum]);
  expect(Bun.zstdDecompressSync(whole)).toEqual(Buffer.from(content));
  return whole;
}

const SKIPPABLE_FRAME = Uint8Array.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

const FRAMES: readonly (readonly [string, Uint8Array])[] = [
  ["nothing", Bun.zstdCompressSync(new Uint8Array())],
  ["a short text", Bun.zstdCompressSync("short")],
  ["one byte, repeated", Bun.zstdCompressSync(new Uint8Array(3000))],
  ["what cannot be packed", Bun.zstdCompressSync(randomBytes(2000))],
  ["several blocks", Bun.zstdCompressSync(randomBytes(300_000))],
  ["of unknown size", openEnded(randomBytes(1000), false)],
  ["with a checksum", openEnded(randomBytes(1000), true)],
  ["to be passed over", SKIPPABLE_FRAME],
];

test.each(FRAMES)("%s: whole at its end alone", (_, frame) => {
  const step = Math.max(1, Math.floor(frame.length / 300));
  for (let end = 1; end < frame.length; end += step)
    expect(faultOf(frame.subarray(0, end), 64 * 1024)).toBe(CUT);
  expect(faultOf(frame.subarray(0, frame.length - 1), 64 * 1024)).toBe(CUT);
  for (const pieceBytes of [1, 7, frame.length]) expect(faultOf(frame, pieceBytes)).toBeUndefined();
});

test("frames in a row", () => {
  expect(faultOf(Buffer.concat(FRAMES.map(([, frame]) => frame)), 1000)).toBeUndefined();
});

test("what is no frame is told", () => {
  expect(faultOf(Buffer.concat([FRAMES[1]![1], Buffer.from("something else")]), 3)).toContain("not zstd");
});
