import type { ClientsSample } from "#lb/contract/clients";
import { type HistogramSample, type Scale, scales } from "#lb/contract/histogram";
import type { BackendSample, ListenerSample, PoolSample, Sample } from "#lb/contract/sample";
import { Metrics, type MetricsParts } from "#lb/observe/metrics";
import { ManualClock } from "../../support/manual-clock.ts";

/** A histogram in which each range was observed `count` times. */
export function spread(scale: Scale, count = 0): HistogramSample {
  return { counts: Array(scales[scale].length + 1).fill(count), sumSec: count };
}

export function listenerSample(values: Partial<ListenerSample> = {}): ListenerSample {
  return {
    name: "main",
    endpoint: { kind: "tcp", host: "127.0.0.1", port: 8080 },
    leaving: false,
    active: 0,
    maxSessions: 1_000,
    sessions: 0,
    bytesIn: 0,
    bytesOut: 0,
    endings: {},
    duration: spread("session"),
    ...values,
  };
}

export function backendSample(name: string, values: Partial<BackendSample> = {}): BackendSample {
  return {
    name,
    entry: name,
    address: "127.0.0.1:9001",
    backup: false,
    state: "ready",
    operational: "up",
    found: { source: "start", agoMs: 0, reason: "nothing speaks against it" },
    weight: 1,
    active: 0,
    connected: 0,
    failed: 0,
    ejections: 0,
    faults: 0,
    answeredAgoMs: Infinity,
    drainedInMs: null,
    ...values,
  };
}

/** A pool; each of its dials that came through took no time. */
export function poolSample(connected: number, values: Partial<PoolSample> = {}): PoolSample {
  const connect = { counts: [connected, ...scales.connect.map(() => 0)], sumSec: 0 };
  return {
    name: "main",
    queued: 0,
    queueMax: 1_000,
    active: 0,
    usable: 0,
    retries: 0,
    dialErrors: {},
    failed: 0,
    ejections: 0,
    faults: 0,
    connect,
    firstByte: spread("firstByte"),
    queueWait: spread("queue"),
    backends: [],
    ...values,
  };
}

const NO_CLIENTS: ClientsSample = {
  all: { accepted: 0, refused: 0 },
  first: [],
  rest: { entries: 0, tokens: 0 },
};

/** Metrics of a plane that gives these samples. */
export function metricsOf(
  sample: () => Sample,
  {
    plane,
    ...parts
  }: Partial<Omit<MetricsParts, "plane"> & { readonly plane: Partial<MetricsParts["plane"]> }> = {},
  clients = () => NO_CLIENTS,
) {
  const whole = {
    sample: async () => (await plane?.sample?.()) ?? sample(),
    clientTotals: async (most: number) => (await plane?.clientTotals?.(most)) ?? clients(),
    loopDelay: async () => (await plane?.loopDelay?.()) ?? spread("turn"),
  };
  const dropped = { droppedLogLines: () => 0, droppedReports: { sessions: 0, others: 0 } };
  return new Metrics({ clock: new ManualClock(), plane: whole, ...dropped, ...parts });
}

/** Each series of a text, with its value. */
export function seriesOf(body: string): ReadonlyMap<string, number> {
  const lines = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1).replace("Inf", "Infinity"))];
    }),
  );
}
