import type { ClientCounts } from "./client-series.ts";
import { each, type Family, type Labels } from "./family.ts";

/** What is told of the token buckets of clients. */
export const clientFamilies: readonly Family[] = [
  {
    name: "lb_clients",
    type: "gauge",
    help: "Clients that have an entry of their own.",
    labels: [],
    points: ({ clients, entries }) => [{ labels: {}, value: clients.length - 1 + entries }],
  },
  {
    name: "lb_client_tokens",
    type: "gauge",
    help: "Tokens that its bucket has left.",
    labels: ["client"],
    points: ({ clients }) =>
      each(
        clients.filter(({ tokens }) => tokens !== undefined),
        labelsOf,
        ({ tokens }) => tokens as number,
      ),
  },
  {
    name: "lb_client_sessions_accepted_total",
    type: "counter",
    help: "Sessions that got a token.",
    labels: ["client"],
    points: ({ clients }) => each(clients, labelsOf, ({ accepted }) => accepted),
  },
  {
    name: "lb_client_sessions_limited_total",
    type: "counter",
    help: "Sessions that were refused because there was no token left.",
    labels: ["client"],
    points: ({ clients }) => each(clients, labelsOf, ({ refused }) => refused),
  },
];

function labelsOf({ client }: ClientCounts): Labels {
  return { client };
}
