// Follows the frames of zstd data (RFC 8878, section 3.1): the runtime's unpacker takes data that breaks off for whole.

const FRAME = 0xfd2fb528;
/** Frames of sixteen numbers hold what unpackers pass over. */
const SKIPPABLE = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;

const MAGIC_BYTES = 4;
const SIZE_BYTES = 4;
const CHECKSUM_BYTES = 4;
const BLOCK_HEAD_BYTES = 3;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
/** A block of this type is one byte, repeated. */
const RUN_BLOCK = 1;

export class ZstdFrames {
  private readonly steps = this.frames();
  /** Bytes of this step: how many there are, how many have come, and the first four of them as a number. */
  private stepBytes = this.steps.next(0).value;
  private comeBytes = 0;
  private value = 0;
  private isBetween = true;
  private hasOther = false;

  /** Undefined when what has come ends where a frame ends. */
  get fault(): string | undefined {
    if (this.hasOther) return "something that is not zstd follows the packed data";
    return this.isBetween && this.comeBytes === 0 ? undefined : "unexpected end of file";
  }

  follow(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const end = Math.min(chunk.length, at + this.stepBytes - this.comeBytes);
      for (let i = at; i < end && this.comeBytes + i - at < SIZE_BYTES; i++) {
        this.value += chunk[i]! * 256 ** (this.comeBytes + i - at);
      }
      this.comeBytes += end - at;
      at = end;
      if (this.comeBytes === this.stepBytes) this.goOn();
    }
  }

  private goOn(): void {
    const { value } = this;
    this.comeBytes = 0;
    this.value = 0;
    do this.stepBytes = this.steps.next(value).value;
    while (this.stepBytes === 0);
  }

  /** Yields how many bytes the next part has, and is given their number. */
  private *frames(): Generator<number, never, number> {
    for (;;) {
      this.isBetween = true;
      const magic = yield MAGIC_BYTES;
      this.isBetween = false;
      if ((magic & SKIPPABLE_MASK) === SKIPPABLE) yield yield SIZE_BYTES;
      else if (magic === FRAME) yield* this.frame();
      else {
        this.hasOther = true;
        yield Number.POSITIVE_INFINITY;
      }
    }
  }

  private *frame(): Generator<number, void, number> {
    const descriptor = yield 1;
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const sizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6]!;
    yield DICTIONARY_BYTES[descriptor & 3]! + (isSingleSegment ? Math.max(1, sizeBytes) : 1 + sizeBytes);
    for (let isLast = false; !isLast;) {
      const head = yield BLOCK_HEAD_BYTES;
      isLast = (head & 1) === 1;
      yield ((head >> 1) & 3) === RUN_BLOCK ? 1 : head >> 3;
    }
    if ((descriptor & 0x04) !== 0) yield CHECKSUM_BYTES;
  }
}
