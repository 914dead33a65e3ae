// The machine-readable prefixes of OK and CLOSED (NIP-01, NIP-42, NIP-77), and the refusal that carries one.

/** Every prefix this relay may send before a colon. Metric labels hang on these words: rename with care. */
export const REASON_PREFIXES = [
  "duplicate",
  "pow",
  "blocked",
  "rate-limited",
  "invalid",
  "restricted",
  "mute",
  "error",
  "auth-required",
  "unsupported",
] as const;

export type ReasonPrefix = (typeof REASON_PREFIXES)[number];

/** A refusal: which rule (prefix) and a sentence that says what to do about it. */
export interface Refusal {
  readonly prefix: ReasonPrefix;
  readonly text: string;
}

export function refuse(prefix: ReasonPrefix, text: string): Refusal {
  return { prefix, text };
}

/** The wire form, `prefix: text`. */
export function reasonText(refusal: Refusal): string {
  return `${refusal.prefix}: ${refusal.text}`;
}

/** Parsers answer either their value or a refusal; this tells them apart. */
export function isRefusal(value: object): value is Refusal {
  return "prefix" in value && "text" in value;
}
