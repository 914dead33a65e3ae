// Cuts a stream of bytes into blocks of whole lines, with a bound on a line: memory never follows the input.

const NEWLINE = 0x0a;

export interface LineBlock {
  /** Whole lines, separated by line ends; the last one may stand without. Some may be empty. */
  readonly text: string;
  /** Number of the first line, from 1. */
  readonly firstLine: number;
  /** Offset in the input behind the last of these lines, and the number of that line. */
  readonly endOffset: number;
  readonly endLine: number;
  /** Lines before these that were longer than the bound and were dropped unread. */
  readonly dropped: number;
}

export interface LineBlockOptions {
  /** A block is handed out when it has at least this many bytes. */
  readonly blockBytes: number;
  /** A line that is longer than this, and than a block, is dropped instead of being held in memory. */
  readonly lineBytesMax: number;
  /** Offset and number of lines before the first byte of the input. */
  readonly startOffset: number;
  readonly startLine: number;
}

/**
 * The last line needs no line end. When the input fails, the whole lines before that still come, and then the error.
 * Memory: one block, one line and one chunk of the input.
 */
export async function* lineBlocks(
  input: AsyncIterable<Uint8Array>,
  options: LineBlockOptions,
): AsyncGenerator<LineBlock> {
  const cutter = new BlockCutter(options);
  try {
    for await (const chunk of input) {
      cutter.add(chunk);
      const block = cutter.takeWholeLines(options.blockBytes);
      if (block !== undefined) yield block;
    }
  } catch (error) {
    const block = cutter.takeWholeLines(0);
    if (block !== undefined) yield block;
    throw error;
  }
  const last = cutter.takeRest();
  if (last !== undefined) yield last;
}

class BlockCutter {
  private readonly options: LineBlockOptions;
  private readonly decoder = new TextDecoder();
  private chunks: Uint8Array[] = [];
  private held = 0;
  /** Inside a line that is too long to hold: everything up to its end is dropped. */
  private dropping = false;
  private dropped = 0;
  private offset: number;
  private line: number;

  constructor(options: LineBlockOptions) {
    this.options = options;
    this.offset = options.startOffset;
    this.line = options.startLine;
  }

  add(chunk: Uint8Array): void {
    const wanted = this.dropping ? this.afterDroppedLine(chunk) : chunk;
    if (wanted.length === 0) return;
    this.chunks.push(wanted);
    this.held += wanted.length;
  }

  /** Undefined while less than `leastBytes` is held, or no whole line. */
  takeWholeLines(leastBytes: number): LineBlock | undefined {
    if (this.held < leastBytes) return undefined;
    const bytes = this.joined();
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.hold(bytes.subarray(end));
    const block = end === 0 ? undefined : this.blockOf(bytes.subarray(0, end));
    const { blockBytes, lineBytesMax } = this.options;
    if (this.held > Math.max(blockBytes, lineBytesMax)) this.dropLine();
    return block;
  }

  /** What is left at the end of the input, also when it is only the news of a dropped line. */
  takeRest(): LineBlock | undefined {
    return this.held === 0 && this.dropped === 0 ? undefined : this.blockOf(this.joined());
  }

  private joined(): Uint8Array {
    return this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
  }

  private hold(rest: Uint8Array): void {
    this.chunks = rest.length === 0 ? [] : [rest];
    this.held = rest.length;
  }

  private blockOf(bytes: Uint8Array): LineBlock {
    const firstLine = this.line + 1;
    this.offset += bytes.length;
    this.line += countLines(bytes);
    const text = this.decoder.decode(bytes);
    const block = { text, firstLine, endOffset: this.offset, endLine: this.line, dropped: this.dropped };
    this.dropped = 0;
    return block;
  }

  private dropLine(): void {
    this.dropping = true;
    this.dropped++;
    this.line++;
    this.offset += this.held;
    this.hold(new Uint8Array());
  }

  private afterDroppedLine(chunk: Uint8Array): Uint8Array {
    const end = chunk.indexOf(NEWLINE);
    this.offset += end === -1 ? chunk.length : end + 1;
    if (end === -1) return new Uint8Array();
    this.dropping = false;
    return chunk.subarray(end + 1);
  }
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return bytes.length === 0 || bytes.at(-1) === NEWLINE ? count : count + 1;
}
