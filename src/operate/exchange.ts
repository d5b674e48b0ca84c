import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { explain, Failure } from "../command/failure.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";

const DEADLINE_MS = 5_000;
const MOST_BYTES = 16 * 1024 * 1024;
const NOTHING_THERE: readonly unknown[] = ["ECONNREFUSED", "ENOENT"];
const BROKEN: readonly unknown[] = ["ECONNRESET", "EPIPE"];

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Requests by HTTP, a connection for each. */
export class Exchange {
  readonly #endpoint: Endpoint;
  readonly #where: string;
  readonly #token: string | undefined;

  constructor(endpoint: Endpoint, token: string | undefined) {
    this.#endpoint = endpoint;
    this.#where = formatEndpoint(endpoint);
    this.#token = token;
  }

  /** Rejects with a Failure where there is no whole answer within 5 s, or one larger than 16 MiB. */
  async send(method: string, path: string, body?: object): Promise<Answer> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = this.#headers(text);
      const response = await responseTo({ ...this.#place(), method, path, headers, signal }, text);
      const read = await this.#read(response);
      // Where an answer does not say how long it is, its end and a connection that we close look alike.
      signal.throwIfAborted();
      return { status: response.statusCode as number, text: read };
    } catch (error) {
      if (signal.aborted) throw new Failure(`${this.#where} did not answer within ${DEADLINE_MS / 1_000} s`);
      throw error instanceof Failure ? error : new Failure(this.#told(error as NodeJS.ErrnoException));
    }
  }

  #place(): RequestOptions {
    const endpoint = this.#endpoint;
    return endpoint.kind === "unix"
      ? { socketPath: endpoint.path }
      : { host: endpoint.host, port: endpoint.port };
  }

  #headers(text: string | undefined): Record<string, string | number> {
    return {
      accept: "application/json, text/plain",
      connection: "close",
      ...(this.#endpoint.kind === "unix" && { host: "localhost" }),
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...(text !== undefined && {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      }),
    };
  }

  async #read(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new Failure(`${this.#where} answered with more than 16 MiB`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  }

  #told(error: NodeJS.ErrnoException): string {
    const where = this.#where;
    const { code = "" } = error;
    if (NOTHING_THERE.includes(code))
      return `nothing listens on ${where}: is \`admin\` configured? --admin says where`;
    if (code.startsWith("HPE_")) return `${where} answered something that is no HTTP: is it the admin API?`;
    if (BROKEN.includes(code)) return `${where} broke the answer off: is it the admin API?`;
    return explain(error, where);
  }
}

function responseTo(options: RequestOptions, text: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(options, resolve);
    // Also what goes wrong after the response has begun, which its reader is told.
    sent.on("error", reject);
    // A server that changes to another protocol is left without an error.
    sent.once("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    sent.end(text);
  });
}
