/** So many of `count`, rounded down. A share such as 0.58 is a hair less than it says: 0.58 × 50 is 28.999…, and means 29. */
export function shareOf(count: number, share: number): number {
  return Math.floor(count * share + 1e-9);
}
