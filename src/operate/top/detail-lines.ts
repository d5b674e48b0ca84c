import { escaped } from "../../config/shown.ts";
import type { BackendStatus } from "../documents.ts";
import { named } from "../place.ts";
import { agoOf, msText } from "./figures.ts";
import type { Line } from "./line.ts";
import type { BackendNumbers } from "./numbers.ts";

/** Three lines about the selected backend: what is configured, what is wanted, and what was found. */
export function detailLines({ pool, backend }: BackendNumbers, wallMs: number): Line[] {
  const { name, address, connected, failed, configured } = backend;
  const where = address === null ? "" : `, ${escaped(address)}`;
  const dials = `${connected} connected, ${failed} failed`;
  const written = `configured ${configured.state}, weight ${configured.weight}`;
  return [
    [[`${named({ pool, backend: name })}${where}: ${dials}; ${written}`, "bold"]],
    [[`  wanted ${wantedText(backend, wallMs)}${probeText(backend, wallMs)}`]],
    [[`  found ${foundText(backend, wallMs)}`]],
  ];
}

function wantedText({ administrative: { state, weight } }: BackendStatus, wallMs: number): string {
  const since = agoOf(state.since, wallMs);
  return `${state.value} (${escaped(state.source)}) for ${since}, weight ${weight.value} (${escaped(weight.source)})`;
}

function foundText({ operational, unresolved }: BackendStatus, wallMs: number): string {
  if (operational === null) return `no address: ${escaped(unresolved ?? "")}`;
  const { value, source, since, reason } = operational;
  return `${escaped(value)} (${escaped(source)}) for ${agoOf(since, wallMs)}: ${escaped(reason)}`;
}

function probeText({ probe }: BackendStatus, wallMs: number): string {
  if (!probe) return "";
  const { at, ms, failure } = probe;
  return `; probed ${agoOf(at, wallMs)} ago: ${failure === null ? `${msText(ms)} ms` : escaped(failure)}`;
}
