import { explain } from "../command/failure.ts";
import type { Config } from "../config/config.ts";
import type { Reading } from "../config/reader.ts";
import { warnings } from "../config/warnings.ts";
import type { Verdict } from "../contract/verdict.ts";
import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import { logLevels } from "../core/log-settings.ts";
import { inSlices } from "../core/slices.ts";
import { HealthChecker } from "../health/checker.ts";
import type { Log } from "../observe/log.ts";
import type { Plane } from "../plane/plane.ts";
import type { Store } from "../store/seam.ts";
import type { Transport } from "../transport/transport.ts";
import type { Turned } from "./families.ts";
import { LastAnswers } from "./last-answers.ts";
import { type NameChange, NameNews } from "./name-news.ts";
import { type NameEvents, type NameService, Names } from "./names.ts";
import { Overlay } from "./overlay.ts";
import { tellNews } from "./overlay-news.ts";
import { Reconciler, whole } from "./reconcile.ts";
import { Remembering } from "./remembering.ts";
import { namesIn } from "./snapshot.ts";
import { StartOnly } from "./start-only.ts";
import { type Status, statusOf } from "./status.ts";
import { Steering } from "./steering.ts";

/** What the control plane is made of. */
export interface ControlParts {
  readonly plane: Plane;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  /** Reads the configuration again; `before` is the one that holds, and comes back where nothing changed. */
  readonly load: (before: Config) => Promise<Reading>;
  /** Is told of each configuration from when it holds. */
  readonly adopted?: (config: Config) => void;
  /** Where what the API says is kept; undefined: in memory alone. The control plane opens and closes it. */
  readonly store?: Store | undefined;
  /** How names are looked up; default: as this machine does. */
  readonly nameService?: NameService;
}

/** What became of a reload. */
export type Reloaded =
  | { readonly kind: "applied"; readonly changes: readonly string[] }
  | { readonly kind: "overtaken" }
  | { readonly kind: "refused"; readonly error: unknown };

/**
 * The control plane: makes the data plane equal to what is wanted, at the start, when the file changed, when a name has other
 * addresses and when an operator says so, and gives it the verdicts of the health checks. It holds no part of the data plane.
 */
export class Control {
  readonly #parts: ControlParts;
  readonly #names: Names;
  readonly #news: NameNews;
  readonly #checker: HealthChecker;
  readonly #reconciler: Reconciler;
  readonly #remembering: Remembering;
  readonly #startOnly: StartOnly;
  /** What an operator may do. */
  readonly steering: Steering;
  readonly #toFollow = new Map<string, readonly string[]>();
  #started = false;
  #stopping = false;
  #reloads = 0;
  #applied = 0;

  constructor(config: Config, parts: ControlParts) {
    const { plane, log, clock, store, nameService } = parts;
    this.#parts = parts;
    this.#startOnly = new StartOnly(config);
    const followed: NameEvents = {
      changed: (name, addresses) => this.#followName(name, addresses),
      failed: (name, error) => log.logger.warn({ name, reason: explain(error, name) }, "name lost"),
    };
    this.#names = new Names(clock, followed, () => this.overlay.file.names.hold, nameService);
    this.#news = new NameNews(clock, (change) => this.#tellOfName(change));
    const answers = new LastAnswers(plane, clock);
    this.#checker = new HealthChecker({
      ...parts,
      tell: (verdict) => this.#pass(verdict),
      answeredAgoMs: (target) => answers.agoMs(target),
    });
    const overlay = Overlay.of(config, () => clock.wallMs(), store?.sharesClients);
    this.#reconciler = new Reconciler(overlay, {
      clock,
      plane,
      log,
      names: this.#names,
      checker: this.#checker,
      followed: (places) => this.#remembering.keeper.followed(places),
    });
    this.#remembering = new Remembering({ ...parts, store, reconciler: this.#reconciler });
    const { keeper, told } = this.#remembering;
    this.steering = new Steering({ plane, clock, reconciler: this.#reconciler, keeper, told });
  }

  /** Applies the configuration for the first time; rejects with what prevents it. */
  async start(): Promise<void> {
    const { overlay } = this.#reconciler;
    this.#warn(warnings(overlay.file));
    await this.#remembering.restore(overlay);
    using _names = await this.#reconciler.learn(namesIn(overlay));
    await this.#reconciler.inTurn(async () => {
      this.#reconciler.announce(await this.#reconciler.all(overlay));
      this.#started = true;
    });
    await this.#remembering.begin();
    this.#parts.adopted?.(overlay.file);
  }

  /** Reads the configuration again and applies what changed; a bad one is reported and changes nothing. Never rejects. */
  async reload(): Promise<Reloaded> {
    const number = ++this.#reloads;
    try {
      const reading = await this.#parts.load(this.overlay.file);
      using _names = await this.#reconciler.learn(namesIn(await this.#wantedBy(reading)));
      return await this.#reconciler.inTurn(() => this.#adopt(reading, number));
    } catch (error) {
      const { logger } = this.#parts.log;
      logger.error({ reason: whole(error) }, "reload refused, the old configuration serves on");
      return { kind: "refused", error };
    }
  }

  /** What is wanted now, each value with its source. */
  get overlay(): Overlay {
    return this.#reconciler.overlay;
  }

  /** The addresses of a name, as they are known now. */
  addressesOf(name: string): readonly string[] {
    return this.#names.addressesOf(name);
  }

  /** Whether it was told to stop. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** How long sessions may take to finish at a stop, as configured now. */
  get graceMs(): number {
    return this.overlay.file.shutdown.grace;
  }

  /** What is wanted and what is, now. */
  async status(): Promise<Status> {
    const { clock, plane } = this.#parts;
    const sample = await plane.sample();
    const steps = statusOf({
      overlay: this.overlay,
      sample,
      unresolved: this.#reconciler.unresolved,
      checker: this.#checker,
      nowMs: clock.wallMs(),
      clockMs: clock.now(),
    });
    return await inSlices(clock, steps);
  }

  /** Sessions that live now. */
  async sessions(): Promise<number> {
    const { listeners } = await this.#parts.plane.sample({ pools: [] });
    return listeners.reduce((sum, { active }) => sum + active, 0);
  }

  /** Stops watching names and backends, applies nothing more, and closes the data plane: see Plane.close. */
  async close(graceMs: number): Promise<number> {
    this.#stopping = true;
    this.#reconciler.close();
    this.#names[Symbol.dispose]();
    this.#news[Symbol.dispose]();
    this.#checker[Symbol.dispose]();
    const cut = await this.#parts.plane.close({ graceMs });
    await this.#remembering.close();
    return cut;
  }

  /** What would be wanted now; the words of operators may change before it is. */
  async #wantedBy({ config }: Reading): Promise<Overlay> {
    if (config === this.overlay.file) return this.overlay;
    return (await inSlices(this.#parts.clock, this.overlay.adopting(config))).overlay;
  }

  /** In a turn. A reload whose names were long in coming may find that a later one has overtaken it. */
  async #adopt(reading: Reading, number: number): Promise<Reloaded> {
    const { changes } = reading;
    if (number < this.#applied) {
      this.#parts.log.logger.info("reload overtaken by a later one");
      return { kind: "overtaken" };
    }
    this.#applied = number;
    if (reading.config === this.overlay.file && !this.#reconciler.behindNames) {
      this.#confirm(reading);
      return { kind: "applied", changes };
    }
    const { overlay, news, changed } = await inSlices(
      this.#parts.clock,
      this.overlay.adopting(reading.config),
    );
    const applied = await this.#reconciler.all(overlay);
    this.#confirm(reading);
    for (const each of news) tellNews(this.#parts.log, each);
    this.#remembering.keeper.followed(changed);
    this.#reconciler.announce(applied);
    return { kind: "applied", changes };
  }

  /** As the log is written from now on; before that where it would not be shown any more. */
  #confirm({ changes, config, warnings }: Reading): void {
    const { log } = this.#parts;
    const tell = () =>
      log.logger.info({ changes }, changes.length === 0 ? "reloaded, nothing changed" : "reloaded");
    this.#parts.adopted?.(config);
    const quiet = logLevels.indexOf(config.log.level) > logLevels.indexOf("info");
    if (quiet) tell();
    log.configure(config.log);
    if (!quiet) tell();
    this.#warn(warnings);
    for (const part of this.#startOnly.among(config))
      log.logger.warn({ part }, "changes at the next start only");
  }

  /** Names that change while others are followed are followed together, after those. */
  #followName(name: string, addresses: readonly string[]): void {
    this.#toFollow.set(name, addresses);
    if (this.#toFollow.size === 1) void this.#reconciler.inTurn(() => this.#followAll());
  }

  /** In a turn. The start uses all answers that there are by then. */
  async #followAll(): Promise<void> {
    const followed = Array.from(this.#toFollow, ([name, addresses]) => ({ name, addresses }));
    this.#toFollow.clear();
    if (!this.#started) return;
    try {
      const applied = await this.#reconciler.all(this.overlay);
      for (const each of followed) this.#news.changed(each);
      this.#reconciler.announce(applied);
    } catch (error) {
      const reason = whole(error);
      for (const each of followed) this.#news.changed({ ...each, reason });
    }
  }

  #tellOfName(change: NameChange): void {
    const { logger } = this.#parts.log;
    if (change.reason === undefined) logger.info(change, "names have other addresses, backends follow");
    else logger.error(change, "names have other addresses, which cannot be used");
  }

  #pass(verdict: Verdict): void {
    const { log, plane } = this.#parts;
    plane.order({ kind: "verdict", ...verdict }).catch((error) => {
      log.logger.error({ ...verdict, error: whole(error) }, "the data plane took no verdict");
    });
    const turned = this.#reconciler.heard(verdict);
    if (turned !== undefined) void this.#reconciler.inTurn(() => this.#turn(turned));
  }

  /** In a turn. */
  async #turn(turned: Turned): Promise<void> {
    const { logger } = this.#parts.log;
    const { pool, entry: backend, reason } = turned;
    try {
      if (await this.#reconciler.turned(turned))
        logger.info({ pool, backend, reason }, "backend has others of its addresses");
    } catch (error) {
      logger.error({ pool, backend, reason: whole(error) }, "backend keeps its addresses");
    }
  }

  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) this.#parts.log.logger.warn(warning);
  }
}
