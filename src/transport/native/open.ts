import { type EngineName, engineNames } from "../../core/transport-names.ts";
import { type Hosted, hostTransport } from "./host.ts";
import { engineRefusal } from "./refusal.ts";

/** An engine that this thread cannot have, or `native` where it can have none, and why, in words. */
export interface RefusedEngine {
  readonly name: EngineName | "native";
  readonly reason: string;
}

/** An engine, in which this thread waits once it is started. */
export interface OpenEngine extends Hosted {
  readonly name: EngineName;
}

/** What came of opening an engine. */
interface Opening {
  readonly engine: OpenEngine | undefined;
  readonly refused: readonly RefusedEngine[];
}

/** The engine of that name, or the best that this thread can have, if any; and those that it cannot. */
export function openEngine(wanted: EngineName | "native"): Opening {
  const none = engineRefusal("native");
  if (none !== undefined) return { engine: undefined, refused: [{ name: wanted, reason: none }] };
  const refused: RefusedEngine[] = [];
  for (const name of wanted === "native" ? engineNames : [wanted]) {
    const reason = engineRefusal(name);
    if (reason === undefined) return { engine: { name, ...hostTransport(name) }, refused };
    refused.push({ name, reason });
  }
  return { engine: undefined, refused };
}
