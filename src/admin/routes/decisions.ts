import { z } from "zod";
import { recordings } from "../../contract/decision.ts";
import { explained, whyUnrecorded } from "../../control/explain.ts";
import type { Api, Desk } from "../api.ts";
import { Problem } from "../problem.ts";
import { answers, anyName, limit } from "../schemas.ts";

const KEPT = 1_000;

/** Why sessions got their backends. */
export function decisions(app: Api, { controls }: Desk): void {
  app.get(
    "/api/v1/decisions",
    {
      schema: {
        tags: ["sessions"],
        summary:
          "Why each recent session got its backend, the latest first; recorded for a minute after each call",
        querystring: z.strictObject({
          limit: limit(100, KEPT),
          session: anyName.optional().describe("Of this session alone."),
        }),
        response: answers({
          200: z.object({
            decisions: z.array(z.looseObject({ session: z.string(), explanation: z.string() })),
            recording: z.enum([...recordings, "off"]).describe("How they were recorded until now."),
            leftOut: z.number().describe("Not recorded, because more than 100 came in a second."),
          }),
        }),
      },
    },
    async ({ query: { limit: most, session } }) => {
      const log = await controls.plane.decisions({ limit: most, ...(session !== undefined && { session }) });
      const missing = whyUnrecorded(log);
      if (missing !== undefined) throw new Problem("not-found", missing);
      const decisions = log.decisions.map((decision) => ({ ...decision, explanation: explained(decision) }));
      return { decisions, recording: log.recording, leftOut: log.leftOut };
    },
  );
}
