// The order of answers and of versions: newest first, and at one second the lexically lowest id first (NIP-01).

export interface Dated {
  readonly created_at: number;
  readonly id: string;
}

/** For sort(): negative when `a` stands before `b` in an answer. */
export function compareNewestFirst(a: Dated, b: Dated): number {
  if (a.created_at !== b.created_at) return b.created_at - a.created_at;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Of two versions of one replaceable or addressable event, does `a` win over `b`? */
export function isNewerVersion(a: Dated, b: Dated): boolean {
  return compareNewestFirst(a, b) < 0;
}
