// How much memory a hit takes while it is kept: the number that bounds the tail and the cache.

/** The hit object, its string's header, and its places in maps or columns. */
const OVERHEAD_BYTES = 200;

/** Bytes of memory for one kept hit. JavaScript keeps a text with any character beyond Latin-1 at two bytes each. */
export function hitBytes(json: string): number {
  const perCharacter = Buffer.byteLength(json) === json.length ? 1 : 2;
  return json.length * perCharacter + OVERHEAD_BYTES;
}
