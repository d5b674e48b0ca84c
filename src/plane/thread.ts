import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { systemDice } from "../core/dice.ts";
import type { EngineName, ListenerTransport } from "../core/transport-names.ts";
import { libc } from "../transport/native/libc.ts";
import { type OpenEngine, openEngine, type RefusedEngine } from "../transport/native/open.ts";
import { SocketTransport } from "../transport/sockets/index.ts";
import type { Transport } from "../transport/transport.ts";
import { Answerer } from "./answerer.ts";
import { Errands } from "./errands.ts";
import { LocalPlane } from "./local.ts";
import type { ToPlane } from "./messages.ts";
import { Reports } from "./reports.ts";

/** What a thread is told to begin with. */
export interface Beginning {
  readonly engine: EngineName | "native";
  /** What moves the bytes of a listener that wants nothing of its own. */
  readonly byDefault: Exclude<ListenerTransport, "auto">;
  readonly maxSessions: number;
}

/** What it has begun with; without an engine it does nothing more. */
export interface Began {
  readonly engine: EngineName | undefined;
  readonly refused: readonly RefusedEngine[];
}

/** A batch of reports waits for others until there are so many, or for so long. */
const MOST_REPORTS = 256;
const BATCH_MS = 50;

const errands = new Errands(workerData);
// To load it takes a while, and by now nothing else waits for this thread.
libc();
errands.end();
const port = parentPort as MessagePort;
port.once("message", begin);

/** Without a beginning it is not needed, and ends: nothing more is left for it to do. */
function begin(beginning: Beginning | undefined): void {
  if (beginning === undefined) return;
  const { engine, refused } = openEngine(beginning.engine);
  const began: Began = { engine: engine?.name, refused };
  port.postMessage(began);
  errands.end();
  if (engine !== undefined) serve(engine, beginning);
}

function serve(engine: OpenEngine, { byDefault, maxSessions }: Beginning): void {
  const { clock } = engine;
  let sockets: Transport | undefined;
  const transport = (ofListener: ListenerTransport): Transport => {
    const name = ofListener === "auto" ? byDefault : ofListener;
    if (name === "native") return engine.transport;
    sockets ??= new SocketTransport(clock);
    return sockets;
  };
  const later = (handOver: () => void) => void clock.after(BATCH_MS, handOver);
  const reports = new Reports({ later, most: MOST_REPORTS });
  const plane = new LocalPlane({ transport, clock, dice: systemDice, maxSessions, reports });
  const answerer = new Answerer(port, plane);
  port.on("message", (message: ToPlane) => answerer.hear(message));
  port.on("messageerror", (error) => {
    throw error;
  });
  engine.start();
}
