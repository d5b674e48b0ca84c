import { type FSWatcher, watch } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { readBytes } from "../config/file.ts";
import type { Clock, Timer } from "../core/clock.ts";

const SETTLE_MS = 200;

/** Whom a watch tells. */
export interface WatchEvents {
  /** The file's content is another, and has been for 200 ms. */
  changed(): void;
  /** A folder cannot be watched, or not any longer; changes there go unseen. */
  failed(error: Error): void;
}

/**
 * Watches a file by its folder, so that it may be replaced by another of its name, as editors do, and by the folder of
 * what it links to. The file may be gone for a while. It is read at most once in 200 ms, however much goes on there.
 */
export class ConfigWatch implements Disposable {
  readonly #path: string;
  readonly #events: WatchEvents;
  readonly #clock: Clock;
  readonly #watchers = new Map<string, FSWatcher>();
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
    await made.#followLinks();
    made.#told = await made.#read();
    made.#seen = made.#told;
    return made;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #stirred(): void {
    if (this.#looking) this.#again = true;
    if (this.#closed || this.#looking || this.#timer !== undefined) return;
    this.#timer = this.#clock.after(SETTLE_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#looking = true;
    await this.#followLinks();
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

  async #followLinks(): Promise<void> {
    const target = await realpath(this.#path).catch(() => this.#path);
    if (this.#closed) return;
    const folders = new Set([dirname(this.#path), dirname(target)]);
    for (const [folder, watcher] of this.#watchers) if (!folders.has(folder)) this.#leave(folder, watcher);
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#enter(folder);
  }

  #enter(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#stirred());
      this.#watchers.set(folder, watcher);
      watcher.on("error", (error) => {
        this.#leave(folder, watcher);
        this.#events.failed(error);
      });
    } catch (error) {
      this.#events.failed(error as Error);
    }
  }

  #leave(folder: string, watcher: FSWatcher): void {
    this.#watchers.delete(folder);
    watcher.close();
  }
}

function equal(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0);
}
