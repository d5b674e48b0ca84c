import type { Sample } from "../contract/sample.ts";
import type { Overlay } from "../control/overlay.ts";

/** What is wrong, a sentence each: pools that clients are sent to and that cannot serve them, and all ailments. */
export function healthOf(
  overlay: Overlay,
  { pools }: Sample,
  ailments: readonly string[],
): readonly string[] {
  const used = new Set(overlay.file.listeners.map(({ pool }) => pool));
  const unable = pools.filter(({ name, backends }) => used.has(name) && !backends.some(isUsable));
  return [...unable.map(({ name }) => `the pool ${name} has no usable backend`), ...ailments];
}

function isUsable({ state, operational, weight }: Sample["pools"][number]["backends"][number]): boolean {
  return state === "ready" && operational === "up" && weight > 0;
}
