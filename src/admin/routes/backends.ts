import { z } from "zod";
import { backend, backendValues } from "../../config/schema/pool.ts";
import { field } from "../../config/value.ts";
import { duration, percent } from "../../config/values.ts";
import { inSlices } from "../../core/slices.ts";
import type { Api, Desk } from "../api.ts";
import { backendDocument, backendsOf, saidOfBackend, withMembers } from "../backend-document.ts";
import { etagOf, ifMatch } from "../etag.ts";
import { checkForeign, checkWithin } from "../own-places.ts";
import { Problem } from "../problem.ts";
import { answers, anyName, nothing, orNull } from "../schemas.ts";
import { sendInSlices } from "../sent.ts";
import { done, notFound } from "../spoken.ts";

const tags = ["backends"];
const ofPool = z.strictObject({ pool: anyName });
const one = z.strictObject({ pool: anyName, name: anyName });
const within = field(duration("0ms")).optional();

const words = z.strictObject({
  state: orNull(backendValues.state).describe("null gives the value back to the file."),
  within: within.describe("Beside state drain: its sessions are taken off it in that time, spread evenly."),
  weight: orNull(backendValues.weight),
  maxConnections: orNull(backendValues.maxConnections),
});

/** Backends: what is wanted of them, and what they do. */
export function backends(app: Api, desk: Desk): void {
  const { controls } = desk;
  const { plane, steering, overlay, clock } = controls;
  /** What an answer is about: the pool, where that is what is missing. */
  const called = (pool: string, name: string) =>
    overlay().entriesOf(pool) === undefined ? `pool ${pool}` : `backend ${name} in the pool ${pool}`;

  app.get(
    "/api/v1/pools/:pool/backends",
    {
      schema: {
        tags,
        summary: "All backends of a pool",
        params: ofPool,
        response: answers({ 200: z.object({ backends: z.array(backendDocument) }) }),
      },
    },
    async ({ params: { pool } }, reply) => {
      const sample = await plane.sample({ pools: [pool] });
      const backends = await inSlices(clock, backendsOf(overlay(), pool, sample));
      if (backends === undefined) throw notFound(`pool ${pool}`);
      return sendInSlices(reply, clock, { backends }, 2);
    },
  );

  app.post(
    "/api/v1/pools/:pool/backends",
    {
      schema: {
        tags,
        summary: "Adds a backend",
        params: ofPool,
        body: backend,
        response: answers({ 201: backendDocument }),
      },
    },
    async (request, reply) => {
      const { pool } = request.params;
      const { address, name } = request.body;
      if (overlay().entriesOf(pool) === undefined) throw notFound(`pool ${pool}`);
      checkWithin(address, desk.settings().backends);
      const before = await plane.sample({ pools: [] });
      const check = () => checkForeign(address, desk, before);
      check();
      const told = done(
        await addedOrFull(steering.addBackend(pool, request.body, { check })),
        called(pool, name),
      );
      const said = saidOfBackend(overlay(), pool, name);
      if (said === undefined) throw notFound(`backend ${name}`);
      request.change = { after: said };
      const location = `/api/v1/pools/${encodeURIComponent(pool)}/backends/${encodeURIComponent(name)}`;
      reply.code(201).headers({ location, etag: etagOf(said) });
      return { ...(await withMembers(controls, pool, said)), ...told };
    },
  );

  app.get(
    "/api/v1/pools/:pool/backends/:name",
    {
      schema: {
        tags,
        summary: "One backend, or one address of it as name@address",
        params: one,
        response: answers({ 200: backendDocument }),
      },
    },
    async ({ params: { pool, name } }, reply) => {
      const said = saidOfBackend(overlay(), pool, name);
      if (said === undefined) throw notFound(called(pool, name));
      reply.header("etag", etagOf(said));
      return withMembers(controls, pool, said);
    },
  );

  app.patch(
    "/api/v1/pools/:pool/backends/:name",
    {
      schema: {
        tags,
        summary: "Says something of a backend",
        params: one,
        body: words,
        response: answers({ 200: backendDocument }),
      },
    },
    async (request, reply) => {
      const { pool, name } = request.params;
      const { within: withinMs, ...values } = request.body;
      if (Object.values(values).every((value) => value === undefined))
        throw new Problem("invalid", "body: expected state, weight or maxConnections, got none of them");
      if (withinMs !== undefined && values.state !== "drain")
        throw new Problem("invalid", "body.within: expected only beside state drain");
      const before = saidOfBackend(overlay(), pool, name);
      const check = ifMatch(request, (now) => saidOfBackend(now, pool, name));
      const how = { check, ...(withinMs !== undefined && { withinMs }) };
      const told = done(await steering.setBackend(pool, name, values, how), called(pool, name));
      const after = saidOfBackend(overlay(), pool, name);
      if (after === undefined) throw notFound(called(pool, name));
      request.change = { before, after };
      reply.header("etag", etagOf(after));
      return { ...(await withMembers(controls, pool, after)), ...told };
    },
  );

  app.delete(
    "/api/v1/pools/:pool/backends/:name",
    {
      schema: {
        tags,
        summary: "Removes a backend that the API added",
        params: one,
        querystring: z.strictObject({ within }),
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const { pool, name } = request.params;
      const { within: withinMs } = request.query;
      const before = saidOfBackend(overlay(), pool, name);
      const check = ifMatch(request, (now) => saidOfBackend(now, pool, name));
      const how = { check, ...(withinMs !== undefined && { withinMs }) };
      done(await steering.removeBackend(pool, name, how), called(pool, name));
      request.change = { before };
      return reply.code(204).send(null);
    },
  );

  app.post(
    "/api/v1/pools/:pool/rebalance",
    {
      schema: {
        tags,
        summary:
          "Ends a share of the sessions on backends above their fair share, so that their clients come back elsewhere",
        params: ofPool,
        body: z.strictObject({ share: field(percent), within: field(duration("0ms")).prefault("1m") }),
        response: answers({ 200: z.object({ pool: z.string(), share: z.number(), withinMs: z.number() }) }),
      },
    },
    async (request) => {
      const { pool } = request.params;
      const { share, within: withinMs } = request.body;
      if ((await steering.rebalance(pool, share, withinMs)) === "not-found") throw notFound(`pool ${pool}`);
      const after = { pool, share, withinMs };
      request.change = { after };
      return after;
    },
  );
}

/** There is a limit to backends in all. */
async function addedOrFull<T>(adding: Promise<T>): Promise<T> {
  return adding.catch((error) => {
    throw error instanceof RangeError ? new Problem("full", error.message) : error;
  });
}
