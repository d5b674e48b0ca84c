/** The items with the lowest numbers, lowest first and at most `most`: many may be looked at, and few are kept meanwhile. */
export function leastOf<T>(items: Iterable<T>, most: number, numberOf: (item: T) => number): T[] {
  if (!(most > 0)) return [];
  const ascending = (one: T, other: T) => numberOf(one) - numberOf(other);
  const kept: T[] = [];
  let highest = Infinity;
  for (const item of items) {
    if (numberOf(item) > highest) continue;
    kept.push(item);
    if (kept.length < 2 * most) continue;
    kept.sort(ascending).length = Math.ceil(most);
    highest = numberOf(kept.at(-1) as T);
  }
  return kept.sort(ascending).slice(0, most);
}
