import { escaped } from "../../config/shown.ts";
import { rateText, sessionsText } from "./figures.ts";
import type { Line } from "./line.ts";
import { added, type ListenerNumbers, together } from "./numbers.ts";

/** A line for each of the first `most` listeners, and one for all others together. */
export function listenerLines(listeners: readonly ListenerNumbers[], most: number): Line[] {
  const lines = listeners.slice(0, most).map(listenerLine);
  const others = listeners.slice(most);
  if (others.length === 0) return lines;
  const active = added(others.map(({ listener }) => listener.active));
  return [
    ...lines,
    [[`and ${others.length} more: ${sessionsText(active)}, ${rateText(together(others))}/s`]],
  ];
}

function listenerLine({ listener, perSec, failed, failedPerSec }: ListenerNumbers): Line {
  const { name, address, leaving, active } = listener;
  const place = name === address ? escaped(name) : `${escaped(name)} (${escaped(address)})`;
  const state = leaving ? ", leaves" : "";
  return [
    [`${place}${state}: ${sessionsText(active)}, ${rateText(perSec)}/s, `],
    [`${failed} failed (${rateText(failedPerSec)}/s)`, (failedPerSec ?? 0) > 0 ? "red" : undefined],
  ];
}
