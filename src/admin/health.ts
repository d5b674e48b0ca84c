import type { Controls } from "./controls.ts";

/** What is wrong, a sentence each: pools that clients are sent to and that cannot serve them, and all ailments. */
export async function healthOf({
  overlay,
  plane,
  ailments,
}: Pick<Controls, "overlay" | "plane" | "ailments">): Promise<readonly string[]> {
  const used = new Set(overlay().file.listeners.map(({ pool }) => pool));
  const { pools } = await plane.sample({ pools: [...used], entry: null });
  const unable = pools.filter(({ usable }) => usable === 0);
  return [...unable.map(({ name }) => `the pool ${name} has no usable backend`), ...ailments()];
}
