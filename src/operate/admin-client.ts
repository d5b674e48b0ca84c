import { readFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { explain, Failure, UsageError } from "../command/failure.ts";
import { escaped } from "../config/shown.ts";
import { type Endpoint, formatEndpoint, parseEndpoint } from "../core/address.ts";

const DEADLINE_MS = 5_000;
const MOST_BYTES = 16 * 1024 * 1024;
const GOOD = 300;
const UNAUTHORIZED = 401;
const NOBODY_THERE: readonly unknown[] = ["ECONNREFUSED", "ENOENT"];

/** Asks the admin API. Every failure is a Failure of one line that says what to do. */
export class AdminClient {
  readonly #endpoint: Endpoint;
  readonly #where: string;
  readonly #token: string | undefined;

  private constructor(endpoint: Endpoint, token: string | undefined) {
    this.#endpoint = endpoint;
    this.#where = formatEndpoint(endpoint);
    this.#token = token;
  }

  /** `admin`: where it listens; `tokenFile`: a file with the token alone, or with lines of admin.tokenFile, of which the first counts. */
  static async of(admin: string, tokenFile: string | undefined): Promise<AdminClient> {
    const token = tokenFile === undefined ? undefined : await tokenIn(tokenFile);
    return new AdminClient(endpointIn(admin), token);
  }

  /** The JSON that it answers, undefined where it is nothing; rejects with a Failure where it refuses. */
  async ask(method: string, path: string, body?: object): Promise<unknown> {
    const { status, text } = await this.#exchange(method, path, body);
    const answer = text === "" ? undefined : this.#parsed(text);
    if (status < GOOD) return answer;
    const { message } = (answer as { error?: { message?: unknown } } | undefined)?.error ?? {};
    const said = typeof message === "string" ? escaped(message) : `${this.#where} answered ${status}`;
    throw new Failure(status === UNAUTHORIZED ? `${said}: --token-file names a file with one` : said);
  }

  async #exchange(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      const response = await this.#send({ method, path, body, signal });
      return { status: response.statusCode ?? 0, text: await this.#read(response) };
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (signal.aborted) throw new Failure(`${this.#where} did not answer within ${DEADLINE_MS / 1_000} s`);
      if (NOBODY_THERE.includes((error as NodeJS.ErrnoException).code))
        throw new Failure(`nothing listens on ${this.#where}: is admin configured? --admin says where it is`);
      throw new Failure(`${this.#where} broke the answer off: ${explain(error)}`);
    }
  }

  #send(asked: {
    readonly method: string;
    readonly path: string;
    readonly body: object | undefined;
    readonly signal: AbortSignal;
  }): Promise<IncomingMessage> {
    const { method, path, body, signal } = asked;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: "application/json",
      connection: "close",
      ...(this.#endpoint.kind === "unix" && { host: "localhost" }),
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...(text !== undefined && {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      }),
    };
    const endpoint = this.#endpoint;
    const place =
      endpoint.kind === "unix" ? { socketPath: endpoint.path } : { host: endpoint.host, port: endpoint.port };
    return new Promise((resolve, reject) => {
      const sent = request({ ...place, method, path, headers, signal }, resolve);
      sent.once("error", reject);
      sent.end(text);
    });
  }

  async #read(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new Failure(`${this.#where} answered with more than 16 MiB`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new Failure(`${this.#where} answered something that is no JSON: is it the admin API?`);
    }
  }
}

function endpointIn(admin: string): Endpoint {
  try {
    return parseEndpoint(admin.replace(/^http:\/\//, "").replace(/\/$/, ""), 1);
  } catch {
    throw new UsageError(`--admin: expected host:port, [ipv6]:port or unix:/path, got "${admin}"`);
  }
}

async function tokenIn(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new Failure(explain(error, path));
  });
  const line = text.split("\n").find((each) => /^\s*[^\s#]/.test(each)) ?? "";
  const token = line.trim().split(/\s+/).at(-1) ?? "";
  if (/^[\w.~+/=-]+$/.test(token)) return token;
  throw new Failure(`${path}: expected a token, or lines name read|write token`);
}
