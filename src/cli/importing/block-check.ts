// Checks a block of lines whole: shape, id and signature of each event, and packs what the writer may take.

import { packSigned } from "../../ffi/batch-slab.ts";
import { type SchnorrBackend, SIGNED_BYTES } from "../../ffi/contract.ts";
import { type PackedBatch, packBatch } from "../../hot/batch-codec.ts";
import { asVerified, type ParsedEvent, type VerifiedEvent } from "../../nostr/event.ts";
import { readEventLine } from "./event-line.ts";
import type { Fate } from "./tally.ts";

export interface BlockToCheck {
  readonly text: string;
  readonly firstLine: number;
  readonly nowSeconds: number;
}

/** Plain data, so that it crosses threads. */
export interface CheckedBlock {
  readonly batch: PackedBatch;
  readonly skipped: readonly { readonly fate: Fate; readonly count: number }[];
  readonly invalid: readonly { readonly reason: string; readonly count: number; readonly line: number }[];
}

export interface BlockCheckOptions {
  /** Undefined: signatures are not looked at. */
  readonly backend: SchnorrBackend | undefined;
  readonly tagSeed: bigint;
  readonly lineBytesMax: number;
  /** Does this relay take protected events from here, as it has once taken them from their authors? */
  readonly takesProtected: boolean;
}

/** What one block comes to, while it is being read. */
class BlockTally {
  readonly events: { readonly parsed: ParsedEvent; readonly line: number }[] = [];
  readonly skipped = new Map<Fate, number>();
  readonly invalid = new Map<string, { count: number; line: number }>();

  skip(fate: Fate): void {
    this.skipped.set(fate, (this.skipped.get(fate) ?? 0) + 1);
  }

  refuse(reason: string, line: number): void {
    const known = this.invalid.get(reason);
    if (known === undefined) this.invalid.set(reason, { count: 1, line });
    else known.count++;
  }
}

export function checkBlock(block: BlockToCheck, options: BlockCheckOptions): CheckedBlock {
  const tally = new BlockTally();
  readLines(block, options, tally);
  const verified = verify(tally, options.backend);
  return {
    batch: packBatch(verified, options.tagSeed),
    skipped: [...tally.skipped].map(([fate, count]) => ({ fate, count })),
    invalid: [...tally.invalid].map(([reason, { count, line }]) => ({ reason, count, line })),
  };
}

function readLines(
  block: BlockToCheck,
  { lineBytesMax, takesProtected }: BlockCheckOptions,
  tally: BlockTally,
): void {
  let line = block.firstLine - 1;
  for (const text of block.text.split("\n")) {
    line++;
    if (text === "" || text === "\r") continue;
    if (isTooLong(text, lineBytesMax)) {
      tally.refuse(tooLongReason(lineBytesMax), line);
      continue;
    }
    const read = readEventLine(text, block.nowSeconds, takesProtected);
    if (read.type === "event") tally.events.push({ parsed: read.parsed, line });
    else if (read.type === "skip") tally.skip(read.fate);
    else tally.refuse(read.reason, line);
  }
}

export function tooLongReason(lineBytesMax: number): string {
  return `longer than ${lineBytesMax} bytes (limits.max_message_length)`;
}

/** One UTF-16 unit is at most three bytes of UTF-8, so most lines need no counting. */
function isTooLong(text: string, lineBytesMax: number): boolean {
  return text.length * 3 > lineBytesMax && Buffer.byteLength(text) > lineBytesMax;
}

function verify(tally: BlockTally, backend: SchnorrBackend | undefined): VerifiedEvent[] {
  const { events } = tally;
  if (backend === undefined) return events.map(({ parsed }) => asVerified(parsed));
  const packed = Buffer.alloc(events.length * SIGNED_BYTES);
  const results = new Uint8Array(events.length);
  for (let i = 0; i < events.length; i++) packSigned(packed, i, events[i]!.parsed.event);
  backend.verifyPacked(packed, events.length, results);
  const verified: VerifiedEvent[] = [];
  for (let i = 0; i < events.length; i++) {
    const { parsed, line } = events[i]!;
    if (results[i] === 1) verified.push(asVerified(parsed));
    else tally.refuse("signature does not verify", line);
  }
  return verified;
}
