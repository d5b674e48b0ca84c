import type { Socket } from "node:net";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { fastify } from "fastify";
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { z } from "zod";
import { version } from "../command/version.ts";
import { understand } from "../config/check.ts";
import type { Api, Desk } from "./api.ts";
import { audit } from "./audit.ts";
import { Connections } from "./connections.ts";
import { answerProblem, BareAnswers } from "./doors.ts";
import { type EntranceParts, guard } from "./entrance.ts";
import { Methods } from "./methods.ts";
import { invalid } from "./mistakes.ts";
import { aliases } from "./routes/aliases.ts";
import { backends } from "./routes/backends.ts";
import { clients } from "./routes/clients.ts";
import { configuration } from "./routes/configuration.ts";
import { decisions } from "./routes/decisions.ts";
import { laboratory } from "./routes/laboratory.ts";
import { page } from "./routes/page.ts";
import { pools } from "./routes/pools.ts";
import { servers } from "./routes/servers.ts";
import { sessions } from "./routes/sessions.ts";
import { status } from "./routes/status.ts";
import { tasks } from "./routes/tasks.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

const MOST_CONNECTIONS = 64;
const MOST_BODY_BYTES = 64 * 1024;
const HEAD_MS = 5_000;
const REQUEST_MS = 10_000;
const LOOK_MS = 500;
const IDLE_MS = 60_000;

const resources = [
  status,
  pools,
  backends,
  clients,
  sessions,
  decisions,
  servers,
  tasks,
  configuration,
  aliases,
  laboratory,
  page,
];

/** The API without a place to listen on; its caller closes it. */
export async function application(desk: Desk, entrance: EntranceParts): Promise<Api> {
  const { log } = desk.controls;
  const answer = answerProblem(log);
  const bare = new BareAnswers();
  const app: Api = fastify({
    logger: false,
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: REQUEST_MS,
    connectionTimeout: IDLE_MS,
    // A request without Host is answered as one with another's.
    http: { headersTimeout: HEAD_MS, connectionsCheckingInterval: LOOK_MS, requireHostHeader: false },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => answer(error, request, reply),
    clientErrorHandler: (error, socket) => bare.answer(error, socket),
  });
  new Connections(MOST_CONNECTIONS).follow(app.server);
  app.server.on("connect", (_request, socket) => bare.refuseTunnel(socket as Socket));
  app.server.on("request", (request, response) => bare.begun(request, response));
  // What is expected beside 100-continue is passed over (RFC 9110 §10.1.1 allows it): Node's own 417 has no body.
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
  app.setErrorHandler(answer);
  const methods = new Methods();
  methods.follow(app);
  app.setNotFoundHandler((request, reply) => answer(methods.problemOf(request), request, reply));
  app.addHook("onSend", async (_request, reply) => {
    reply.headers({ ...SECURITY_HEADERS, ...reply.getHeaders() });
  });
  guard(app, entrance);
  audit(app, log, desk.live.news);
  readBodies(app);
  await describe(app);
  for (const resource of resources) resource(app, desk);
  await app.ready();
  return app;
}

/** What zod understands of a request, and JSON as it comes: answers are what their types say. */
function readBodies(app: Api): void {
  const PARTS: Readonly<Record<string, string>> = { body: "body", querystring: "query", params: "path" };
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart = "body" }) => (given) => {
    const { meaning, mistakes } = understand(schema, given);
    if (mistakes.length === 0) return { value: meaning };
    return { error: invalid(PARTS[httpPart] ?? httpPart, mistakes) as unknown as Error };
  });
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeContentTypeParser("text/plain");
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) =>
    body === "" ? done(null, undefined) : parse(request, body as string, done),
  );
}

/** What was expected, in words, is no keyword of JSON Schema: it describes what nothing else does. */
const inJsonSchema = {
  override({ jsonSchema }: { readonly jsonSchema: { expected?: unknown; description?: string } }) {
    const { expected } = jsonSchema;
    delete jsonSchema.expected;
    if (typeof expected === "string") jsonSchema.description ??= expected;
  },
};

/** The parts of the description that have names. */
interface Described {
  readonly components?: { readonly schemas?: Record<string, unknown> };
}

const withParts = createJsonSchemaTransformObject({ zodToJsonConfig: inJsonSchema });

/** The parts that have names are of answers alone; each comes a second time, as what a body of it would be. */
const withoutInputs: typeof withParts = (document) => {
  const described = withParts(document) as Described;
  const { schemas = {} } = described.components ?? {};
  for (const name of Object.keys(schemas)) if (name.endsWith("Input")) delete schemas[name];
  return described as ReturnType<typeof withParts>;
};

/** The description of all that is added after it, and a page to try it out. */
async function describe(app: Api): Promise<void> {
  app.addHook("onRoute", (route) => {
    if (route.url.startsWith("/docs")) route.config = { ...route.config, needs: "nothing" };
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "lb",
        version: version(),
        description: "What an operator does while the balancer runs.",
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: inJsonSchema }),
    transformObject: withoutInputs,
  });
  const uiConfig = { validatorUrl: null } as object;
  await app.register(swaggerUi, { routePrefix: "/docs", theme: { title: "lb" }, uiConfig });
}
