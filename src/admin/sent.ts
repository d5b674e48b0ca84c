import type { FastifyReply } from "fastify";
import type { Clock } from "../core/clock.ts";
import { jsonSteps } from "../core/json-steps.ts";
import { inSlices } from "../core/slices.ts";

/** Answers with data that may be large, written in slices, each part of that depth at once: see jsonSteps. */
export async function sendInSlices(
  reply: FastifyReply,
  clock: Clock,
  data: object,
  depth: number,
): Promise<FastifyReply> {
  return reply.type("application/json").send((await inSlices(clock, jsonSteps(data, depth))) as never);
}
