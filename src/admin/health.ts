/** What is wrong, a sentence each: pools that clients are sent to and that have no usable backend, and all ailments. */
export function healthOf(
  used: Iterable<string>,
  pools: readonly { readonly name: string; readonly usable: number }[],
  ailments: readonly string[],
): readonly string[] {
  const names = new Set(used);
  const unable = pools.filter(({ name, usable }) => names.has(name) && usable === 0);
  return [...unable.map(({ name }) => `the pool ${name} has no usable backend`), ...ailments];
}
