import type { AdminApi } from "./admin/admin-api.ts";
import type { Controls } from "./admin/controls.ts";
import type { Laboratory } from "./admin/laboratory.ts";
import type { FollowedParts, Live } from "./admin/live/live.ts";
import type { Config } from "./config/config.ts";
import { otherFiles } from "./config/other-files.ts";
import type { Reading } from "./config/reader.ts";
import { Control } from "./control/control.ts";
import { CopyBackends } from "./control/copy-backends.ts";
import { systemClock } from "./core/clock.ts";
import { systemDice } from "./core/dice.ts";
import { openFiles, sessionsWithin } from "./core/open-files.ts";
import { DroppedReports } from "./observe/dropped-reports.ts";
import { FreshLoss } from "./observe/fresh-loss.ts";
import type { Log } from "./observe/log.ts";
import type { Metrics } from "./observe/metrics.ts";
import { type OpenedPlane, openPlane } from "./plane/open.ts";
import type { Plane } from "./plane/plane.ts";
import type { PlaneThread } from "./plane/start.ts";
import type { Store } from "./store/store.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { SocketTransport } from "./transport/sockets/index.ts";
import type { Transport } from "./transport/transport.ts";

const SYSTEM = { clock: systemClock, dice: systemDice };

/** What a balancer is run with. */
export interface RunningParts {
  readonly log: Log;
  /** Reads the configuration again; see ControlParts. */
  readonly load: (before: Config) => Promise<Reading>;
  /** Whether there is a file to read again. */
  readonly hasFile: boolean;
  /** A thread that was started for the data plane; it is used, or ended. */
  readonly thread: PlaneThread | undefined;
  /** Is told of a defect by which the data plane has ended. */
  readonly died: (error: Error) => void;
}

/** What a balancer has before it listens. */
interface Made extends RunningParts {
  readonly opened: OpenedPlane;
  readonly transport: Transport;
  readonly store: Store | undefined;
}

/** A whole balancer: its data plane, what steers it, its API, and the copies of servers that it keeps. */
export class Running {
  readonly control: Control;
  readonly #config: Config;
  readonly #parts: RunningParts;
  readonly #plane: Plane;
  readonly #opened: OpenedPlane;
  readonly #store: Store | undefined;
  readonly #supervisor: Supervisor;
  readonly #droppedReports: DroppedReports;
  readonly #lostLines = new FreshLoss(systemClock);
  readonly #lostReports = new FreshLoss(systemClock);
  #admin: AdminApi | undefined;
  #live: Live | undefined;
  #laboratory: Laboratory | undefined;

  private constructor(config: Config, { opened, transport, store, ...parts }: Made) {
    const { log, load } = parts;
    const { plane } = opened;
    this.#opened = opened;
    log.follow(plane);
    this.#droppedReports = new DroppedReports(plane);
    this.#config = config;
    this.#parts = parts;
    this.#plane = plane;
    this.#store = store;
    const adopted = (next: Config) => this.#adopt(next);
    this.control = new Control(config, { ...SYSTEM, transport, plane, log, store, load, adopted });
    const host = new CopyBackends({ ...SYSTEM, transport, plane, control: this.control });
    this.#supervisor = new Supervisor({ ...SYSTEM, log, host });
  }

  /** A balancer that listens on nothing yet. */
  static async of(config: Config, parts: RunningParts): Promise<Running> {
    // What a plain balancer does not need is not loaded: it would be half of its start.
    const store = config.store && (await import("./store/store.ts")).openStore(config.store, SYSTEM);
    // Probes, names and copies of servers are this thread's, wherever sessions are served.
    const transport = new SocketTransport(systemClock);
    const opened = await openPlane({
      ...SYSTEM,
      ...parts,
      wanted: config.transport,
      ofListeners: config.listeners.map((listener) => listener.transport),
      sockets: transport,
      maxSessions: sessionsWithin(openFiles(), otherFiles(config)),
    });
    for (const { name, reason } of opened.refused)
      parts.log.logger.info({ transport: name, reason }, "transport refused");
    return new Running(config, { ...parts, store, transport, opened });
  }

  /** What moves the bytes, and, where that is no engine and there is one, those of listeners that want it: `native`. */
  get movers(): { readonly transport: string; readonly native?: string } {
    const { transport, engine } = this.#opened;
    return engine === undefined || engine === transport ? { transport } : { transport, native: engine };
  }

  /** Listens; rejects with what prevents it, after undoing what was begun. Being told to stop meanwhile is no failure. */
  async start(): Promise<void> {
    try {
      const { admin } = this.#config;
      if (admin !== undefined) await this.#follow();
      await this.control.start();
      if (admin !== undefined) await this.#openAdmin(admin);
    } catch (error) {
      if (this.control.stopping) return;
      await this.close(0);
      throw error;
    }
  }

  /**
   * Stops accepting, lets sessions finish for `graceMs` and cuts the rest, then ends the copies; called again with 0 it does all
   * that at once. Resolves with how many sessions were cut.
   */
  async close(graceMs: number): Promise<number> {
    const cut = await this.control.close(graceMs);
    await this.#supervisor.close({ now: graceMs === 0 });
    await this.#admin?.[Symbol.asyncDispose]();
    this.#live?.[Symbol.dispose]();
    this.#opened.release();
    return cut;
  }

  #adopt({ servers }: Config): void {
    this.#supervisor.configure(servers);
    void this.#admin?.readTokens();
  }

  /** Begins before the start, as what happens then is news, too. */
  async #follow(): Promise<void> {
    const [{ Laboratory }, { Live }] = await Promise.all([
      import("./admin/laboratory.ts"),
      import("./admin/live/live.ts"),
    ]);
    this.#laboratory = Laboratory.around(systemClock);
    this.#live = new Live(this.#followed());
  }

  async #openAdmin(admin: NonNullable<Config["admin"]>): Promise<void> {
    const [{ AdminApi }, { Metrics }] = await Promise.all([
      import("./admin/admin-api.ts"),
      import("./observe/metrics.ts"),
    ]);
    const { log } = this.#parts;
    const metrics = new Metrics({
      clock: systemClock,
      plane: this.#plane,
      droppedLogLines: () => log.dropped,
      droppedReports: this.#droppedReports,
      store: () => this.#store && { kind: this.#config.store?.kind ?? "file", up: this.#store.status.up },
      copies: () => this.#supervisor.counts,
    });
    this.#admin = await AdminApi.open(admin, this.#controls(metrics), this.#live as Live);
  }

  #followed(): FollowedParts {
    return {
      clock: systemClock,
      log: this.#parts.log,
      plane: this.#plane,
      status: async () => ({
        ...(await this.control.status()),
        ...(this.#laboratory && { laboratory: true }),
      }),
      ailments: () => this.#ailments(),
    };
  }

  #controls(metrics: Metrics): Controls {
    const { control } = this;
    const { hasFile } = this.#parts;
    return {
      ...this.#followed(),
      plane: this.#plane,
      steering: control.steering,
      copies: this.#supervisor,
      laboratory: this.#laboratory,
      scrape: (accept) => metrics.render(accept),
      overlay: () => control.overlay,
      stopping: () => control.stopping,
      addressesOf: (name) => control.addressesOf(name),
      reload: async () => (hasFile ? control.reload() : { kind: "no-file" }),
    };
  }

  #ailments(): string[] {
    const { dropped: lines } = this.#parts.log;
    const { sessions, others } = this.#droppedReports;
    const { up = true } = this.#store?.status ?? {};
    const givenUp = this.#supervisor.copies.filter(({ state }) => state === "given-up");
    return [
      ...(up ? [] : ["the store is down: the log says why"]),
      ...(this.#lostLines.isFresh(lines) ? [`lines of the log are dropped, ${lines} so far`] : []),
      ...(this.#lostReports.isFresh(sessions + others)
        ? [`reports of the data plane are dropped, ${sessions + others} so far`]
        : []),
      ...givenUp.map(({ name }) => `the copy ${name} was given up: the log says why`),
    ];
  }
}
