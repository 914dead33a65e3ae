// What both command lines of the bench share: what comes of their words, and sizes as people write them.

export type Command<Options> =
  | { readonly verb: "run"; readonly options: Options }
  | { readonly verb: "print"; readonly text: string }
  | { readonly verb: "refuse"; readonly text: string };

export const SIZE_MIN = 1_000;

/** The events that "100k" or "1m" means; NaN for what is no such text, less than SIZE_MIN or more than `max`. */
export function sizeOf(text: string, max: number): number {
  const match = /^(\d+)([km]?)$/i.exec(text.trim());
  if (match === null) return Number.NaN;
  const size = Number(match[1]) * { "": 1, k: 1_000, m: 1_000_000 }[match[2]!.toLowerCase()]!;
  return size >= SIZE_MIN && size <= max ? size : Number.NaN;
}
