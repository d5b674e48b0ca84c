import { z } from "zod";
import type { Api, Desk } from "../api.ts";
import { healthOf } from "../health.ts";
import { Problem } from "../problem.ts";
import { answers } from "../schemas.ts";
import { sendInSlices } from "../sent.ts";

const tags = ["status"];
/** Down to a single backend. */
const STATUS_DEPTH = 4;
const health = z
  .object({ status: z.enum(["ok", "degraded"]), reasons: z.array(z.string()) })
  .meta({ id: "Health" });

/** What there is, and how it is. */
export function status(app: Api, { controls, live, mayStay }: Desk): void {
  app.addHook("onClose", async () => live.events.close());

  app.get(
    "/health",
    {
      config: { needs: "nothing" },
      schema: {
        tags,
        summary: "200 while the balancer serves, with what is wrong; 503 while it stops",
        security: [],
        response: answers({ 200: health }),
      },
    },
    async () => {
      if (controls.stopping()) throw new Problem("stopping", "the balancer is stopping");
      const used = controls.overlay().file.listeners.map(({ pool }) => pool);
      const { pools } = await controls.plane.sample({ pools: [...new Set(used)], entry: null });
      const reasons = healthOf(used, pools, controls.ailments());
      return {
        status: reasons.length === 0 ? ("ok" as const) : ("degraded" as const),
        reasons: [...reasons],
      };
    },
  );

  app.get(
    "/api/v1/status",
    {
      schema: {
        tags,
        summary: "All three layers of every backend: as configured, as said, as it is",
        response: answers({ 200: z.looseObject({}) }),
      },
    },
    async (_request, reply) => sendInSlices(reply, controls.clock, await controls.status(), STATUS_DEPTH),
  );

  app.get(
    "/api/v1/events",
    {
      exposeHeadRoute: false,
      schema: {
        tags,
        summary: "The status and the last five minutes, then what changed each second, as server-sent events",
        response: {
          200: { description: "A stream", content: { "text/event-stream": { schema: z.string() } } },
          "4xx": answers({})["4xx"],
          "5xx": answers({})["5xx"],
        },
      },
    },
    async (request, reply) => {
      live.events.admit();
      reply.hijack();
      const right = request.caller?.right ?? "write";
      live.events.join(reply.raw, { right, mayStay: () => mayStay(request) });
    },
  );

  app.get(
    "/metrics",
    {
      schema: {
        tags,
        summary: "Numbers for Prometheus",
        response: {
          200: { description: "Text exposition", content: { "text/plain": { schema: z.string() } } },
          ...answers({}),
        },
      },
    },
    async ({ headers: { accept } }, reply) => {
      const { contentType, body } = await controls.scrape(accept);
      return reply.type(contentType).send(body as never);
    },
  );
}
