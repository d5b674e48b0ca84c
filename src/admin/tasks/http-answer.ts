import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { retold } from "../../config/shown.ts";
import { Problem } from "../problem.ts";
import { refusal } from "./refusal.ts";

const MOST_BYTES = 64 * 1024;
const REFUSED: readonly unknown[] = [403, 429, 503];

/** What is asked of a web server. */
export interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
}

/** The JSON that a web server answers; throws a Problem where it is refused, or answers anything else. */
export async function askOverHttp(
  socket: Socket,
  { method, path, body }: Question,
  signal: AbortSignal,
): Promise<unknown> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    host: "localhost",
    accept: "application/json",
    connection: "close",
    ...(body !== undefined && {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    }),
  };
  const asked = request({ createConnection: () => socket, method, path, headers, signal });
  asked.end(text);
  try {
    return await saidIn(await answerTo(asked));
  } catch (error) {
    throw signal.aborted ? error : unanswered(error as Error);
  }
}

/** What is answered, as soon as its head is there; however the connection ends, one of the three comes of it. */
function answerTo(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once("response", resolve);
    asked.once("error", reject);
    asked.once("upgrade", ({ statusCode = 0 }) => reject(badStatus(statusCode)));
    asked.once("close", () => reject(new Error("closed")));
  });
}

async function saidIn(answer: IncomingMessage): Promise<unknown> {
  const { statusCode = 0 } = answer;
  const said = parsed(await textOf(answer));
  if (REFUSED.includes(statusCode)) throw refusal(codeIn(said), answer.headers["retry-after"]);
  if (statusCode >= 200 && statusCode < 300 && said !== undefined) return said;
  throw badStatus(statusCode);
}

function badStatus(status: number): Problem {
  return new Problem("bad-answer", `expected a JSON answer with a status of 2xx, got the status ${status}`);
}

function unanswered(error: Error & { readonly code?: string }): Problem {
  if (error instanceof Problem) return error;
  if (error.code?.startsWith("HPE_"))
    return new Problem("bad-answer", "expected an HTTP answer, got something else");
  return new Problem("unavailable", "the session ended without an answer");
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    length += chunk.length;
    if (length > MOST_BYTES)
      throw new Problem("bad-answer", `expected an answer of at most ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeIn(said: unknown): string {
  const { error } = (said ?? {}) as { readonly error?: { readonly code?: unknown } };
  return retold(String(error?.code ?? ""));
}
