import type { Config } from "./config/config.ts";
import { otherFiles } from "./config/other-files.ts";
import type { Reading } from "./config/reader.ts";
import { Control } from "./control/control.ts";
import { CopyBackends } from "./control/copy-backends.ts";
import { systemClock } from "./core/clock.ts";
import { systemDice } from "./core/dice.ts";
import { openFiles, sessionsWithin } from "./core/open-files.ts";
import type { Log } from "./observe/log.ts";
import { LocalPlane } from "./plane/local.ts";
import type { Store } from "./store/store.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { SocketTransport } from "./transport/sockets/index.ts";

/** What a balancer is run with. */
export interface RunningParts {
  readonly log: Log;
  /** Reads the configuration again; see ControlParts. */
  readonly load: (before: Config) => Promise<Reading>;
}

/** A whole balancer: its data plane, what steers it, and the copies of servers that it keeps. */
export class Running {
  readonly control: Control;
  readonly #supervisor: Supervisor;

  private constructor(config: Config, store: Store | undefined, { log, load }: RunningParts) {
    const parts = { transport: new SocketTransport(systemClock), clock: systemClock, dice: systemDice };
    const plane = new LocalPlane({ ...parts, maxSessions: sessionsWithin(openFiles(), otherFiles(config)) });
    log.follow(plane);
    const adopted = ({ servers }: Config) => this.#supervisor.configure(servers);
    this.control = new Control(config, { ...parts, plane, log, store, load, adopted });
    const host = new CopyBackends({ ...parts, plane, control: this.control });
    this.#supervisor = new Supervisor({ ...parts, log, host });
  }

  /** A balancer that listens on nothing yet. */
  static async of(config: Config, parts: RunningParts): Promise<Running> {
    // What a plain balancer does not need is not loaded: it would be a third of its start.
    const store = config.store && (await import("./store/store.ts")).openStore(config.store, SYSTEM);
    return new Running(config, store, parts);
  }

  /** Listens; rejects with what prevents it, after undoing what was begun. */
  async start(): Promise<void> {
    try {
      await this.control.start();
    } catch (error) {
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
    return cut;
  }
}

const SYSTEM = { clock: systemClock, dice: systemDice };
