import { Control } from "#lb/control/control";
import type { NameService } from "#lb/control/names";
import type { Clock } from "#lb/core/clock";
import { seededDice } from "#lb/core/dice";
import { LocalPlane } from "#lb/plane/local";
import { SocketTransport } from "#lb/transport/sockets/index";
import { configured } from "../config/configured.ts";
import { NotedLog } from "./noted-log.ts";

/** Control plane and data plane in this process, on real sockets, steered by the text of a configuration. */
export class Steered implements AsyncDisposable {
  readonly log = new NotedLog();
  readonly plane: LocalPlane;
  readonly control: Control;
  #text: string;

  constructor(text: string, clock: Clock, names: { readonly nameService?: NameService }) {
    const transport = new SocketTransport(clock);
    const parts = { transport, clock, dice: seededDice(1), log: this.log, ...names };
    this.#text = text;
    this.plane = new LocalPlane(parts);
    this.log.follow(this.plane);
    const load = async () => configured(this.#text);
    this.control = new Control(configured(text), { ...parts, plane: this.plane, load });
  }

  reload(text: string): Promise<void> {
    this.#text = text;
    return this.control.reload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control.close(0);
  }
}

/** One that has started. */
export async function steered(
  text: string,
  clock: Clock,
  names: { readonly nameService?: NameService } = {},
): Promise<Steered> {
  const made = new Steered(text, clock, names);
  await made.control.start();
  return made;
}
