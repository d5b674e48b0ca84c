import { z } from "zod";
import type { Api, Desk } from "../api.ts";
import { answers, anyName, limit, nothing } from "../schemas.ts";
import { notFound } from "../spoken.ts";

const tags = ["sessions"];
const one = z.strictObject({ id: anyName });
const MOST = 1_000;

const sessionDocument = z
  .object({
    id: z.string(),
    listener: z.string(),
    client: z.string(),
    pool: z.string(),
    backend: z.string().nullable().describe("null before one has answered."),
    ageMs: z.number(),
    bytesIn: z.number(),
    bytesOut: z.number(),
    heldBytes: z.number().describe("Read from one side and not yet taken by the kernel for the other."),
  })
  .meta({ id: "Session" });

/** Sessions that live. */
export function sessions(app: Api, { controls: { plane, steering } }: Desk): void {
  app.get(
    "/api/v1/sessions",
    {
      schema: {
        tags,
        summary: "Sessions that live, the oldest first",
        querystring: z.strictObject({ limit: limit(100, MOST) }),
        response: answers({ 200: z.object({ sessions: z.array(sessionDocument) }) }),
      },
    },
    async ({ query }) => ({ sessions: [...(await plane.sessions(query.limit))] }),
  );

  app.get(
    "/api/v1/sessions/:id",
    { schema: { tags, summary: "One session", params: one, response: answers({ 200: sessionDocument }) } },
    async ({ params: { id } }) => {
      const found = await plane.session(id);
      if (found === undefined) throw notFound(`session ${id} that lives`);
      return found;
    },
  );

  app.delete(
    "/api/v1/sessions/:id",
    {
      config: { whileStopping: true },
      schema: { tags, summary: "Ends a session, `killed`", params: one, response: answers({ 204: nothing }) },
    },
    async (request, reply) => {
      const { id } = request.params;
      if ((await steering.kill(id)) === "not-found") throw notFound(`session ${id} that lives`);
      request.change = { before: { session: id } };
      return reply.code(204).send(null);
    },
  );
}
