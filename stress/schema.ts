import { z } from "zod";
import { clientErrors, type ErrorWord } from "../clients/client-error.ts";

const errorWords = Object.keys(clientErrors) as ErrorWord[];

const count = z.int().min(0);
const numberOrNull = z.number().nullable();

/** A distribution in microseconds; what cannot be said from `n` samples is null. */
const distribution = z.object({
  n: count,
  min: numberOrNull,
  mean: numberOrNull,
  p50: numberOrNull,
  p75: numberOrNull,
  p90: numberOrNull,
  p95: numberOrNull,
  p99: numberOrNull,
  p999: numberOrNull,
  max: numberOrNull,
});

const plan = z.object({
  model: z.enum(["closed", "open"]),
  clients: z.int().min(1),
  requestsPerClient: z.int().min(1).nullable(),
  requestsPerConnection: z.int().min(1),
  ratePerSec: z.number().positive().nullable(),
  arrival: z.enum(["constant", "poisson"]).nullable(),
  warmupMs: z.number().min(0),
  durationMs: z.number().positive().nullable().default(null),
  timeoutMs: z.number().positive().default(10_000),
  payloadBytes: count,
  seed: z.int(),
  repeats: z.int().min(1),
});

const perServer = z.object({
  server: z.string(),
  requests: count,
  share: z.number(),
  p50: numberOrNull,
  p99: numberOrNull,
});

const slot = z.object({ atMs: z.number(), ok: count, failed: count, p50: numberOrNull, p99: numberOrNull });

// A plain loop: the library's own check of each number takes seconds for a million requests.
const isColumn = (value: unknown) =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= -1);
const column = z.custom<number[]>(isColumn, "expected a list of whole numbers, -1 for none");

const samples = z.object({
  startUs: column,
  intendedUs: column.optional(),
  latencyUs: column,
  connectUs: column,
  server: column,
  error: column,
  run: column,
  servers: z.array(z.string()),
  errorWords: z.array(z.enum(errorWords)),
});

const results = z.object({
  schema: z.literal("lb-stress/1"),
  name: z.string(),
  /** What answered, in a sentence; a chart says it under its title. */
  scenario: z.string().optional(),
  status: z.enum(["valid", "invalid", "aborted"]),
  invalidReasons: z.array(z.string()),
  notes: z.array(z.string()).default([]),
  startedAt: z.iso.datetime(),
  durationMs: z.number().min(0),
  plan,
  target: z.string(),
  environment: z.object({
    node: z.string(),
    os: z.string(),
    cpu: z.string(),
    cores: count,
    openFiles: z.number().nullable(),
    git: z.string(),
  }),
  counts: z.object({
    planned: count.nullable(),
    started: count,
    ok: count,
    failed: count,
    dropped: count,
    warmup: count,
  }),
  latencyUs: z.object({ fromSend: distribution, fromIntended: distribution.nullable() }),
  connectUs: distribution,
  ratePerSec: z.object({ offered: numberOrNull, completed: z.number() }),
  perServer: z.array(perServer),
  errors: z.partialRecord(z.enum(errorWords), count),
  timeline: z.array(slot),
  generator: z.object({
    loopDelayP99Us: z.number(),
    scheduleLagP99Us: numberOrNull.default(null),
    cpuShare: z.number(),
  }),
  samples,
});

/** A results file, `lb-stress/1`: data/README.md says what each part means. */
export type Results = z.infer<typeof results>;
/** How a run was to be made. */
export type Plan = Results["plan"];
export type Distribution = z.infer<typeof distribution>;
/** One column per property of a request, all of one length, in the order the requests were started. */
export type Samples = z.infer<typeof samples>;

/** The schema, and what no schema can say: columns of one length, indexes within their tables. */
export const resultsSchema = results.superRefine(({ samples, plan }, context) => {
  const problem = unequal(samples) ?? outOfRange(samples, plan.repeats);
  if (problem) context.addIssue({ code: "custom", path: ["samples"], message: problem });
});

function unequal({ servers, errorWords, ...columns }: Samples): string | undefined {
  const length = columns.startUs.length;
  const other = Object.entries(columns).find(([, values]) => values && values.length !== length);
  return other && `expected columns of one length, got startUs ${length} and ${other[0]} ${other[1]?.length}`;
}

function outOfRange(samples: Samples, repeats: number): string | undefined {
  const bounds = { server: samples.servers.length, error: samples.errorWords.length, run: repeats };
  for (const [key, end] of Object.entries(bounds) as [keyof typeof bounds, number][]) {
    const wrong = samples[key].find((index) => index >= end);
    if (wrong !== undefined) return `expected ${key} below ${end}, got ${wrong}`;
  }
  return undefined;
}
