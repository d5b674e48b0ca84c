import type { FastifyInstance, FastifyRequest } from "fastify";
import { canonicalAddress } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import { Offenders } from "./offenders.ts";
import { checkHost, checkOrigin, isMutation } from "./origin.ts";
import { Problem } from "./problem.ts";
import type { Caller, Right, TokenFile } from "./token-file.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a caller needs; default: to read for GET, else to write. */
    readonly needs?: Right | "nothing";
    /** Whether it may still be done while the balancer stops; default: what changes nothing may. */
    readonly whileStopping?: boolean;
  }
  interface FastifyRequest {
    /** Whose token came with it; undefined where none is asked for. */
    caller: Caller | undefined;
  }
}

/** What decides who comes in. */
export interface EntranceParts {
  readonly clock: Clock;
  /** Undefined: everything is open to all who can connect. */
  readonly tokens: TokenFile | undefined;
  /** Names by which callers may ask, besides addresses and localhost. */
  hosts(): readonly string[];
  stopping(): boolean;
}

/** Lets in, before a body is read, only requests that are meant for us and that their caller may make. */
export function guard(app: FastifyInstance, { clock, tokens, hosts, stopping }: EntranceParts): void {
  const offenders = new Offenders(clock);
  app.decorateRequest("caller", undefined);
  app.addHook("onRequest", async (request) => {
    checkHost(request, hosts());
    if (isMutation(request)) checkOrigin(request);
    const { needs = isMutation(request) ? "write" : "read", whileStopping = needs !== "write" } =
      request.routeOptions.config ?? {};
    if (tokens !== undefined && needs !== "nothing")
      request.caller = await callerOf(request, tokens, offenders);
    if (request.caller?.right === "read" && needs === "write")
      throw new Problem("forbidden", `the token of ${request.caller.name} may only read`);
    if (!whileStopping && stopping()) throw new Problem("stopping", "the balancer is stopping");
  });
}

/** The address of a request's sender, for logs and limits. */
export function addressOf({ socket }: FastifyRequest): string {
  return socket.remoteAddress === undefined ? "unix" : canonicalAddress(socket.remoteAddress);
}

async function callerOf(request: FastifyRequest, tokens: TokenFile, offenders: Offenders): Promise<Caller> {
  const [, token] = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? "") ?? [];
  const caller = token === undefined ? undefined : tokens.callerOf(token);
  if (caller !== undefined) return caller;
  if (token !== undefined) await offenders.offended(addressOf(request));
  const realm = `Bearer realm="lb"${token === undefined ? "" : ', error="invalid_token"'}`;
  const message = "expected Authorization: Bearer and a token of admin.tokenFile";
  throw new Problem("unauthorized", message, { headers: { "www-authenticate": realm } });
}
