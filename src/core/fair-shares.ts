/** What a backend's fair share depends on, of one that may get new sessions. */
interface Weighed {
  readonly weight: number;
  readonly backup: boolean;
}

/** The fair share of each of these, 0 to 1: by weight; a backup has none while another can serve. */
export function fairShares(usable: readonly Weighed[]): number[] {
  const onlyBackups = usable.every(({ backup }) => backup);
  const counts = usable.map(({ weight, backup }) => (backup && !onlyBackups ? 0 : weight));
  const total = counts.reduce((sum, weight) => sum + weight, 0);
  return counts.map((weight) => (total > 0 ? weight / total : 0));
}
