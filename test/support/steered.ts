import { setImmediate as turn } from "node:timers/promises";
import type { Config } from "#lb/config/config";
import type { SessionRecord } from "#lb/contract/record";
import type { Sample } from "#lb/contract/sample";
import { Control } from "#lb/control/control";
import type { NameService } from "#lb/control/names";
import type { Steering } from "#lb/control/steering";
import type { Endpoint } from "#lb/core/address";
import type { Clock } from "#lb/core/clock";
import { seededDice } from "#lb/core/dice";
import { LocalPlane } from "#lb/plane/local";
import type { Plane } from "#lb/plane/plane";
import { configured, readingOf } from "../config/configured.ts";
import { ManualClock } from "./manual-clock.ts";
import { NotedLog } from "./noted-log.ts";
import { dialPeer, type Peer, within } from "./peer.ts";
import { testTransport } from "./transport.ts";

/** What a test wants other than the defaults. */
export interface SteeredOptions {
  readonly nameService?: NameService;
  /** What stands between the two planes; default: nothing. */
  readonly across?: (plane: LocalPlane) => Plane;
}

/** Control plane and data plane in this process, on real sockets, steered by the text of a configuration. */
export class Steered implements AsyncDisposable {
  readonly log = new NotedLog();
  readonly plane: Plane;
  readonly control: Control;
  readonly #clients: Peer[] = [];
  readonly #clock: Clock;
  #text: string;

  constructor(text: string, clock: Clock, { across = (plane) => plane, ...names }: SteeredOptions) {
    const transport = testTransport(clock);
    const parts = { transport, clock, dice: seededDice(1), log: this.log, ...names };
    this.#clock = clock;
    this.#text = text;
    this.plane = across(new LocalPlane({ ...parts, transport: () => transport }));
    this.log.follow(this.plane);
    const load = async (before: Config) => readingOf(before, this.#text);
    this.control = new Control(configured(text), { ...parts, plane: this.plane, load });
  }

  get steering(): Steering {
    return this.control.steering;
  }

  /** Lines of the log, without their level. */
  get lines(): (readonly [message: string, fields: object])[] {
    return this.log.lines.map(([, message, fields]) => [message, fields]);
  }

  get records(): SessionRecord[] {
    return this.log.reported.flatMap((each) => (each.kind === "session" ? [each.record] : []));
  }

  async reload(text: string): Promise<void> {
    this.#text = text;
    await this.control.reload();
  }

  /** A connected client of a listener, the first where none is named; it is broken off at the end. */
  async client(listener?: string): Promise<Peer> {
    const { listeners } = await this.plane.sample();
    const found = listeners.find(({ name }) => name === listener) ?? listeners[0];
    const peer = await dialPeer(found?.endpoint as Endpoint);
    this.#clients.push(peer);
    return peer;
  }

  /** A client of a fleet and who serves it. */
  async served(listener?: string): Promise<{ readonly by: string; readonly client: Peer }> {
    const client = await this.client(listener);
    return { by: (await client.bytes(1)).toString(), client };
  }

  /** Who serves `count` clients of a fleet in turn, each gone before the next comes. */
  async served1by1(count: number, listener?: string): Promise<string> {
    let order = "";
    for (let i = 0; i < count; i++) {
      const before = this.records.length;
      const { by, client } = await this.served(listener);
      order += by;
      client.reset();
      await this.ended(before + 1);
    }
    return order;
  }

  /** All records, once there are `count`. */
  async ended(count: number): Promise<readonly SessionRecord[]> {
    await this.when(`record ${count} of a session`, () => this.records.length >= count);
    return this.records;
  }

  /** Resolves when the live numbers are so. */
  async when(what: string, holds: (sample: Sample) => boolean): Promise<void> {
    let over = false;
    const look = async () => {
      while (!(over || holds(await this.plane.sample()))) await turn();
    };
    await within(what, look()).finally(() => {
      over = true;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.reset();
    let closed = false;
    const closing = this.control.close(0).finally(() => {
      closed = true;
    });
    // What a session lingers for, a clock that stands still is turned.
    while (this.#clock instanceof ManualClock && !closed) await this.#clock.run(100);
    await closing;
  }
}

/** One that has started. */
export async function steered(text: string, clock: Clock, options: SteeredOptions = {}): Promise<Steered> {
  const made = new Steered(text, clock, options);
  await made.control.start();
  return made;
}
