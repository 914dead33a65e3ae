// Where events come from: a file or standard input, unpacked by what it holds, not by its name.

import { closeSync, createReadStream, openSync, readSync, realpathSync, type Stats } from "node:fs";
import { PassThrough, type Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ZstdFrames } from "./zstd-frames.ts";

const READ_BYTES = 256 * 1024;
const HEAD_BYTES = 64 * 1024;

export type Packing = "none" | "gzip" | "zstd";

export interface EventSource {
  /** Unpacked bytes from `start` on. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Size of the file as it lies on disk; undefined for standard input. */
  readonly sizeBytes: number | undefined;
  /** Packed bytes read so far, which is what can be compared with sizeBytes. */
  readonly readBytes: () => number;
  /** Lets go of the input, also in the middle of a read. */
  readonly close: () => void;
}

/**
 * `startOf` answers the offset in the unpacked bytes to start from, for the identity of this file: its place and how it
 * begins, so that a file that has grown is still the same. Throws when the file cannot be read.
 */
export function fileSource(
  path: string,
  { size: sizeBytes }: Pick<Stats, "size">,
  startOf: (identity: string, sizeBytes: number, packing: Packing) => number,
): EventSource {
  const head = readHead(path);
  const packing = packingOf(head);
  const identity = Bun.SHA256.hash(`${realpathSync(path)}\n${Bun.SHA256.hash(head, "hex")}`, "hex");
  const start = startOf(identity, sizeBytes, packing);
  const skipped = packing === "none" ? start : 0;
  const file = createReadStream(path, { start: skipped, highWaterMark: READ_BYTES });
  const counted = countingStream(file);
  const unpacked = unpack(counted.stream, packing);
  return {
    bytes: packing === "none" ? unpacked : withoutFirst(unpacked, start),
    sizeBytes,
    readBytes: () => skipped + counted.count(),
    close: () => file.destroy(),
  };
}

/** Standard input, a named pipe, or any other stream. */
export async function streamSource(input: Readable): Promise<EventSource> {
  const counted = countingStream(input);
  const iterator = counted.stream[Symbol.asyncIterator]();
  const head = await firstBytes(iterator);
  const packing = packingOf(head);
  const whole = restOf(head, iterator);
  return {
    bytes: packing === "none" ? whole : unpack(whole, packing),
    sizeBytes: undefined,
    readBytes: counted.count,
    close: () => input.destroy(),
  };
}

/** A pipe may bring them one by one. */
async function firstBytes(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array();
  while (head.length < PACKING_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

function readHead(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    return buffer.subarray(0, readSync(file, buffer, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

/** How packed files begin: so many bytes tell. */
const PACKING_BYTES = 6;
const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];
/** pzstd notes the size of the first frame in one to be passed over. */
const PZSTD = [0x50, 0x2a, 0x4d, 0x18];
/** Other relays export these; the runtime cannot unpack them, but a pipe can. */
const UNREAD: readonly (readonly [unpacker: string, begin: readonly number[]])[] = [
  ["xz -dc", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["bzip2 -dc", [0x42, 0x5a, 0x68]],
  ["unzip -p", [0x50, 0x4b, 0x03, 0x04]],
];

function packingOf(head: Uint8Array): Packing {
  const begins = (begin: readonly number[]): boolean => begin.every((byte, at) => head[at] === byte);
  if (begins(GZIP)) return "gzip";
  if (begins(ZSTD) || begins(PZSTD)) return "zstd";
  const unpacker = UNREAD.find(([, start]) => begins(start))?.[0];
  if (unpacker === undefined) return "none";
  throw new Error(`this file is packed; unpack it on the way: ${unpacker} <file> | thermocline import`);
}

function countingStream(stream: AsyncIterable<Uint8Array>): {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly count: () => number;
} {
  let count = 0;
  async function* counting(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      count += chunk.length;
      yield chunk;
    }
  }
  return { stream: counting(), count: () => count };
}

async function* restOf(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return;
    yield next.value;
  }
}

function unpack(packed: AsyncIterable<Uint8Array>, packing: Packing): AsyncIterable<Uint8Array> {
  if (packing === "none") return packed;
  if (packing === "gzip") return unpackGzip(packed);
  return unpackZstd(packed);
}

async function* unpackGzip(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* unpackThrough(packed, createGunzip({ chunkSize: READ_BYTES }));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "Z_DATA_ERROR") throw error;
    // The runtime keeps to itself what it unpacked last.
    throw new Error(
      `the gzip data is damaged, or something else follows it (${message}); this imports all that can be unpacked: gzip -dc <file> | thermocline import`,
    );
  }
}

/** Gives all that could be unpacked, and only then tells what is wrong with the data. */
async function* unpackZstd(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames();
  async function* followed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of packed) {
      frames.follow(chunk);
      yield chunk;
    }
  }
  yield* unpackThrough(followed(), createZstdDecompress({ chunkSize: READ_BYTES }));
  if (frames.fault !== undefined) throw new Error(frames.fault);
}

async function* unpackThrough(
  packed: AsyncIterable<Uint8Array>,
  unpacking: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
): AsyncGenerator<Uint8Array> {
  // A fault of the source reaches the reader through the unpacker, which is destroyed with it.
  const { pipeline, Readable } = await import("node:stream");
  const output = new PassThrough({ highWaterMark: READ_BYTES });
  pipeline(Readable.from(packed), unpacking, output, () => {});
  for await (const chunk of output) yield chunk as Uint8Array;
}

async function* withoutFirst(bytes: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
