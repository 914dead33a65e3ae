// Two ranked lists as one: by turns the best of each that is not there yet.

export function inTurns<T>(first: readonly T[], second: readonly T[], max: number): T[] {
  const chosen = new Set<T>();
  for (let at = 0; at < Math.max(first.length, second.length); at++) {
    for (const list of [first, second]) {
      if (chosen.size >= max) return [...chosen];
      if (at < list.length) chosen.add(list[at]!);
    }
  }
  return [...chosen];
}
