import { explain } from "../command/failure.ts";
import type { Config } from "../config/config.ts";
import type { Endpoint } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import type { Dice } from "../core/dice.ts";
import type { Log } from "../observe/log.ts";
import type { CopyHost } from "./copy-host.ts";
import type { Guard } from "./guard.ts";
import { Output } from "./output.ts";
import type { Places } from "./places.ts";
import type { Ports } from "./ports.ts";
import { CopyProcess } from "./process.ts";

/** A template of the configuration. */
export type Template = Config["servers"][string];

/** What a copy does: `given-up` waits to be deleted. */
export const copyStates = ["starting", "up", "backing-off", "given-up", "stopping"] as const;
export type CopyState = (typeof copyStates)[number];

/** One copy, as it is told of. */
export interface CopyStatus {
  readonly name: string;
  readonly template: string;
  readonly pool: string;
  /** Null between two processes. */
  readonly endpoint: Endpoint | null;
  readonly pid: number | null;
  readonly state: CopyState;
  /** Unix time since when. */
  readonly sinceMs: number;
  /** In a row. */
  readonly crashes: number;
  /** Processes that were started after the first one. */
  readonly restarts: number;
  /** How the last process ended, in words; null where none has. */
  readonly lastExit: string | null;
}

type CopyEndpoint = Endpoint & { readonly kind: "tcp" };

/** What a copy is made of. */
export interface CopyParts {
  readonly host: CopyHost;
  readonly ports: Ports;
  readonly starting: Places;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
}

/** A process that has not answered its probe by then has crashed. */
const ANSWERS_WITHIN_MS = 30_000;
const ASK_FIRST_MS = 100;
const ASK_LAST_MS = 1_000;
const JOINS_WITHIN_MS = 10_000;
/** A process that lived so long begins a new row of crashes. */
const LONG_LIFE_MS = 60_000;
const MOST_CRASHES = 10;
const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 30_000;

/** One copy of a server, through all its processes: started, made a backend once it answers, started again when it crashes. */
export class Copy {
  readonly #parts: CopyParts;
  readonly #output: Output;
  readonly #up = new Deferred<void>();
  readonly #kill = new Deferred<void>();
  /** Called once, when it is told to stop. */
  readonly #stops = new Set<() => void>();
  /** Resolves when it is stopped and nothing of it is left. */
  readonly ended: Promise<void>;
  #process: CopyProcess | undefined;
  #endpoint: CopyEndpoint | undefined;
  #state: CopyState = "starting";
  #sinceMs: number;
  #crashes = 0;
  #starts = 0;
  /** Where a free port is looked for first. */
  #nextPort: number | undefined;
  #lastExit: string | null = null;

  constructor(
    readonly name: string,
    readonly templateName: string,
    readonly template: Template,
    parts: CopyParts,
  ) {
    this.#parts = parts;
    this.#output = new Output(name, parts.log, parts.clock);
    this.#sinceMs = parts.clock.wallMs();
    // Nothing need wait for it.
    this.#up.promise.catch(() => {});
    this.ended = this.#live();
  }

  /** Resolves when it is a backend; rejects where it was stopped or given up before. */
  get up(): Promise<void> {
    return this.#up.promise;
  }

  get status(): CopyStatus {
    return {
      name: this.name,
      template: this.templateName,
      pool: this.template.pool,
      endpoint: this.#endpoint ?? null,
      pid: this.#process?.pid ?? null,
      state: this.#state,
      sinceMs: this.#sinceMs,
      crashes: this.#crashes,
      restarts: Math.max(0, this.#starts - 1),
      lastExit: this.#lastExit,
    };
  }

  /** Takes it out of its pool, tells it to end and kills it where it does not; resolves when nothing of it is left. */
  stop(): Promise<void> {
    this.#becomes("stopping");
    for (const stop of this.#stops) stop();
    return this.ended;
  }

  /** The same at once. */
  kill(): Promise<void> {
    this.#kill.resolve();
    this.#process?.kill();
    return this.stop();
  }

  async #live(): Promise<void> {
    while ((await this.#once()) === "crashed") {
      if (this.#crashes >= MOST_CRASHES) {
        this.#giveUp();
        await this.#unlessStopped(new Promise(() => {}));
        break;
      }
      if ((await this.#backOff()) === "stop") break;
    }
    this.#up.reject(new Error(`${this.name} was stopped`));
  }

  /** One process, from its start to its end. */
  async #once(): Promise<"crashed" | "stop"> {
    const { ports, clock, guard } = this.#parts;
    const { host, ports: range } = this.template;
    using turn = await this.#turn();
    using place = await ports.take(host, range, this.#nextPort);
    if (this.#state === "stopping") return "stop";
    const startedMs = clock.now();
    if (place === undefined) return this.#crashed(`no free port of ${range.join("-")} on ${host}`, startedMs);
    this.#becomes("starting");
    this.#endpoint = { kind: "tcp", host, port: place.port };
    this.#starts += 1;
    const process = new CopyProcess(this.#program(place.port), (...said) => this.#output.follow(...said), {
      clock,
      guard,
    });
    this.#process = process;
    try {
      const how = await this.#serve(process, this.#endpoint, turn);
      if (how === "stop") return how;
      // Its port is held until it is gone.
      process.kill();
      await process.exited;
      return this.#crashed(how, startedMs);
    } finally {
      this.#process = undefined;
      this.#endpoint = undefined;
    }
  }

  /** A place among the copies that start: a start takes processor time, and has only 30 s to get it. */
  async #turn(): Promise<Disposable> {
    const turn = this.#parts.starting.take();
    const taken = await this.#unlessStopped(turn);
    if (taken !== "stop") return taken;
    void turn.then((place) => place[Symbol.dispose]());
    return { [Symbol.dispose]() {} };
  }

  /** A backend for as long as it lives; resolves with why it is one no more. */
  async #serve(process: CopyProcess, endpoint: CopyEndpoint, turn: Disposable): Promise<string> {
    const { host } = this.#parts;
    const { pool } = this.template;
    const { exited } = process;
    // Where it does not get up, its port may be why.
    this.#nextPort = endpoint.port + 1;
    const answered = await this.#unlessStopped(Promise.race([this.#answers(process, endpoint), exited]));
    if (answered === "stop") return this.#end(process);
    if (answered !== "answers") return answered;
    const refusal = await this.#join(endpoint);
    if (refusal !== undefined) return refusal;
    this.#nextPort = endpoint.port;
    turn[Symbol.dispose]();
    if (!this.#isStopping) this.#becomes("up");
    this.#up.resolve();
    this.#parts.log.logger.info({ copy: this.name, pool, pid: process.pid }, "copy up");
    const how = await this.#unlessStopped(exited);
    if (how !== "stop") {
      await host.lost(pool, this.name);
      return how;
    }
    await Promise.race([host.leave(pool, this.name, this.template.grace), this.#kill.promise]);
    return this.#end(process);
  }

  /** Resolves with why it is no backend; a pool that takes it too late gives it back. */
  async #join(endpoint: Endpoint): Promise<string | undefined> {
    const { host, clock } = this.#parts;
    const { pool } = this.template;
    const joined = host.join(pool, this.name, endpoint);
    const late = new Deferred<string>();
    using _deadline = clock.after(JOINS_WITHIN_MS, () => {
      late.resolve("its pool did not take it within 10 s");
      joined.then(() => host.leave(pool, this.name, 0)).catch(() => {});
    });
    return await Promise.race([
      joined.then(
        () => undefined,
        (error) => explain(error),
      ),
      late.promise,
    ]);
  }

  async #answers(process: CopyProcess, endpoint: Endpoint): Promise<string> {
    const { clock, host } = this.#parts;
    const lastMs = clock.now() + ANSWERS_WITHIN_MS;
    for (let waitMs = ASK_FIRST_MS; clock.now() < lastMs; waitMs = Math.min(2 * waitMs, ASK_LAST_MS)) {
      if (this.#process !== process || process.pid === undefined) return await process.exited;
      if (await host.answers(this.template.pool, endpoint)) return "answers";
      await this.#pause(waitMs);
    }
    return "no answer to its probe within 30 s";
  }

  async #end(process: CopyProcess): Promise<"stop"> {
    process.terminate();
    using _late = this.#parts.clock.after(this.template.grace, () => process.kill());
    void this.#kill.promise.then(() => process.kill());
    this.#lastExit = await process.exited;
    this.#parts.log.logger.info({ copy: this.name, exit: this.#lastExit }, "copy stopped");
    return "stop";
  }

  #crashed(how: string, startedMs: number): "crashed" {
    const { clock, log } = this.#parts;
    const livedMs = clock.now() - startedMs;
    this.#crashes = livedMs >= LONG_LIFE_MS ? 1 : this.#crashes + 1;
    this.#lastExit = how;
    log.logger.warn(
      { copy: this.name, reason: how, crashes: this.#crashes, livedMs: Math.round(livedMs) },
      "copy crashed",
    );
    return "crashed";
  }

  #backOff(): Promise<"stop" | "go"> {
    const { dice } = this.#parts;
    if (this.#isStopping) return Promise.resolve("stop");
    this.#becomes("backing-off");
    const mostMs = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#crashes - 1));
    // Copies that crash together are not started together.
    return this.#unlessStopped(this.#pause(mostMs * (0.5 + dice() / 2)));
  }

  #giveUp(): void {
    this.#becomes("given-up");
    const reason = this.#lastExit;
    this.#parts.log.logger.error({ copy: this.name, crashes: this.#crashes, reason }, "copy given up");
    this.#up.reject(new Error(`${this.name} crashed ${this.#crashes} times in a row: ${reason}`));
  }

  /** Settles as the work does, or with "stop" before that. Nothing of it is kept afterwards, however long the copy lives. */
  async #unlessStopped<T>(work: Promise<T>): Promise<T | "stop"> {
    if (this.#isStopping) return "stop";
    const stopped = new Deferred<"stop">();
    const stop = () => stopped.resolve("stop");
    this.#stops.add(stop);
    try {
      return await Promise.race([work, stopped.promise]);
    } finally {
      this.#stops.delete(stop);
    }
  }

  #pause(ms: number): Promise<"go"> {
    const over = new Deferred<"go">();
    this.#parts.clock.after(ms, () => over.resolve("go"));
    return over.promise;
  }

  get #isStopping(): boolean {
    return this.#state === "stopping";
  }

  #becomes(state: CopyState): void {
    if (this.#isStopping || this.#state === state) return;
    this.#state = state;
    this.#sinceMs = this.#parts.clock.wallMs();
  }

  #program(port: number) {
    const { command, env, host } = this.template;
    const filled = command.map((word) => word.replaceAll("{host}", host).replaceAll("{port}", String(port)));
    return { command: filled, env };
  }
}
