import { explain, Failure } from "./command/failure.ts";
import type { Config } from "./config/config.ts";
import { difference } from "./config/difference.ts";
import { heldByOwn } from "./config/held.ts";
import { type NameEvents, type NameService, Names } from "./config/names.ts";
import { namesIn, snapshotOf } from "./config/snapshot.ts";
import { type AppliedConfig, targetsOf } from "./config/targets.ts";
import { refuseUnresolved, type UnresolvedBackend, unresolvedBackends } from "./config/unresolved.ts";
import { warnings } from "./config/warnings.ts";
import { formatEndpoint } from "./core/address.ts";
import type { Clock } from "./core/clock.ts";
import type { Dice } from "./core/dice.ts";
import { logLevels } from "./core/log-settings.ts";
import { Newcomers } from "./core/newcomers.ts";
import { HealthChecker } from "./health/checker.ts";
import type { Verdict } from "./health/verdict.ts";
import type { Log } from "./observe/log.ts";
import type { Applied, Plane, Report } from "./plane/plane.ts";
import type { Transport } from "./transport/transport.ts";

/** What the control plane is made of. */
export interface ControlParts {
  readonly plane: Plane;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  /** Reads the configuration again; rejects with what is wrong with it. */
  readonly load: () => Promise<Config>;
  /** How names are looked up; default: as this machine does. */
  readonly nameService?: NameService;
}

/**
 * The control plane: makes the data plane equal to the configuration, at the start, when the file changed and when a
 * name has other addresses, and gives it the verdicts of the health checks. It holds no part of the data plane.
 */
export class Control {
  readonly #parts: ControlParts;
  readonly #names: Names;
  readonly #checker: HealthChecker;
  #config: Config;
  #applied: AppliedConfig | undefined;
  #listening: Applied["listeners"] = [];
  readonly #announced = new Newcomers<Applied["listeners"][number]>(({ endpoint }) =>
    formatEndpoint(endpoint),
  );
  readonly #unresolved = new Newcomers<UnresolvedBackend>(
    ({ pool, backend, address }) => `${pool} ${backend} ${address}`,
  );
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(config: Config, parts: ControlParts) {
    this.#config = config;
    this.#parts = parts;
    const { plane, log, clock, nameService } = parts;
    plane.onReports = (batch) => {
      log.report(batch);
      if (batch.some(isOfMaintenance)) void this.#inTurn(() => this.#probe());
    };
    const tell = (verdict: Verdict) => void plane.order({ kind: "verdict", ...verdict });
    this.#checker = new HealthChecker({ ...parts, tell });
    const followed: NameEvents = {
      changed: (name, addresses) => void this.#inTurn(() => this.#follow(name, addresses)),
      failed: (name, error) => log.logger.warn({ name, reason: explain(error, name) }, "name lost"),
    };
    this.#names = new Names(clock, followed, nameService);
  }

  /** Applies the configuration for the first time; rejects with what prevents it. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      this.#warn(this.#config);
      this.#announce(await this.#adopt(this.#config));
    });
  }

  /** Reads the configuration again and applies what changed; a bad one is reported and changes nothing. */
  reload(): Promise<void> {
    return this.#inTurn(() => this.#reload());
  }

  /** Whether it was told to stop. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** How long sessions may take to finish at a stop, as configured now. */
  get graceMs(): number {
    return this.#config.shutdown.grace;
  }

  /** Sessions that live now. */
  async sessions(): Promise<number> {
    const { listeners } = await this.#parts.plane.sample();
    return listeners.reduce((sum, { active }) => sum + active, 0);
  }

  /** Stops watching names and backends, applies nothing more, and closes the data plane: see Plane.close. */
  async close(graceMs: number): Promise<number> {
    this.#stopping = true;
    this.#names[Symbol.dispose]();
    this.#checker[Symbol.dispose]();
    return this.#parts.plane.close({ graceMs });
  }

  /** One change after another. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const changed = this.#turn.then(change);
    this.#turn = changed.catch(() => {});
    return changed;
  }

  async #reload(): Promise<void> {
    const { log, load } = this.#parts;
    try {
      const config = await load();
      const applied = await this.#adopt(config);
      const changes = difference(this.#config, config);
      this.#config = config;
      this.#confirm(changes, config);
      this.#warn(config);
      this.#announce(applied);
    } catch (error) {
      log.logger.error({ reason: whole(error) }, "reload refused, the old configuration serves on");
    }
  }

  /** As the log is written from now on; before that where it would not be shown any more. */
  #confirm(changes: readonly string[], config: Config): void {
    const { log } = this.#parts;
    const tell = () =>
      log.logger.info({ changes }, changes.length === 0 ? "reloaded, nothing changed" : "reloaded");
    const quiet = logLevels.indexOf(config.log.level) > logLevels.indexOf("info");
    if (quiet) tell();
    log.configure(config.log);
    if (!quiet) tell();
  }

  async #follow(name: string, addresses: readonly string[]): Promise<void> {
    const { log } = this.#parts;
    try {
      const applied = await this.#apply(this.#config);
      log.logger.info({ name, addresses }, "names have other addresses, backends follow");
      this.#announce(applied);
    } catch (error) {
      log.logger.error(
        { name, addresses, reason: whole(error) },
        "names have other addresses, which cannot be used",
      );
    }
  }

  /** Applies a configuration once its names are looked up, which takes 10 s at most where no name server answers. */
  async #adopt(config: Config): Promise<Applied> {
    await this.#names.learn(namesIn(config));
    return this.#apply(config);
  }

  async #apply(config: Config): Promise<Applied> {
    try {
      // It would open again what is being closed.
      if (this.#stopping) throw new Failure("the balancer is stopping");
      refuseUnresolved(config, this.#names);
      const snapshot = snapshotOf(config, (name) => this.#names.addressesOf(name));
      const applied = await this.#parts.plane.apply(snapshot);
      this.#applied = { config, snapshot };
      this.#listening = applied.listeners;
      this.#tellUnresolved(config);
      await this.#probe();
      return applied;
    } catch (error) {
      throw heldByOwn(error, this.#listening);
    } finally {
      // Also where it was refused: what it alone named was learnt for nothing.
      this.#names.keep(namesIn(this.#applied?.config ?? config));
    }
  }

  /** Lets the checker follow what was applied and who is in maintenance. */
  async #probe(): Promise<void> {
    const { pools } = await this.#parts.plane.sample();
    if (this.#stopping || this.#applied === undefined) return;
    this.#checker.watch(targetsOf(this.#applied, pools));
  }

  #warn(config: Config): void {
    for (const warning of warnings(config)) this.#parts.log.logger.warn(warning);
  }

  /** One line for each backend that is newly left out. */
  #tellUnresolved(config: Config): void {
    for (const backend of this.#unresolved.among(unresolvedBackends(config, this.#names)))
      this.#parts.log.logger.warn(backend, "backend not resolved");
  }

  /** One line for each listener that is new. */
  #announce({ listeners }: Applied): void {
    for (const { name, endpoint } of this.#announced.among(listeners))
      this.#parts.log.logger.info({ listener: name, address: formatEndpoint(endpoint) }, "listening");
  }
}

function isOfMaintenance(report: Report): boolean {
  return report.kind === "backend" && [report.change.state, report.change.was].includes("maint");
}

/** All of it: a bad file has many mistakes. */
function whole(error: unknown): string {
  return error instanceof Error && error.message.includes("\n") ? error.message : explain(error);
}
