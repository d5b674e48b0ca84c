import { z } from "zod";
import { forEach, inSlices } from "../../core/slices.ts";
import type { Api, Desk } from "../api.ts";
import { ClientDesk } from "../client-desk.ts";
import { clientDocument, saidOfClient, withTokens } from "../client-document.ts";
import { clientWords, newClient } from "../client-words.ts";
import type { Controls } from "../controls.ts";
import { etagOf } from "../etag.ts";
import { answers, anyName, limit, nothing } from "../schemas.ts";

const tags = ["clients"];
const one = z.strictObject({ id: anyName });
const MOST = 1_000;

/** Clients and their token buckets. */
export function clients(app: Api, desk: Desk): void {
  const { controls } = desk;
  const clientDesk = new ClientDesk(desk);

  app.get(
    "/api/v1/clients",
    {
      schema: {
        tags,
        summary: "Clients of the file, then clients that the API added",
        querystring: z.strictObject({
          limit: limit(MOST, MOST),
          after: anyName.optional().describe("The id that the page before ended with."),
        }),
        response: answers({
          200: z.object({
            clients: z.array(clientDocument),
            next: z.string().nullable().describe("`after` of the next page."),
          }),
        }),
      },
    },
    async ({ query: { limit: most, after } }) => {
      const ids = await page(controls, most + 1, after);
      const left = new Map((await controls.plane.clients(ids)).map((each) => [each.id, each]));
      const found = ids.slice(0, most).flatMap((id) => {
        const said = saidOfClient(controls.overlay(), id);
        const tokens = left.get(id);
        return said === undefined ? [] : [withTokens(said, tokens === undefined ? [] : [tokens])];
      });
      return { clients: found, next: ids.length > most ? (ids[most - 1] as string) : null };
    },
  );

  app.post(
    "/api/v1/clients",
    {
      schema: { tags, summary: "Adds a client", body: newClient, response: answers({ 201: clientDocument }) },
    },
    async (request, reply) => {
      const { said, document } = await clientDesk.add(request, request.body);
      reply
        .code(201)
        .headers({ location: `/api/v1/clients/${encodeURIComponent(said.id)}`, etag: etagOf(said) });
      return document;
    },
  );

  app.get(
    "/api/v1/clients/:id",
    { schema: { tags, summary: "One client", params: one, response: answers({ 200: clientDocument }) } },
    async ({ params: { id } }, reply) => {
      const { said, document } = await clientDesk.get(id);
      reply.header("etag", etagOf(said));
      return document;
    },
  );

  app.put(
    "/api/v1/clients/:id",
    {
      schema: {
        tags,
        summary: "Says something of a client, or sets its tokens",
        params: one,
        body: clientWords,
        response: answers({ 200: clientDocument }),
      },
    },
    async (request, reply) => {
      const { said, document } = await clientDesk.set(request, request.params.id, request.body);
      reply.header("etag", etagOf(said));
      return document;
    },
  );

  app.delete(
    "/api/v1/clients/:id",
    {
      schema: {
        tags,
        summary: "Removes a client that the API added",
        params: one,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      await clientDesk.remove(request, request.params.id);
      return reply.code(204).send(null);
    },
  );
}

/** So many ids behind one, or from the first; of many thousands it is no turn of the loop that others would wait for. */
async function page(
  { overlay, clock }: Pick<Controls, "overlay" | "clock">,
  count: number,
  after?: string,
): Promise<string[]> {
  const ids: string[] = [];
  let begun = after === undefined;
  const look = ({ id }: { readonly id: string }) => {
    if (begun && ids.length < count) ids.push(id);
    begun ||= id === after;
  };
  await inSlices(clock, forEach(overlay().clients(), look));
  return ids;
}
