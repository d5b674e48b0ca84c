import type { HistogramSample } from "../../contract/histogram.ts";
import type { PoolSample } from "../../contract/sample.ts";
import { each, type Family, type Labels, type Reading } from "./family.ts";

/** Failures that are shown before they ever happened. */
const DIAL_ERRORS = { "connect-refused": 0, "connect-timeout": 0, "connect-failed": 0 };

/** What is told of each pool. */
export const poolFamilies: readonly Family[] = [
  gauge("lb_pool_sessions_active", "Sessions on its backends, removed ones too.", ({ active }) => active),
  gauge("lb_pool_sessions_queued", "Sessions that wait for a place.", ({ queued }) => queued),
  gauge("lb_pool_queue_limit", "Sessions that may wait for a place.", ({ queueMax }) => queueMax),
  gauge("lb_pool_backends", "Backends that it has.", ({ backends }) => backends.length),
  gauge("lb_pool_backends_usable", "Backends that may get a session now.", ({ usable }) => usable),
  counter("lb_pool_retries_total", "Dials after a session's first.", ({ retries }) => retries),
  counter("lb_pool_ejections_total", "Times that backends were ejected.", ({ ejections }) => ejections),
  {
    name: "lb_pool_dials_failed_total",
    type: "counter",
    help: "Dials that failed or were given up, by the word that a session would end with.",
    labels: ["pool", "error"],
    *points({ pools }) {
      for (const { name, dialErrors } of pools)
        for (const [error, value] of Object.entries({ ...DIAL_ERRORS, ...dialErrors }))
          yield { labels: { pool: name, error }, value };
    },
  },
  histogram(
    "lb_pool_connect_duration_seconds",
    "connect",
    "How long dials took that came through.",
    ({ connect }) => connect,
  ),
  histogram(
    "lb_pool_first_byte_duration_seconds",
    "firstByte",
    "From a session's first byte, or its connection where the backend speaks first, to the backend's first byte.",
    ({ firstByte }) => firstByte,
  ),
  histogram(
    "lb_pool_queue_duration_seconds",
    "queue",
    "How long sessions that had to wait for a place waited, also in vain.",
    ({ queueWait }) => queueWait,
  ),
];

type Value = (pool: PoolSample) => number;

function gauge(name: string, help: string, value: Value): Family {
  return { name, type: "gauge", help, labels: ["pool"], points: pointsOf(value) };
}

function counter(name: string, help: string, value: Value): Family {
  return { name, type: "counter", help, labels: ["pool"], points: pointsOf(value) };
}

function pointsOf(value: Value) {
  return ({ pools }: Reading) => each(pools, labelsOf, value);
}

function histogram(
  name: string,
  scale: "connect" | "firstByte" | "queue",
  help: string,
  observed: (pool: PoolSample) => HistogramSample,
): Family {
  return {
    name,
    type: "histogram",
    help,
    labels: ["pool"],
    scale,
    *spreads({ pools }) {
      for (const pool of pools) yield { labels: labelsOf(pool), observed: observed(pool) };
    },
  };
}

function labelsOf({ name }: PoolSample): Labels {
  return { pool: name };
}
