import { z } from "zod";
import { field } from "../../config/value.ts";
import { name, wholeNumber } from "../../config/values.ts";
import { formatEndpoint } from "../../core/address.ts";
import { type CopyStatus, copyStates } from "../../supervisor/copy.ts";
import type { Api, Desk } from "../api.ts";
import { CopyDesk } from "../copy-desk.ts";
import { answers, anyName, nothing } from "../schemas.ts";
import { notFound } from "../spoken.ts";

const tags = ["servers"];
const one = z.strictObject({ name: anyName });

const copyDocument = z
  .object({
    name: z.string(),
    template: z.string(),
    pool: z.string(),
    address: z.string().nullable().describe("null between two processes."),
    pid: z.number().nullable(),
    state: z.enum(copyStates),
    since: z.string(),
    crashes: z.number().describe("In a row."),
    restarts: z.number(),
    lastExit: z.string().nullable().describe("How its last process ended."),
  })
  .meta({ id: "Copy" });

function documentOf({ endpoint, sinceMs, ...copy }: CopyStatus): z.output<typeof copyDocument> {
  const address = endpoint && formatEndpoint(endpoint);
  return { ...copy, address, since: new Date(sinceMs).toISOString() };
}

const templateDocument = z.object({ name: z.string(), pool: z.string(), aliases: z.array(z.string()) });

/** Copies of servers, started from templates of the configuration. */
export function servers(app: Api, desk: Desk): void {
  const copies = new CopyDesk(desk);

  app.get(
    "/api/v1/servers",
    {
      schema: {
        tags,
        summary: "Templates, and the copies that run",
        response: answers({
          200: z.object({ templates: z.array(templateDocument), servers: z.array(copyDocument) }),
        }),
      },
    },
    async () => {
      const templates = Object.entries(desk.controls.overlay().file.servers).map(
        ([template, { pool, aliases }]) => ({ name: template, pool, aliases }),
      );
      return { templates, servers: copies.list().map(documentOf) };
    },
  );

  app.post(
    "/api/v1/servers",
    {
      schema: {
        tags,
        summary: "Starts copies of a template",
        body: z.strictObject({ template: field(name), count: field(wholeNumber(1, 1_000)).prefault(1) }),
        response: answers({ 201: z.object({ template: z.string(), servers: z.array(z.string()) }) }),
      },
    },
    async (request, reply) => {
      const { template, count } = request.body;
      const { names } = copies.start(request, copies.templateOf(template), count);
      reply.code(201).header("location", `/api/v1/servers/${encodeURIComponent(names[0] ?? "")}`);
      return { template, servers: [...names] };
    },
  );

  app.get(
    "/api/v1/servers/:name",
    { schema: { tags, summary: "One copy", params: one, response: answers({ 200: copyDocument }) } },
    async ({ params }) => {
      const found = copies.list().find((copy) => copy.name === params.name);
      if (found === undefined) throw notFound(`copy ${params.name}`);
      return documentOf(found);
    },
  );

  app.delete(
    "/api/v1/servers/:name",
    {
      schema: {
        tags,
        summary: "Stops a copy; it is not started again",
        params: one,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      if (copies.stop(request, [request.params.name]).length === 0)
        throw notFound(`copy ${request.params.name}`);
      return reply.code(204).send(null);
    },
  );
}
