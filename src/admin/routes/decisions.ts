import { z } from "zod";
import type { Api, Desk } from "../api.ts";
import { Problem } from "../problem.ts";
import { answers, anyName, limit } from "../schemas.ts";

const KEPT = 1_000;

/** Why sessions got their backends. */
export function decisions(app: Api, { controls, settings }: Desk): void {
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
          }),
        }),
      },
    },
    async ({ query: { limit: most, session } }) => {
      const latest = await controls.plane.decisions(session === undefined ? most : KEPT);
      const found =
        session === undefined ? latest : latest.filter((decision) => decision.session === session);
      if (session !== undefined && found.length === 0)
        throw new Problem("not-found", unrecorded(session, settings().decisions));
      return {
        decisions: found.map((decision) => ({ ...decision, explanation: controls.explain(decision) })),
      };
    },
  );
}

function unrecorded(session: string, recorded: "asked" | "always"): string {
  const what = `of the session ${session} no decision is recorded`;
  if (recorded === "always") return `${what}: the last ${KEPT} are kept`;
  return `${what}: they are recorded for a minute after this path was asked for, or always with admin: { decisions: always }`;
}
