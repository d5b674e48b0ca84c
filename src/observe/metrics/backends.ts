import { administrativeStates } from "../../contract/backend.ts";
import type { BackendCounts } from "./backend-series.ts";
import { each, eachWord, type Family, type Labels } from "./family.ts";

const operationalStates = ["up", "down", "ejected"] as const;

/** What is told of each backend; of those summed under one label value, the gauges of states count backends. */
export const backendFamilies: readonly Family[] = [
  number(
    "gauge",
    "lb_backend_sessions_active",
    "Sessions on it, dials under way too.",
    ({ active }) => active,
  ),
  number(
    "gauge",
    "lb_backend_weight",
    "Its share at this moment; less than wanted while it starts slowly.",
    ({ weight }) => weight,
  ),
  number(
    "gauge",
    "lb_backend_drained",
    "1 where it gets nothing new because that is wanted, and its last session has ended.",
    ({ drained }) => drained,
  ),
  {
    name: "lb_backend_state",
    type: "gauge",
    help: "What health makes of it: 1 for the state it is in, 0 for the others.",
    labels: ["pool", "backend", "state"],
    points: ({ backends }) =>
      eachWord(
        backends,
        operationalStates,
        (backend, state) => ({ ...labelsOf(backend), state }),
        ({ operational }, state) => operational[state as keyof typeof operational] ?? 0,
      ),
  },
  {
    name: "lb_backend_administrative_state",
    type: "gauge",
    help: "What is wanted of it: 1 for that state, 0 for the others.",
    labels: ["pool", "backend", "state"],
    points: ({ backends }) =>
      eachWord(
        backends,
        administrativeStates,
        (backend, state) => ({ ...labelsOf(backend), state }),
        ({ administrative }, state) => administrative[state as keyof typeof administrative] ?? 0,
      ),
  },
  number("counter", "lb_backend_connections_total", "Dials that came through.", ({ connected }) => connected),
  number(
    "counter",
    "lb_backend_dials_failed_total",
    "Dials that failed for its own reasons.",
    ({ failed }) => failed,
  ),
  number("counter", "lb_backend_ejections_total", "Times that it was ejected.", ({ ejections }) => ejections),
  number(
    "counter",
    "lb_backend_faults_total",
    "Sessions that it ended before their client did, where that was held against it.",
    ({ faults }) => faults,
  ),
];

function number(
  type: "counter" | "gauge",
  name: string,
  help: string,
  value: (backend: BackendCounts) => number,
): Family {
  return {
    name,
    type,
    help,
    labels: ["pool", "backend"],
    points: ({ backends }) => each(backends, labelsOf, value),
  };
}

function labelsOf({ pool, backend }: BackendCounts): Labels {
  return { pool, backend };
}
