import { type Endpoint, formatEndpoint } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import { encodeHeader } from "../proxy-protocol/encode.ts";
import { type Connection, DialError, type Transport } from "../transport/transport.ts";
import type { ProbeSettings } from "./settings.ts";

/** What a probe needs: how to reach a backend, and how long it may take in all. */
export interface ProbeTools {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The source address, an IP of this machine. */
  readonly localAddress?: string | undefined;
  /** The PROXY protocol version in which the backend is told first that nobody's client is behind it. */
  readonly sendProxy?: "v1" | "v2" | undefined;
  /** The backend's address as the file has it, perhaps by a name; default: the endpoint. */
  readonly written?: Endpoint | undefined;
}

/** Undefined where the backend passed, otherwise why it did not, in words. */
export type ProbeFailure = string | undefined;

/** Says nothing of the backend: this machine had no socket or port to ask it with. */
export const OWN_SHORTAGE = "this machine ran short of sockets or ports";

/** Talks to a backend that has been connected to, and begins with the header, which may be empty. */
type Conversation = (connection: Connection, header: Uint8Array) => Promise<ProbeFailure>;

type Of<Kind> = Extract<ProbeSettings, { kind: Kind }>;

const TOO_LATE = "no answer in time";
const NO_HEADER = new Uint8Array();

/** The longest answer that is looked at. */
const LONGEST_ANSWER_BYTES = 4_096;

/**
 * Probes a backend once; rejects for nothing it does, and leaves nothing open: a connection that stood ends with FIN.
 */
export async function probe(
  endpoint: Endpoint,
  settings: ProbeSettings,
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
    connection = await transport.dial(endpoint, { timeoutMs, localAddress }).connection;
    using _deadline = clock.after(timeoutMs - (clock.now() - startedMs), giveUp);
    const failure = await converse(connection, header);
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

function conversationOf(settings: ProbeSettings, backend: Endpoint): Conversation {
  switch (settings.kind) {
    case "line":
      return (...to) => line(...to, settings);
    case "http": {
      const { host = hostOf(backend) } = settings;
      return (...to) => http(...to, { ...settings, host });
    }
    default:
      return connectionOnly;
  }
}

async function connectionOnly(connection: Connection, header: Uint8Array): Promise<ProbeFailure> {
  // Not awaited: that the connection stood is enough.
  if (header.length > 0) connection.write(header).catch(() => {});
  return undefined;
}

async function line(
  connection: Connection,
  header: Uint8Array,
  { send, expect }: Of<"line">,
): Promise<ProbeFailure> {
  await connection.write(Buffer.concat([header, Buffer.from(send)]));
  const expected = Buffer.from(expect);
  const answer = await read(connection, (bytes) => bytes.length >= expected.length);
  if (answer.subarray(0, expected.length).equals(expected)) return undefined;
  return `expected ${quoted(expect)}, got ${quoted(answer.toString())}`;
}

async function http(
  connection: Connection,
  header: Uint8Array,
  { path, host, status }: Required<Of<"http">>,
): Promise<ProbeFailure> {
  const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await connection.write(Buffer.concat([header, Buffer.from(request)]));
  const answer = (await read(connection, (bytes) => bytes.includes("\r\n"))).toString("latin1");
  const code = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1]);
  const [min, max] = status;
  if (code >= min && code <= max) return undefined;
  return `expected a status from ${min} to ${max}, got ${Number.isNaN(code) ? quoted(answer) : code}`;
}

/** The Host field for an address (RFC 9112 §3.2): ASCII, and without the port that HTTP has anyway. */
function hostOf(backend: Endpoint): string {
  return backend.kind === "unix" ? "localhost" : new URL(`http://${formatEndpoint(backend)}`).host;
}

/** What the backend said, as far as it is needed, or until it ended or said too much. */
async function read(connection: Connection, enough: (bytes: Buffer) => boolean): Promise<Buffer> {
  let held = Buffer.alloc(0);
  while (held.length < LONGEST_ANSWER_BYTES && !enough(held)) {
    const bytes = await connection.read();
    if (bytes === undefined) break;
    held = Buffer.concat([held, bytes]);
  }
  return held;
}

function quoted(text: string): string {
  return text === "" ? "nothing" : JSON.stringify(text.slice(0, 40));
}
