import { Failure } from "../command/failure.ts";
import type { Config } from "../config/config.ts";
import { MOST_COPIES } from "../config/other-files.ts";
import { Copy, type CopyParts, type CopyState, type CopyStatus, copyStates, type Template } from "./copy.ts";
import { Guard } from "./guard.ts";
import { Places } from "./places.ts";
import { Ports } from "./ports.ts";

/** Of many that start at once on few processors none would answer in its time. */
const STARTING_AT_ONCE = 16;

/** Copies that are being started. */
export interface Started {
  readonly names: readonly string[];
  /** Resolves when all of them are backends; rejects where one was stopped or given up before. */
  readonly up: Promise<void>;
}

/** No copy was started: there is no room for so many. */
export class NoRoom extends Failure {}

/**
 * Keeps copies of servers running, as the templates of the configuration say. No program, argument or environment comes from
 * anywhere else.
 */
export class Supervisor {
  readonly #parts: CopyParts;
  readonly #ports: Ports;
  readonly #guard: Guard;
  readonly #copies = new Map<string, Copy>();
  readonly #killAll = () => {
    for (const copy of this.#copies.values()) void copy.kill();
  };
  #templates = new Map<string, Template>();
  /** Templates whose first copies were started. */
  #seen = new Set<string>();
  #closed = false;

  constructor(parts: Omit<CopyParts, "ports" | "starting" | "guard">) {
    this.#ports = new Ports();
    this.#guard = new Guard(parts);
    const starting = new Places(STARTING_AT_ONCE);
    this.#parts = { ...parts, ports: this.#ports, starting, guard: this.#guard };
    process.once("exit", this.#killAll);
  }

  /**
   * The templates that hold from now on. A changed one is for new copies; the copies of one that is gone are stopped; those of
   * one that is for another pool now are replaced; of one that is new, as many are started as it says.
   */
  configure(templates: Config["servers"]): void {
    if (this.#closed) return;
    this.#templates = new Map(Object.entries(templates));
    for (const copy of [...this.#copies.values()]) this.#follow(copy);
    const fresh = [...this.#templates].filter(([name]) => !this.#seen.has(name));
    this.#seen = new Set(this.#templates.keys());
    for (const [name, { count }] of fresh) this.#begin(name, count);
  }

  /** The template of that name, or of that alias. */
  named(word: string): string | undefined {
    if (this.#templates.has(word)) return word;
    for (const [name, { aliases }] of this.#templates) if (aliases.includes(word)) return name;
    return undefined;
  }

  /** The templates, in the order of the file. */
  get templates(): readonly string[] {
    return [...this.#templates.keys()];
  }

  /** Starts copies of a template; throws NoRoom, and starts none, where not all of them have room; undefined without a template. */
  start(templateName: string, count: number): Started | undefined {
    const template = this.#templates.get(templateName);
    if (template === undefined) return undefined;
    this.#refuseMore(templateName, template, count);
    const copies = Array.from({ length: count }, () => this.#add(templateName, template));
    const up = Promise.all(copies.map((copy) => copy.up)).then(() => {});
    up.catch(() => {});
    return { names: copies.map(({ name }) => name), up };
  }

  /** Stops one for good; false where there is none of that name. */
  stop(name: string): boolean {
    const copy = this.#copies.get(name);
    void copy?.stop();
    return copy !== undefined;
  }

  /** Every copy, in the order in which they were started. */
  get copies(): readonly CopyStatus[] {
    return Array.from(this.#copies.values(), (copy) => copy.status);
  }

  /** How many copies of each template are in each state, and how many there are meant to be. */
  get counts(): readonly { template: string; wanted: number; states: Record<CopyState, number> }[] {
    return this.templates.map((template) => {
      const own = this.copies.filter((copy) => copy.template === template);
      const inState = (state: CopyState) => own.filter((copy) => copy.state === state).length;
      const states = Object.fromEntries(copyStates.map((state) => [state, inState(state)]));
      const wanted = own.length - inState("stopping");
      return { template, wanted, states: states as Record<CopyState, number> };
    });
  }

  /** Ends all of them, at once where `now`; resolves when none is left, and none is started any more. */
  async close({ now = false } = {}): Promise<void> {
    this.#closed = true;
    const copies = [...this.#copies.values()];
    await Promise.all(copies.map((copy) => (now ? copy.kill() : copy.stop())));
    await this.#guard[Symbol.asyncDispose]();
    process.off("exit", this.#killAll);
  }

  /** Lets a copy be what its template says now. */
  #follow(copy: Copy): void {
    const template = this.#templates.get(copy.templateName);
    if (template?.pool === copy.template.pool || copy.status.state === "stopping") return;
    void copy.stop();
    if (template !== undefined) this.#replace(copy, template);
  }

  /** Starts another one at once, or where there is no room, once the copy is gone. */
  #replace({ templateName, ended }: Copy, template: Template): void {
    const hasRoom = this.#copies.size < MOST_COPIES && this.#portsLeft(templateName, template) > 0;
    if (hasRoom) this.#begin(templateName, 1);
    else void ended.then(() => this.#begin(templateName, 1));
  }

  #begin(name: string, count: number): void {
    try {
      if (count > 0 && !this.#closed) this.start(name, count);
    } catch (error) {
      this.#parts.log.logger.error(
        { template: name, reason: (error as Error).message },
        "copies not started",
      );
    }
  }

  #refuseMore(name: string, template: Template, count: number): void {
    if (this.#closed) throw new NoRoom("the balancer is stopping");
    const [min, max] = template.ports;
    const left = this.#portsLeft(name, template);
    if (count > left)
      throw new NoRoom(`${name} has ${left} free ports of ${min}-${max}, expected at most so many copies`);
    if (this.#copies.size + count > MOST_COPIES)
      throw new NoRoom(`expected at most ${MOST_COPIES} copies in all, there are ${this.#copies.size}`);
  }

  #portsLeft(name: string, { host, ports }: Template): number {
    const [min, max] = ports;
    const own = [...this.#copies.values()].filter(({ templateName }) => templateName === name).length;
    return Math.min(max - min + 1 - own, this.#ports.left(host, ports));
  }

  #add(templateName: string, template: Template): Copy {
    let number = 1;
    while (this.#copies.has(`${templateName}-${number}`)) number += 1;
    const copy = new Copy(`${templateName}-${number}`, templateName, template, this.#parts);
    this.#copies.set(copy.name, copy);
    void copy.ended.then(() => this.#copies.delete(copy.name));
    return copy;
  }
}
