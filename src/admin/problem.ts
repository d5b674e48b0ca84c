/** Every error of the API: its code, its status, and what it means. docs/admin-api.md lists them. */
export const problems = {
  invalid: [400, "the request is not as expected; the message says what was"],
  unauthorized: [401, "a token is missing or unknown"],
  forbidden: [403, "the token may only read, or the request comes from another site's page"],
  "not-found": [404, "there is no such thing"],
  "method-not-allowed": [405, "the path has other methods; Allow names them"],
  "too-slow": [408, "the request did not come in time"],
  exists: [409, "there is one with that name already"],
  "of-the-file": [409, "the configuration file has it: change it there"],
  "is-a-copy": [409, "it is a copy of a server: delete the copy"],
  full: [409, "there is no room for more"],
  "no-file": [409, "the balancer was started without a configuration file"],
  changed: [412, "it is not what If-Match says any more"],
  "too-large": [413, "the body is larger than the path takes"],
  "media-type": [415, "the path takes other kinds of bodies"],
  misdirected: [421, "the Host is no address, not localhost, and none of admin.hosts"],
  mistakes: [422, "a configuration has mistakes; they are listed"],
  "too-many": [429, "too many at once, or too many wrong tokens"],
  refused: [429, "the balancer refused the task as that of a client above its limits"],
  "headers-too-large": [431, "the head of the request is larger than 16 KiB"],
  bug: [500, "a defect of the balancer; its log says more"],
  "bad-answer": [502, "a server answered something else than expected"],
  unavailable: [503, "it cannot be done now, and may be later"],
  stopping: [503, "the balancer is stopping"],
} as const satisfies Record<string, readonly [status: number, meaning: string]>;

/** One word of the table. */
export type ProblemCode = keyof typeof problems;

/** What more an answer may have. */
interface More {
  readonly headers?: Readonly<Record<string, string>>;
  /** Of what refused it elsewhere: stands for the code. */
  readonly word?: string;
  /** Further members of `error`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Thrown to answer a request with an error. */
export class Problem extends Error {
  readonly headers: Readonly<Record<string, string>>;
  readonly #word: string;
  readonly #details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ProblemCode,
    message: string,
    { headers = {}, details = {}, word = code }: More = {},
  ) {
    super(message);
    this.headers = headers;
    this.#word = word;
    this.#details = details;
  }

  get status(): number {
    return problems[this.code][0];
  }

  /** The one shape of all errors. */
  get body(): { readonly error: { readonly code: string; readonly message: string } } {
    return { error: { code: this.#word, message: this.message, ...this.#details } };
  }
}
