import type { IncomingMessage } from "node:http";
import { readBody } from "./web-body.ts";
import { type Reply, refusal } from "./web-reply.ts";
import { taskReply } from "./web-tasks.ts";

/** What a server tells of itself. */
interface Identity {
  readonly name: string;
  readonly port: number;
}

/** Gives the reply once it is wanted: the work is done then, and not as the request comes in. */
type Route = (server: Identity, request: IncomingMessage) => (() => Reply) | Promise<() => Reply>;

const LARGEST_BODY_BYTES = 64 * 1024;

const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "/": { GET: ({ port }) => ok({ message: "necessary info", port: String(port) }) },
  "/health": { GET: ({ name }) => ok({ status: "ok", server: name }) },
  "/tasks": {
    async POST({ name }, request) {
      const body = await readBody(request, LARGEST_BODY_BYTES);
      return body === undefined ? tooLarge : () => taskReply(name, body);
    },
  },
};

/** Finds the route of a request, reads what it needs, and says what to reply. */
export const route: Route = (server, request) => {
  const path = (request.url ?? "").split("?", 1)[0] as string;
  const methods = routes[path];
  if (methods === undefined) {
    return () => refusal(404, "not-found", `expected one of the paths ${Object.keys(routes).join(", ")}`);
  }
  const chosen = methods[request.method === "HEAD" ? "GET" : (request.method ?? "")];
  return chosen === undefined ? wrongMethod(path, Object.keys(methods)) : chosen(server, request);
};

function ok(body: unknown): () => Reply {
  return () => ({ status: 200, body });
}

function tooLarge(): Reply {
  return {
    ...refusal(413, "body-too-large", `expected a body of at most ${LARGEST_BODY_BYTES} bytes`),
    headers: { Connection: "close" },
  };
}

function wrongMethod(path: string, methods: readonly string[]): () => Reply {
  const allowed = methods.join(", ");
  return () => ({
    ...refusal(405, "method-not-allowed", `expected ${path} to be asked with ${allowed}`),
    headers: { Allow: allowed },
  });
}
