import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { explain, Failure } from "../command/failure.ts";
import { ConfigMistakes } from "../config/mistake.ts";
import type { Log } from "../observe/log.ts";
import { StoreDown, StoreFull } from "../store/refusals.ts";
import { mistakesProblem } from "./mistakes.ts";
import { Problem, type ProblemCode } from "./problem.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

/** What the server itself refuses, by its code. */
const OF_FASTIFY: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    "media-type",
    "expected a body of application/json, or of YAML for config/check",
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: ["too-large", "expected a body of at most 64 KiB, 1 MiB for config/check"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["invalid", "expected a body as long as Content-Length says"],
  FST_ERR_CTP_INVALID_JSON_BODY: ["invalid", "expected a body that is JSON"],
  FST_ERR_BAD_URL: ["invalid", "expected a path whose % begin two hexadecimal digits"],
  FST_ERR_MAX_PARAM_LENGTH: ["not-found", "expected names of at most 512 characters in the path"],
};

/** What Node's parser refuses, by its code. */
const OF_NODE: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ["headers-too-large", "expected a head of at most 16 KiB"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ["too-large", "expected smaller chunk extensions"],
  ERR_HTTP_REQUEST_TIMEOUT: ["too-slow", "expected the head within 5 s and all of the request within 10 s"],
};

/** What went wrong, as one of the table. */
function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code = "", statusCode = 500 } = error as { code?: string; statusCode?: number };
  const known = OF_FASTIFY[code];
  if (known !== undefined) return new Problem(...known);
  if (error instanceof ConfigMistakes) return mistakesProblem(error.mistakes);
  if (error instanceof StoreFull) return new Problem("full", error.message);
  if (error instanceof StoreDown) {
    const headers = { "retry-after": String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000))) };
    const changed = error.uncertain ? "look again whether anything was changed" : "nothing was changed";
    return new Problem("unavailable", `the store is down: ${changed}`, { headers });
  }
  if (error instanceof Failure) return new Problem("unavailable", explain(error));
  if (error instanceof SyntaxError)
    return new Problem("invalid", "expected a body that is JSON, without the keys __proto__ and constructor");
  if (statusCode >= 400 && statusCode < 500)
    return new Problem("invalid", "expected a method, a path and a body as /docs lists them");
  return new Problem("bug", "a defect of the balancer; its log says more");
}

/** Answers with an error; a defect is logged. */
export function answerProblem(log: Pick<Log, "logger">) {
  return (error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemOf(error);
    if (problem.code === "bug") log.logger.error({ err: error }, "the admin API has a defect");
    return reply.code(problem.status).headers(problem.headers).type("application/json").send(problem.body);
  };
}

/**
 * Answers on the bare socket what is no request, after the answers that are under way, and closes it. It has to be told of
 * every request that begins.
 */
export class BareAnswers {
  readonly #underWay = new WeakMap<Socket, Set<IncomingMessage>>();
  readonly #last = new WeakMap<Socket, () => void>();

  begun(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const requests = this.#underWay.get(socket) ?? new Set();
    this.#underWay.set(socket, requests.add(request));
    response.once("close", () => {
      requests.delete(request);
      if (!this.#answers(socket)) this.#last.get(socket)?.();
    });
  }

  answer({ code = "" }: { readonly code?: string }, socket: Socket): void {
    this.#close(
      socket,
      new Problem(...(OF_NODE[code] ?? (["invalid", "expected an HTTP request"] as const))),
    );
  }

  /** Refuses to be a proxy; the socket is no more Node's server's. */
  refuseTunnel(socket: Socket): void {
    socket.on("error", () => {});
    const message = "expected a method of a path: this is no proxy";
    this.#close(socket, new Problem("method-not-allowed", message, { headers: { allow: "GET" } }));
  }

  #close(socket: Socket, problem: Problem): void {
    const close = () => {
      if (socket.writable) socket.end(bareAnswer(problem), () => socket.destroySoon());
      else socket.destroy();
    };
    if (this.#answers(socket)) this.#last.set(socket, close);
    else close();
  }

  /** Whether an answer is under way. One whose request has not come whole has none: the rest of it never comes. */
  #answers(socket: Socket): boolean {
    return [...(this.#underWay.get(socket) ?? [])].some(({ complete }) => complete);
  }
}

function bareAnswer({ status, body, headers }: Problem): string {
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${body.error.code}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Connection: close",
    ...Object.entries({ ...SECURITY_HEADERS, ...headers }).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${head.join("\r\n")}\r\n\r\n${text}`;
}
