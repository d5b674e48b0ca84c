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
import type { Kept, Store, StoreStatus } from "../store/store.ts";
import type { Transport } from "../transport/transport.ts";
import type { Turned } from "./families.ts";
import { isUnknown, Keeper } from "./keeper.ts";
import { LastAnswers } from "./last-answers.ts";
import { type NameChange, NameNews } from "./name-news.ts";
import { type NameEvents, type NameService, Names } from "./names.ts";
import { type Edit, Overlay, type OverlayNews } from "./overlay.ts";
import { Reconciler, whole } from "./reconcile.ts";
import { backendEdit, clientEdit } from "./rows.ts";
import { namesIn } from "./snapshot.ts";
import { type Status, statusOf } from "./status.ts";
import { Steering } from "./steering.ts";
import { TokenKeeper } from "./token-keeper.ts";

const NOTHING_KEPT: Kept = {
  clients: new Map(),
  backends: new Map(),
  tokens: new Map(),
  tokensAtMs: undefined,
};

/** What the control plane is made of. */
export interface ControlParts {
  readonly plane: Plane;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  /** Reads the configuration again; `before` is the one that holds, and comes back where nothing changed. */
  readonly load: (before: Config) => Promise<Reading>;
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
  readonly #keeper: Keeper;
  readonly #tokens: TokenKeeper | undefined;
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
    const followed: NameEvents = {
      changed: (name, addresses) => this.#follow(name, addresses),
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
    const overlay = Overlay.of(config, () => clock.wallMs());
    this.#reconciler = new Reconciler(overlay, {
      clock,
      plane,
      log,
      names: this.#names,
      checker: this.#checker,
    });
    const wanted = () => this.overlay;
    this.#keeper = new Keeper({ store, clock, overlay: wanted });
    this.#tokens = store && new TokenKeeper({ store, plane, clock, overlay: wanted });
    this.steering = new Steering(plane, this.#reconciler, this.#keeper);
  }

  /** Applies the configuration for the first time; rejects with what prevents it. */
  async start(): Promise<void> {
    const { overlay } = this.#reconciler;
    this.#warn(warnings(overlay.file));
    const kept = await this.#restored(overlay);
    using _names = await this.#reconciler.learn(namesIn(overlay));
    await this.#reconciler.inTurn(async () => {
      this.#reconciler.announce(await this.#reconciler.all(overlay));
      this.#started = true;
    });
    await this.#tokens?.start(kept ?? NOTHING_KEPT);
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
    return statusOf(this.overlay, sample, this.#reconciler.unresolved, clock.wallMs());
  }

  /** Sessions that live now. */
  async sessions(): Promise<number> {
    const { listeners } = await this.#parts.plane.sample();
    return listeners.reduce((sum, { active }) => sum + active, 0);
  }

  /** Stops watching names and backends, applies nothing more, and closes the data plane: see Plane.close. */
  async close(graceMs: number): Promise<number> {
    this.#stopping = true;
    this.#reconciler.close();
    this.#names[Symbol.dispose]();
    this.#news[Symbol.dispose]();
    this.#checker[Symbol.dispose]();
    this.#tokens?.[Symbol.dispose]();
    const cut = await this.#parts.plane.close({ graceMs });
    await this.#closeStore();
    return cut;
  }

  /** Whether words about a backend or client wait for the store. */
  get keeper(): Keeper {
    return this.#keeper;
  }

  /** Opens the store and puts what it has over the file; rejects where what is there cannot be used. */
  async #restored(overlay: Overlay): Promise<Kept | undefined> {
    const { store, log } = this.#parts;
    const kept = await store?.open({
      changed: (changes) =>
        void this.#follows(
          changes.map(
            ({ key, value }) =>
              () =>
                clientEdit(key, value),
          ),
        ),
      backends: (rows) =>
        void this.#follows(
          [...rows].map(
            ([key, value]) =>
              () =>
                backendEdit(key, value),
          ),
        ),
      status: (status) => this.#tellOfStore(status),
    });
    if (kept === undefined) {
      if (store !== undefined) this.#tellOfStore(store.status);
      return undefined;
    }
    for (const news of await this.#keeper.restore(kept, overlay)) this.#tell(news);
    log.logger.debug({ clients: kept.clients.size, backends: kept.backends.size }, "store read");
    return kept;
  }

  /** What the store tells of its own accord is put, one turn each; words of its own that wait for the store are newer. */
  async #follows(edits: readonly (() => Edit)[]): Promise<void> {
    for (const read of edits) {
      await this.#reconciler.inTurn(async () => {
        try {
          await this.#followRow(read());
        } catch (error) {
          this.#parts.log.logger.error({ reason: whole(error) }, "the store has a row that cannot be used");
        }
      });
    }
  }

  async #followRow(edit: Edit): Promise<void> {
    if (this.stopping || isUnknown(edit, this.overlay) || this.#keeper.waits(edit)) return;
    const news =
      edit.shelf === "clients"
        ? await this.#reconciler.putClient(edit)
        : await this.#reconciler.put(edit, "said before the start");
    for (const each of news) this.#tell(each);
  }

  #tellOfStore({ up, reason }: StoreStatus): void {
    const { logger } = this.#parts.log;
    if (up) logger.info("store up");
    else logger.error({ reason }, "store down, what is said is kept in memory");
    if (up) void this.#keeper.flush();
  }

  async #closeStore(): Promise<void> {
    const { store, log } = this.#parts;
    try {
      await this.#tokens?.save();
      await this.#keeper.flush();
      this.#keeper[Symbol.dispose]();
      await store?.close();
    } catch (error) {
      log.logger.error({ reason: whole(error) }, "the store was not closed in order");
    }
  }

  /** What would be wanted now; the words of operators may change before it is. */
  async #wantedBy({ config }: Reading): Promise<Overlay> {
    if (config === this.overlay.file) return this.overlay;
    return (await inSlices(this.#parts.clock, this.overlay.adopting(config))).overlay;
  }

  /** In a turn. A reload whose names were long in coming may find that a later one has overtaken it. */
  async #adopt(reading: Reading, number: number): Promise<Reloaded> {
    const { changes } = reading;
    if (number < this.#applied) return { kind: "overtaken" };
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
    for (const each of news) this.#tell(each);
    this.#keeper.followed(changed);
    this.#reconciler.announce(applied);
    return { kind: "applied", changes };
  }

  /** As the log is written from now on; before that where it would not be shown any more. */
  #confirm({ changes, config, warnings }: Reading): void {
    const { log } = this.#parts;
    const tell = () =>
      log.logger.info({ changes }, changes.length === 0 ? "reloaded, nothing changed" : "reloaded");
    const quiet = logLevels.indexOf(config.log.level) > logLevels.indexOf("info");
    if (quiet) tell();
    log.configure(config.log);
    if (!quiet) tell();
    this.#warn(warnings);
  }

  /** Names that change while others are followed are followed together, after those. */
  #follow(name: string, addresses: readonly string[]): void {
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

  #tell({ kind, ...fields }: OverlayNews): void {
    this.#parts.log.logger.info(fields, NEWS[kind]);
  }
}

/** What became of the API's words when the file spoke. */
const NEWS: Readonly<Record<OverlayNews["kind"], string>> = {
  "word-over": "the file has the last word",
  yielded: "a backend of the API yields to one of the file",
  "gone-with-pool": "a backend of the API goes with its pool",
  "client-yielded": "a client of the API yields to one of the file",
};
