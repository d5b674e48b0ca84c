import type { z } from "zod";
import { Failure } from "../command/failure.ts";
import { escaped } from "../config/shown.ts";
import type { Endpoint } from "../core/address.ts";
import { formatEndpoint } from "../core/address.ts";
import { type Answer, Exchange } from "./exchange.ts";
import type { Token } from "./token.ts";

const UNAUTHORIZED = 401;
const LONGEST_MESSAGE = 1_000;

/** The API understood what it was asked for and did not do it. */
export class Refused extends Failure {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What is asked of the API. */
export interface Question<T> {
  readonly method: "GET" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
  /** What its answer has to be. */
  readonly answer: z.ZodType<T>;
}

/** Asks the admin API. Every failure is a Failure of one line that says what to do, with all that came from outside escaped. */
export class AdminClient {
  readonly #exchange: Exchange;
  /** Where the API is, as a person writes it. */
  readonly where: string;
  readonly #token: Token | undefined;

  constructor(endpoint: Endpoint, token: Token | undefined) {
    this.#exchange = new Exchange(endpoint, token?.text);
    this.where = formatEndpoint(endpoint);
    this.#token = token;
  }

  /** Rejects with a Refused where the API refuses. */
  async ask<T>({ method, path, body, answer }: Question<T>): Promise<T> {
    const { status, text } = await this.#exchange.send(method, path, body);
    const said = valueIn(text);
    if (status < 200 || status >= 300) throw this.#refusal(status, said);
    const read = answer.safeParse(said);
    if (read.success) return read.data;
    const what =
      said === NO_JSON ? "something that is no JSON" : "something that this command does not understand";
    throw new Failure(`${this.where} answered ${what}: is it the admin API, and of this version?`);
  }

  /** A text of any kind; rejects with a Refused where the API refuses. */
  async text(path: string): Promise<string> {
    const { status, text } = await this.#exchange.send("GET", path);
    if (status !== 200) throw this.#refusal(status, valueIn(text));
    return text;
  }

  #refusal(status: number, said: unknown): Failure {
    if (status === UNAUTHORIZED) return new Refused(status, this.#unauthorized());
    const { message } = (said as { error?: { message?: unknown } } | null | undefined)?.error ?? {};
    return typeof message === "string"
      ? new Refused(status, escaped(message.slice(0, LONGEST_MESSAGE)))
      : new Failure(`${this.where} answered with the status ${status}: is it the admin API?`);
  }

  #unauthorized(): string {
    return this.#token === undefined
      ? `${this.where} expects a token: --token-file names a file with one`
      : `${this.where} does not know the token in ${this.#token.path}`;
  }
}

const NO_JSON = Symbol("no JSON");

/** Undefined where there is no text. */
function valueIn(text: Answer["text"]): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return NO_JSON;
  }
}
