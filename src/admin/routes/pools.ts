import { z } from "zod";
import { poolValues } from "../../config/schema/pool.ts";
import { inSlices } from "../../core/slices.ts";
import type { Api, Desk } from "../api.ts";
import { etagOf, ifMatch } from "../etag.ts";
import { poolDocument, saidOfPool, saidOfPools } from "../pool-document.ts";
import { answers, anyName, orNull } from "../schemas.ts";
import { sendInSlices } from "../sent.ts";
import { done, notFound } from "../spoken.ts";

const tags = ["pools"];
const one = z.strictObject({ pool: anyName });
const words = z.strictObject({
  algorithm: orNull(poolValues.algorithm)
    .unwrap()
    .describe("Who serves the next client; null gives the value back to the file."),
});

/** Pools: what is wanted of them as a whole. */
export function pools(app: Api, { controls }: Desk): void {
  const { steering, overlay, clock } = controls;

  app.get(
    "/api/v1/pools",
    {
      schema: {
        tags,
        summary: "All pools",
        response: answers({ 200: z.object({ pools: z.array(poolDocument) }) }),
      },
    },
    async (_request, reply) =>
      sendInSlices(reply, clock, { pools: await inSlices(clock, saidOfPools(overlay())) }, 2),
  );

  app.get(
    "/api/v1/pools/:pool",
    { schema: { tags, summary: "One pool", params: one, response: answers({ 200: poolDocument }) } },
    async ({ params: { pool } }, reply) => {
      const said = saidOfPool(overlay(), pool);
      if (said === undefined) throw notFound(`pool ${pool}`);
      reply.header("etag", etagOf(said));
      return said;
    },
  );

  app.patch(
    "/api/v1/pools/:pool",
    {
      schema: {
        tags,
        summary: "Says by which algorithm new sessions are given their backends",
        params: one,
        body: words,
        response: answers({ 200: poolDocument }),
      },
    },
    async (request, reply) => {
      const { pool } = request.params;
      const before = saidOfPool(overlay(), pool);
      const check = ifMatch(request, (now) => saidOfPool(now, pool));
      const told = done(await steering.setPool(pool, request.body, { check }), `pool ${pool}`);
      const after = saidOfPool(overlay(), pool);
      if (after === undefined) throw notFound(`pool ${pool}`);
      request.change = { before, after };
      reply.header("etag", etagOf(after));
      return { ...after, ...told };
    },
  );
}
