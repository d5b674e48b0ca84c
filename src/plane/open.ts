import { Failure } from "../command/failure.ts";
import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import type { EngineName, ListenerTransport, TransportName } from "../core/transport-names.ts";
import { mayHaveEngines, wantedTransport } from "../transport/choose.ts";
import type { RefusedEngine } from "../transport/native/open.ts";
import type { Transport } from "../transport/transport.ts";
import type { Plane } from "./plane.ts";
import { PlaneThread } from "./start.ts";
import type { Beginning } from "./thread.ts";
import { beginIn, WorkerPlane } from "./worker.ts";

/** What a plane is opened with. */
export interface OpeningParts {
  readonly wanted: TransportName;
  /** What each listener wants of its own. */
  readonly ofListeners: readonly ListenerTransport[];
  /** One that was started for it; where it is not needed, it is ended. */
  readonly thread: PlaneThread | undefined;
  /** What moves the bytes where the plane is in this thread. */
  readonly sockets: Transport;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly maxSessions: number;
  /** Is told of a defect by which the plane has ended. */
  readonly died: (error: Error) => void;
}

/** A plane, what moves its bytes, and the engines that this machine cannot have. */
export interface OpenedPlane {
  readonly plane: Plane;
  readonly transport: EngineName | "sockets";
  /** What moves those of listeners that want an engine; undefined: there is none. */
  readonly engine: EngineName | undefined;
  readonly refused: readonly RefusedEngine[];
  /** Once it is closed and nothing more is asked of it: it keeps the process from ending no more. */
  release(): void;
}

/**
 * Opens a plane: in a thread of its own where an engine moves bytes, else in this one. Rejects with a Failure that says what is
 * missing where it has to be an engine.
 */
export async function openPlane(parts: OpeningParts): Promise<OpenedPlane> {
  const { maxSessions, ofListeners, died } = parts;
  const wanted = wantedTransport(parts.wanted);
  const engine = engineFor(wanted, ofListeners);
  if (engine === undefined) {
    parts.thread?.dismiss();
    return openHere(parts, []);
  }
  const byDefault = wanted === "sockets" ? "sockets" : "native";
  const thread = parts.thread ?? new PlaneThread();
  const began = await beginIn(thread, { engine, byDefault, maxSessions });
  const made = began.engine;
  if (made !== undefined) {
    const transport = byDefault === "native" ? made : "sockets";
    const plane = new WorkerPlane(thread, died);
    return { plane, transport, engine: made, refused: began.refused, release: () => plane.release() };
  }
  await thread.terminate();
  if (wanted === "auto" && !ofListeners.includes("native")) return openHere(parts, began.refused);
  const reasons = began.refused.map(({ name, reason }) => `${name} ${reason}`);
  const place = wanted === engine ? "transport" : `listeners[${ofListeners.indexOf("native")}].transport`;
  throw new Failure(`${place}: ${reasons.join("; ")}; expected auto, which takes what this machine has`);
}

/** Undefined: none. */
function engineFor(
  wanted: TransportName,
  ofListeners: readonly ListenerTransport[],
): Beginning["engine"] | undefined {
  if (wanted !== "auto" && wanted !== "sockets") return wanted;
  const suits = wanted === "auto" && mayHaveEngines();
  return suits || ofListeners.includes("native") ? "native" : undefined;
}

async function openHere(
  { sockets, clock, dice, maxSessions }: OpeningParts,
  refused: readonly RefusedEngine[],
): Promise<OpenedPlane> {
  const { LocalPlane } = await import("./local.ts");
  const transport = (ofListener: ListenerTransport) => {
    if (ofListener !== "native") return sockets;
    throw new Failure("transport: native is for the next start, as this balancer began without an engine");
  };
  const plane = new LocalPlane({ transport, clock, dice, maxSessions });
  return { plane, transport: "sockets", engine: undefined, refused, release() {} };
}
