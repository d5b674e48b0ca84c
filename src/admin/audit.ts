import { isDeepStrictEqual } from "node:util";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { escaped } from "../config/shown.ts";
import type { Log } from "../observe/log.ts";
import { addressOf } from "./entrance.ts";
import type { News } from "./live/news.ts";
import { isMutation } from "./origin.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether each call leaves a line in the log; default: where it may change something. */
    readonly audited?: boolean;
  }
  interface FastifyRequest {
    /** What it changed, for the log; null where it was not let in. */
    change: Change | null;
  }
}

/** A thing as it was and as it is; undefined: there was none, or is none. */
interface Change {
  readonly before?: unknown;
  readonly after?: unknown;
}

const LONGEST = 2_000;
const REFUSED = 400;

/** Leaves a line in the log, and where it was done one in the news, for each request that may change something and was let in by what was asked before this. */
export function audit(app: FastifyInstance, log: Pick<Log, "audit">, news: Pick<News, "operator">): void {
  app.decorateRequest("change", null);
  app.addHook("onRequest", async (request) => {
    request.change = {};
  });
  app.addHook("onResponse", async (request, { statusCode }) => {
    const { audited = isMutation(request) && !request.is404 } = request.routeOptions.config;
    if (!audited || request.change === null) return;
    const { before, after } = request.change;
    const line = {
      ...who(request),
      status: statusCode,
      before: told(values(before)),
      after: told(values(after)),
    };
    if (statusCode < REFUSED) news.operator(line.by ?? "operator", doneTo(request, before, after));
    log.audit.info(line, statusCode < REFUSED ? "changed by the admin API" : "refused by the admin API");
  });
}

function who(request: FastifyRequest) {
  const { caller, method, url } = request;
  return { by: caller?.name ?? null, from: addressOf(request), what: told(`${method} ${url}`) };
}

/** `PATCH pools/web/backends/a: weight 1 → 3`. */
function doneTo({ method, url }: FastifyRequest, before: unknown, after: unknown): string {
  const path = told(url.replace(/^\/api\/v1\//, "")) as string;
  const was = (values(before) ?? {}) as Readonly<Record<string, unknown>>;
  const is = Object.entries((values(after) ?? {}) as object);
  const changed = is.filter(([key, value]) => !isDeepStrictEqual(was[key], value));
  const words = changed.map(
    ([key, value]) => `${key} ${key in was ? `${plain(was[key])} → ` : ""}${plain(value)}`,
  );
  return `${method} ${path}${words.length === 0 ? "" : `: ${words.join(", ")}`}`;
}

function plain(value: unknown): string {
  return told(value) ?? "none";
}

/** Without who said each value: this line says it. */
function values(thing: unknown): unknown {
  if (typeof thing !== "object" || thing === null) return thing;
  return Object.fromEntries(Object.entries(thing).filter(([key]) => key !== "from"));
}

/** Text from outside cannot look like another line of the log, or like another field of this one. */
function told(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = escaped(typeof value === "string" ? value : JSON.stringify(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
