import { z } from "zod";

/** What this command reads of the API's answers; a newer balancer may say more. */

const since = z.string().refine((text) => !Number.isNaN(Date.parse(text)));
const state = z.enum(["ready", "drain", "maint"]);
const backendStatus = z.object({
  name: z.string(),
  active: z.number(),
  share: z.number(),
  fairShare: z.number(),
  connected: z.number(),
  failed: z.number(),
  configured: z.object({ weight: z.number(), state }),
  administrative: z.object({
    state: z.object({ value: state, since, source: z.string() }),
    weight: z.object({ value: z.number(), source: z.string() }),
  }),
  operational: z.object({ value: z.string(), since, source: z.string(), reason: z.string() }).nullable(),
  unresolved: z.string().nullable(),
  address: z.string().nullable(),
  /** The last one; a balancer that tells none of it leaves it out. */
  probe: z.object({ at: since, ms: z.number(), failure: z.string().nullable() }).nullish(),
});
const poolStatus = z.object({
  name: z.string(),
  algorithm: z.string(),
  queued: z.number(),
  active: z.number(),
  backends: z.array(backendStatus),
});

const listenerStatus = z.object({
  name: z.string(),
  address: z.string(),
  leaving: z.boolean(),
  active: z.number(),
  sessions: z.number(),
  endings: z.record(z.string(), z.number()),
});

/** GET /api/v1/status. */
export const status = z.object({ listeners: z.array(listenerStatus), pools: z.array(poolStatus) });
/** GET /health. */
export const health = z.object({ status: z.enum(["ok", "degraded"]), reasons: z.array(z.string()) });
/** One backend, GET or PATCH. */
export const backend = z.object({
  state,
  members: z.array(z.object({ name: z.string(), state, active: z.number() })),
  stored: z.literal(false).optional(),
});
/** GET /api/v1/sessions. */
export const sessions = z.object({
  sessions: z.array(z.object({ id: z.string(), pool: z.string(), backend: z.string().nullable() })),
});
/** GET /api/v1/decisions. */
export const decisions = z.object({ decisions: z.array(z.object({ explanation: z.string() })).min(1) });
/** An answer that is to be printed as it is. */
export function whole(answer: z.ZodType): z.ZodType<unknown> {
  return z.custom((value) => answer.safeParse(value).success);
}
/** What was done without anything to say. */
export const nothing = z.undefined();

export type Status = z.output<typeof status>;
export type Health = z.output<typeof health>;
export type BackendDocument = z.output<typeof backend>;
export type PoolStatus = z.output<typeof poolStatus>;
export type ListenerStatus = z.output<typeof listenerStatus>;
export type BackendStatus = z.output<typeof backendStatus>;
