import type { Endpoint } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import { encodeHeader } from "../proxy-protocol/encode.ts";
import { type Connection, DialError, type Transport } from "../transport/transport.ts";
import type { ProbeFailure } from "./answer.ts";
import { type AskingSettings, conversationOf } from "./probes/index.ts";
import { Talk } from "./talk.ts";

/** What a probe needs: how to reach a backend, and how long it may take in all. */
export interface ProbeTools {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The source address, an IP of this machine. */
  readonly localAddress?: string | undefined;
  /** The PROXY protocol version in which the backend is told first that no client is behind it. */
  readonly sendProxy?: "v1" | "v2" | undefined;
  /** The address as the file has it, perhaps by a name; default: the endpoint. */
  readonly written?: Endpoint | undefined;
}

/** Says nothing of the backend: this machine had no socket or port to ask it with. */
export const OWN_SHORTAGE = "this machine ran short of sockets or ports";

const TOO_LATE = "no answer in time";
const NO_HEADER = new Uint8Array();

/**
 * Probes a backend once; rejects for nothing it does, and leaves nothing open: a connection that stood ends with FIN, but for a plain `tcp` probe's, which is reset.
 */
export async function probe(
  endpoint: Endpoint,
  settings: AskingSettings,
  tools: ProbeTools,
): Promise<ProbeFailure> {
  const { transport, clock, timeoutMs, localAddress, sendProxy, written = endpoint } = tools;
  const header = sendProxy === undefined ? NO_HEADER : encodeHeader(sendProxy, undefined);
  const converse = conversationOf(settings, written);
  const startedMs = clock.now();
  let connection: Connection | undefined;
  let late = false;
  const giveUp = () => {
    late = true;
    connection?.reset();
  };
  try {
    // That it answers is all that is asked: the program behind it need not know.
    if (settings.kind === "tcp" && header.length === 0)
      return void (await transport.knock(endpoint, { timeoutMs, localAddress }));
    connection = await transport.dial(endpoint, { timeoutMs, localAddress }).connection;
    using _deadline = clock.after(timeoutMs - (clock.now() - startedMs), giveUp);
    const failure = await converse(new Talk(connection, header));
    return failure !== undefined && late ? TOO_LATE : failure;
  } catch (error) {
    if (late) return TOO_LATE;
    return error instanceof DialError ? wordsFor(error) : "the backend broke the connection off";
  } finally {
    connection?.end();
  }
}

function wordsFor(error: DialError): string {
  if (error.failure === "local") return OWN_SHORTAGE;
  return error.code === undefined ? `connect: ${error.failure}` : `connect: ${error.failure} (${error.code})`;
}
