// Recognises what a relay says from the first bytes of a message, without parsing its JSON.

/** What a message is. `mark` carries the first character of the subscription id, or 1/0 for OK. */
export const SAID = {
  other: 0,
  event: 1,
  eose: 2,
  ok: 3,
  closed: 4,
  notice: 5,
  count: 6,
  auth: 7,
} as const;

export type Said = (typeof SAID)[keyof typeof SAID];

/** So much of a payload is enough to recognise it, and to read all of an OK's verdict or a COUNT's number. */
export const RECOGNISED_WITHIN = 160;

const QUOTE = 0x22;
const SPACE = 0x20;
const COMMA = 0x2c;
const LOWER_T = 0x74;

/**
 * Recognises the payload at buffer[start, end), of which at least the first RECOGNISED_WITHIN bytes (or all) are there.
 * Answers kind | mark << 8.
 */
export function recognise(buffer: Uint8Array, start: number, end: number): number {
  const label = labelAt(buffer, start);
  if (label === SAID.other || label === SAID.notice || label === SAID.auth) return label;
  let at = start + LABEL_END[label]!;
  while (at < end && (buffer[at] === SPACE || buffer[at] === COMMA)) at++;
  if (buffer[at] !== QUOTE) return SAID.other;
  const mark = label === SAID.ok ? verdictAfter(buffer, at, end) : buffer[at + 1]!;
  return label | (mark << 8);
}

/** Where the label's closing quote is behind us, counted from the opening bracket. */
const LABEL_END: readonly number[] = [0, 8, 7, 5, 9, 9, 8, 7];

function labelAt(buffer: Uint8Array, start: number): Said {
  if (buffer[start] !== 0x5b || buffer[start + 1] !== QUOTE) return SAID.other;
  const second = buffer[start + 3];
  switch (buffer[start + 2]) {
    case 0x45: // E
      return second === 0x56 ? SAID.event : second === 0x4f ? SAID.eose : SAID.other;
    case 0x4f: // O
      return SAID.ok;
    case 0x43: // C
      return second === 0x4c ? SAID.closed : second === 0x4f ? SAID.count : SAID.other;
    case 0x4e: // N
      return SAID.notice;
    case 0x41: // A
      return SAID.auth;
    default:
      return SAID.other;
  }
}

function verdictAfter(buffer: Uint8Array, quote: number, end: number): number {
  let at = quote + 1;
  while (at < end && buffer[at] !== QUOTE) at++;
  at++;
  while (at < end && (buffer[at] === SPACE || buffer[at] === COMMA)) at++;
  return buffer[at] === LOWER_T ? 1 : 0;
}

/** The number of a COUNT reply at buffer[start, end), or -1. */
export function countIn(buffer: Uint8Array, start: number, end: number): number {
  const match = /"count":\s*(\d+)/.exec(new TextDecoder().decode(buffer.subarray(start, end)));
  return match === null ? -1 : Number(match[1]);
}
