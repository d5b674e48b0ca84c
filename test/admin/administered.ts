import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Config } from "#lb/config/config";
import type { Overlay } from "#lb/control/overlay";
import { type Endpoint, parseEndpoint } from "#lb/core/address";
import { Running } from "#lb/running";
import { configured, readingOf } from "../config/configured.ts";
import { NotedLog } from "../support/noted-log.ts";
import { dialPeer, type Peer, within } from "../support/peer.ts";

/** What is sent beside method and path. */
export interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON, unless it is a text. */
  readonly body?: unknown;
  /** The address that it is sent from. */
  readonly from?: string;
  /** How long its answer may take. */
  readonly withinMs?: number;
}

/** One answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: it is what the test says it is.
  readonly json: any;
}

/** What OpenAPI says of an operation, as far as tests look. */
interface Described {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: unknown }>> };
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: object }>>;
}

/** One method of one path. */
export interface Operation {
  readonly method: string;
  /** With `{name}` where a name stands. */
  readonly template: string;
  readonly path: string;
  readonly described: Described;
}

/** A whole balancer in this process with its admin API, asked over real HTTP. */
export class Administered implements AsyncDisposable {
  readonly log = new NotedLog();
  running!: Running;
  text: string;

  constructor(text: string) {
    this.text = text;
  }

  async start(hasFile: boolean): Promise<void> {
    const load = async (before: Config) => readingOf(before, this.text);
    const died = (error: Error) => {
      throw error;
    };
    const parts = { log: this.log, load, hasFile, thread: undefined, died };
    this.running = await Running.of(configured(this.text), parts);
    await this.running.start();
  }

  /** Where the API listens. */
  get endpoint(): Endpoint {
    const [fields] = this.log.lines.flatMap(([, message, each]) =>
      message === "admin API listening" ? [each as { readonly address: string }] : [],
    );
    return parseEndpoint(fields?.address ?? "");
  }

  get overlay(): Overlay {
    return this.running.control.overlay;
  }

  /** Lines of the log that the API left for what it changed, or was not let change. */
  get audit(): Readonly<Record<string, unknown>>[] {
    const lines = this.log.lines.filter(([, message]) => message.endsWith("by the admin API"));
    return lines.map(([, message, fields]) => ({ message, ...fields }));
  }

  /** All that an operator may have said or added, and what the file of the store has of it. */
  said(): unknown {
    const { overlay } = this;
    const { store } = overlay.file;
    const kept = store?.kind === "file" && readFileSync(store.path, "utf8");
    const pools = Object.keys(overlay.file.pools).map((pool) => {
      const entries = overlay.entriesOf(pool) ?? [];
      return [overlay.pool(pool), entries.map((entry) => [entry, overlay.backend(pool, entry.name)])];
    });
    return structuredClone([pools, [...overlay.clients()], kept]);
  }

  ask(method: string, path: string, { headers = {}, body, from, withinMs }: Asking = {}): Promise<Answer> {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const typed =
      text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const { endpoint } = this;
    const where =
      endpoint.kind === "unix"
        ? { socketPath: endpoint.path }
        : { ...endpoint, ...(from !== undefined && { localAddress: from }) };
    const asking = request({ ...where, method, path, headers: { ...typed, ...headers }, agent: false });
    const answer = new Promise<Answer>((resolve, reject) => {
      asking.on("error", reject);
      asking.on("response", (response) => {
        let said = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          said += chunk;
        });
        response.on("end", () => resolve(answerOf(response.statusCode ?? 0, response.headers, said)));
        response.on("error", reject);
      });
    });
    asking.end(text);
    return within(`an answer to ${method} ${path}`, answer, withinMs);
  }

  get(path: string, asking?: Asking): Promise<Answer> {
    return this.ask("GET", path, asking);
  }

  /** Each operation of its description, at a path that one could ask for. */
  async operations(): Promise<readonly Operation[]> {
    const { json } = await this.get("/docs/json");
    const paths = Object.entries<Record<string, Described>>(json.paths);
    return paths.flatMap(([template, methods]) =>
      Object.entries(methods).map(([method, described]) => ({
        method: method.toUpperCase(),
        template,
        path: template.replaceAll(/\{\w+\}/g, "a"),
        described,
      })),
    );
  }

  /** A bare connection to the API. */
  dial(): Promise<Peer> {
    return dialPeer(this.endpoint);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running.close(0);
  }
}

/** One that has started; `hasFile`: whether there is something to read again. */
export async function administered(text: string, { hasFile = true } = {}): Promise<Administered> {
  const made = new Administered(text);
  await made.start(hasFile);
  return made;
}

/** A file with an API, one listener, and two backends that are not probed; `admin` are further keys of that. */
export function adminFile(admin = "", more = ""): string {
  return `listeners: [{ name: web, listen: "127.0.0.1:0", pool: p, refuse: http }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:9001" }, { name: b, address: "127.0.0.1:9002" }] } }
admin: { listen: "127.0.0.1:0"${admin === "" ? "" : `, ${admin}`} }
${more}`;
}

/** A folder that lasts as long as the test. */
export async function ownFolder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "administered-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** One whose store is a file. */
export async function stored(text: string): Promise<Administered> {
  return administered(withStore(text, await ownFolder()));
}

/** A configuration whose store is a file in that folder. */
export function withStore(text: string, folder: string): string {
  return `${text}\nstore: { kind: file, path: "${join(folder, "words.json")}" }`;
}

/** One that all tests of a group ask, for those that change nothing; `file` is its configuration, which may name files of a folder. */
export function sharedByAll(file: (folder: string) => string): { readonly api: Administered } {
  const shared = {} as { api: Administered };
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "administered-"));
    shared.api = await administered(file(folder));
  });
  afterAll(async () => {
    await shared.api[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  return shared;
}

/** Whether a body is the one shape of all errors. */
export function isError(json: unknown): boolean {
  const { error, ...rest } = (json ?? {}) as { error?: { code?: unknown; message?: unknown } };
  const isEmpty = Object.keys(rest).length === 0;
  return isEmpty && typeof error?.code === "string" && typeof error.message === "string";
}

function answerOf(status: number, headers: IncomingHttpHeaders, text: string): Answer {
  const isJson = headers["content-type"]?.startsWith("application/json") === true;
  return { status, headers, text, json: isJson ? JSON.parse(text) : undefined };
}
