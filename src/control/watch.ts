import { type FSWatcher, watch } from "node:fs";
import { resolve } from "node:path";
import { readBytes } from "../config/file.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { type Stage, wayTo } from "./way.ts";

const SETTLE_MS = 200;

/** Whom a watch tells. */
export interface WatchEvents {
  /** The file's content is another, and has been for 200 ms. */
  changed(): void;
  /** A folder cannot be watched, or not any longer; changes there go unseen. */
  failed(error: Error): void;
}

/** A folder while it is watched, as part of the way that was walked last. */
interface Watched {
  readonly watcher: FSWatcher;
  stage: Stage;
}

/**
 * Watches a file by every name on the way to it, so that it, a folder or a link may be replaced by another of its name, as
 * editors and deployments do. The file may be gone for a while. It is read at most once in 200 ms, however much goes on there.
 */
export class ConfigWatch implements Disposable {
  readonly #path: string;
  readonly #events: WatchEvents;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();
  #timer: Timer | undefined;
  #looking = false;
  #again = false;
  #closed = false;
  #told: Uint8Array | undefined;
  #seen: Uint8Array | undefined;

  private constructor(path: string, events: WatchEvents, clock: Clock) {
    this.#path = resolve(path);
    this.#events = events;
    this.#clock = clock;
  }

  /** Watches until it is disposed of; what stands in the file now is known already. */
  static async start(path: string, events: WatchEvents, clock: Clock): Promise<ConfigWatch> {
    const made = new ConfigWatch(path, events, clock);
    await made.#follow();
    made.#told = await made.#read();
    made.#seen = made.#told;
    return made;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    for (const key of this.#watched.keys()) this.#leave(key);
  }

  #stirred(): void {
    if (this.#looking) this.#again = true;
    if (this.#closed || this.#looking || this.#timer !== undefined) return;
    this.#timer = this.#clock.after(SETTLE_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#looking = true;
    await this.#follow();
    const content = await this.#read();
    this.#looking = false;
    if (this.#closed) return;
    const settled = equal(content, this.#seen);
    this.#seen = content;
    if (content !== undefined && settled && !equal(content, this.#told)) {
      this.#told = content;
      this.#events.changed();
    }
    if (!settled || this.#again) this.#stirred();
    this.#again = false;
  }

  #read(): Promise<Uint8Array | undefined> {
    return readBytes(this.#path).catch(() => undefined);
  }

  /** Watches the way as it is: where it was found anew, it is walked again, since it may have changed meanwhile. */
  async #follow(): Promise<void> {
    try {
      let anew = true;
      while (anew) {
        const way = await wayTo(this.#path);
        anew = !this.#closed && this.#watch(way);
      }
    } catch (error) {
      if (!this.#closed) this.#events.failed(error as Error);
    }
  }

  /** Whether any folder was not watched before. */
  #watch(way: ReadonlyMap<string, Stage>): boolean {
    for (const key of this.#watched.keys()) if (!way.has(key)) this.#leave(key);
    return Array.from(way, ([key, stage]) => this.#enter(key, stage)).includes(true);
  }

  #enter(key: string, stage: Stage): boolean {
    const known = this.#watched.get(key);
    if (known !== undefined) known.stage = stage;
    return known === undefined && this.#begin(key, stage);
  }

  #begin(key: string, stage: Stage): boolean {
    try {
      const watcher = watch(stage.folder, { persistent: false });
      const watched = { watcher, stage };
      this.#watched.set(key, watched);
      watcher.on("change", (_, name) => {
        if (name === null || watched.stage.names.has(String(name))) this.#stirred();
      });
      watcher.on("error", (error) => {
        this.#leave(key);
        this.#events.failed(error);
      });
      return true;
    } catch (error) {
      this.#events.failed(error as Error);
      return false;
    }
  }

  #leave(key: string): void {
    this.#watched.get(key)?.watcher.close();
    this.#watched.delete(key);
  }
}

function equal(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0);
}
