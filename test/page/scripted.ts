import type { ServerResponse } from "node:http";
import Fastify, { type FastifyInstance } from "fastify";
import type { Api } from "#lb/admin/api";
import type { Backend, Message, Moment } from "#lb/admin/page/wire";
import { page } from "#lb/admin/routes/page";

/** What the page asked for beside its parts and its events. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** What is answered; undefined: nothing, ever. */
type Answer = { readonly status?: number; readonly body: object } | undefined;

/** Serves the real page, and tells it what a test makes up. */
export class Scripted implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** What is answered to all that the page asks. */
  answer: (asked: Asked) => Answer | Promise<Answer> = () => ({ body: { decisions: [] } });
  /** What becomes of one that wants events; default: it is told what there is. */
  joining: (reader: ServerResponse) => void = (reader) => {
    begin(reader);
    if (this.#first !== undefined) reader.write(eventOf(this.#first));
    this.#readers.add(reader);
  };
  readonly #app: FastifyInstance;
  readonly #readers = new Set<ServerResponse>();
  readonly #first: Message | undefined;

  private constructor(app: FastifyInstance, first: Message | undefined) {
    this.#app = app;
    this.#first = first;
  }

  /** `first`: what a reader is told to begin with; none: nothing. */
  static async start(first?: Message): Promise<Scripted> {
    const app = Fastify({ forceCloseConnections: true });
    const scripted = new Scripted(app, first);
    page(app as unknown as Api);
    app.get("/api/v1/events", async (_request, reply) => {
      reply.hijack();
      scripted.joining(reply.raw);
    });
    app.all("/api/*", (request, reply) => {
      const asked = { method: request.method, path: request.url, body: request.body };
      scripted.asked.push(asked);
      void Promise.resolve(scripted.answer(asked)).then((answer) => {
        if (answer !== undefined) void reply.code(answer.status ?? 200).send(answer.body);
      });
    });
    await app.listen({ host: "127.0.0.1", port: 0 });
    return scripted;
  }

  get origin(): string {
    return this.#app.listeningOrigin;
  }

  /** Tells all readers of one message. */
  tell(message: Message): void {
    for (const reader of this.#readers) reader.write(eventOf(message));
  }

  /** Ends what all readers are told. */
  drop(): void {
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.close();
  }
}

/** The beginning of an answer with events. */
export function begin(reader: ServerResponse): void {
  reader.writeHead(200, { "content-type": "text/event-stream", "lb-right": "write" });
  reader.flushHeaders();
}

/** A message as it is sent. */
export function eventOf(message: Message): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}

/** A backend that is up, of which a test says what else. */
export function backendTold(name: string, more: Partial<Backend> = {}): Backend {
  const since = new Date(Date.now() - 60_000).toISOString();
  const address = "127.0.0.1:9001";
  const said = { source: "file", since } as const;
  return {
    name,
    entry: name,
    address,
    source: "file",
    configured: { name, address, weight: 1, maxConnections: "off", backup: false, state: "ready" },
    administrative: {
      state: { ...said, value: "ready", file: "ready" },
      weight: { ...said, value: 1, file: 1 },
      maxConnections: { ...said, value: "off", file: "off" },
    },
    operational: { value: "up", source: "probe", since, reason: "1 probe passed" },
    unresolved: null,
    active: 0,
    connected: 0,
    failed: 0,
    share: 0,
    fairShare: 0.5,
    answeredAgoMs: null,
    drainEnds: null,
    probe: { at: since, ms: 0.3, failure: null },
    ...more,
  };
}

/** A moment of a balancer, of which a test says what else. */
export function momentTold(ms: number, more: Partial<Moment> = {}): Moment {
  const none = { p50: null, p99: null };
  const at = new Date(ms).toISOString();
  return { at, perSec: 1, active: 1, endings: {}, connectMs: none, sessionMs: none, ...more };
}

/** What is told of a balancer with one pool. */
export function messageTold(backends: readonly Backend[], more: Partial<Message> = {}): Message {
  const listener = { name: "web", pool: "ping", address: "127.0.0.1:8080", leaving: false, active: 0 };
  return {
    at: new Date().toISOString(),
    health: { status: "ok", reasons: [] },
    clients: [],
    moments: [],
    news: [],
    listeners: [{ ...listener, maxConnections: "off", sessions: 0, bytesIn: 0, bytesOut: 0, endings: {} }],
    pools: [
      {
        name: "ping",
        algorithm: "round-robin",
        administrative: {
          algorithm: { value: "round-robin", source: "file" },
        },
        queued: 0,
        queueMax: 100,
        active: 0,
        usable: backends.length,
        backends,
      },
    ],
    ...more,
  } as Message;
}
