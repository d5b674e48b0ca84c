import { z } from "zod";
import { bucketValues } from "../../config/schema/clients.ts";
import { field } from "../../config/value.ts";
import { alias, clientId, wholeNumber } from "../../config/values.ts";
import type { ClientEntry } from "../../contract/clients.ts";
import { forEach, inSlices } from "../../core/slices.ts";
import type { Api, Desk } from "../api.ts";
import { ClientDesk } from "../client-desk.ts";
import { tokensIn } from "../client-document.ts";
import { CopyDesk } from "../copy-desk.ts";
import { answers, anyName, nothing } from "../schemas.ts";
import { sendTask, task, taskAnswer } from "../tasks/tasks.ts";

const clientRow = z.object({
  client_id: z.string(),
  capacity: z.number(),
  rate_per_sec: z.number(),
  tokens: z.number().nullable(),
});
const registered = z.strictObject({
  client_id: field(clientId),
  capacity: field(bucketValues.capacity),
  rate_per_sec: field(bucketValues.ratePerSec),
});
const updated = registered.partial({ capacity: true, rate_per_sec: true });
const byId = z.strictObject({ id: anyName });
const copiesOf = z.strictObject({ type: field(alias), n: field(wholeNumber(1, 1_000)).prefault(1) });
const copyRow = z.object({
  type: z.string(),
  n: z.number().describe("So many it is."),
  servers: z.array(z.string()),
});

/** The paths of the systems that this one stands in for, in their own shapes. */
export function aliases(app: Api, desk: Desk): void {
  const { overlay, plane, clock } = desk.controls;
  const clients = new ClientDesk(desk);
  const copies = new CopyDesk(desk);
  const tags = ["aliases"];
  const rowOf = ({ document }: Awaited<ReturnType<ClientDesk["get"]>>) => ({
    client_id: document.id,
    capacity: document.capacity,
    rate_per_sec: document.ratePerSec,
    tokens: document.tokens,
  });

  app.post(
    "/clients/register",
    { schema: { tags, summary: "Adds a client", body: registered, response: answers({ 201: clientRow }) } },
    async (request, reply) => {
      const { client_id: id, capacity, rate_per_sec: ratePerSec } = request.body;
      const row = rowOf(await clients.add(request, { id, capacity, ratePerSec, addresses: [] }));
      reply.code(201).header("location", `/clients/get?id=${encodeURIComponent(id)}`);
      return row;
    },
  );
  app.put(
    "/clients/update",
    {
      schema: {
        tags,
        summary: "Says something of a client",
        body: updated,
        response: answers({ 200: clientRow }),
      },
    },
    async (request) => {
      const { client_id: id, capacity, rate_per_sec: ratePerSec } = request.body;
      return rowOf(await clients.set(request, id, { capacity, ratePerSec }));
    },
  );
  app.delete(
    "/clients/delete",
    {
      schema: {
        tags,
        summary: "Removes a client that the API added",
        querystring: byId,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      await clients.remove(request, request.query.id);
      return reply.code(204).send(null);
    },
  );
  app.get(
    "/clients/get",
    { schema: { tags, summary: "One client", querystring: byId, response: answers({ 200: clientRow }) } },
    async ({ query }) => rowOf(await clients.get(query.id)),
  );
  app.get(
    "/clients/list",
    { schema: { tags, summary: "All clients", response: answers({ 200: z.array(clientRow) }) } },
    async () => {
      const left = new Map((await plane.clients()).map((each) => [each.id, [each]]));
      const rows: z.output<typeof clientRow>[] = [];
      const add = ({ id, capacity, ratePerSec }: ClientEntry) => {
        const tokens = tokensIn(left.get(id) ?? [], id);
        rows.push({ client_id: id, capacity, rate_per_sec: ratePerSec, tokens });
      };
      await inSlices(clock, forEach(overlay().clients(), add));
      return rows;
    },
  );

  app.post(
    "/api/private/addNewCopy",
    {
      schema: {
        tags,
        summary: "Starts copies; 201 when all answer their probe, 202 where that takes longer than 5 s",
        body: copiesOf,
        response: answers({ 201: copyRow, 202: copyRow }),
      },
    },
    async (request, reply) => {
      const { type, n } = request.body;
      const { names, up } = copies.start(request, copies.templateOf(type), n);
      reply.code((await copies.areUp(up)) ? 201 : 202);
      return { type, n: names.length, servers: [...names] };
    },
  );
  app.post(
    "/api/private/DeleteCopy",
    {
      schema: {
        tags,
        summary: "Stops the n newest copies, or all there are",
        body: copiesOf,
        response: answers({ 200: copyRow }),
      },
    },
    async (request) => {
      const { type, n } = request.body;
      const template = copies.templateOf(type);
      const newest = copies
        .list()
        .filter((copy) => copy.template === template && copy.state !== "stopping")
        .slice(-n);
      const stopped = copies.stop(
        request,
        newest.map((copy) => copy.name),
      );
      return { type, n: stopped.length, servers: [...stopped] };
    },
  );
  app.post(
    "/api/private/sendTask",
    {
      config: { audited: false },
      schema: {
        tags,
        summary: "Sends a task through the balancer, as any client",
        body: task,
        response: answers({ 200: taskAnswer }),
      },
    },
    ({ body }) => sendTask(desk, body),
  );
}
