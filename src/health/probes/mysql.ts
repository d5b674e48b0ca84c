import { quoted } from "../answer.ts";
import type { Talk } from "../talk.ts";
import type { Probe } from "./probe.ts";

/**
 * Logs in and leaves in order, as a user without password or rights: a server takes connections that leave without a login for
 * broken ones, and refuses the host they come from after `max_connect_errors` of them in a row (error 1129).
 */
export interface MysqlSettings {
  readonly kind: "mysql";
  readonly user: string;
}

/** The first byte of what the server sends (MySQL Client/Server Protocol, Connection Phase). */
const GREETING = 0x0a;
const OK = 0x00;
const MORE = 0x01;
const OTHER_METHOD = 0xfe;
const REFUSED = 0xff;

/** LONG_PASSWORD, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION and PLUGIN_AUTH. */
const CAPABILITIES = 0x1 | 0x200 | 0x2000 | 0x8000 | 0x80000;
const LARGEST_PACKET = 1 << 24;
const UTF8 = 33;
const LONGEST_WORDS = 200;
const METHOD = "mysql_native_password";
const QUIT = framed(0, Buffer.from([0x01]));

interface Packet {
  readonly number: number;
  readonly payload: Buffer;
}

export const mysql: Probe<MysqlSettings> =
  ({ user }) =>
  async (talk) => {
    const greeting = await receive(talk);
    if (greeting?.payload[0] !== GREETING) return refusal("a greeting", greeting, talk);
    let answer = await send(talk, greeting, login(user));
    if (answer?.payload[0] === OTHER_METHOD) answer = await send(talk, answer, emptyPassword(answer.payload));
    if (answer?.payload[0] === MORE) answer = await receive(talk);
    if (answer?.payload[0] !== OK) return refusal(`a login of ${user}`, answer, talk);
    await talk.say(QUIT);
    return undefined;
  };

/** HandshakeResponse41, with an empty password. */
function login(user: string): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(CAPABILITIES, 0);
  head.writeUInt32LE(LARGEST_PACKET, 4);
  head.writeUInt8(UTF8, 8);
  return Buffer.concat([head, Buffer.from(`${user}\0\0${METHOD}\0`)]);
}

/** An empty password by the method that an AuthSwitchRequest names: of the old one nothing, of the later ones a zero. */
function emptyPassword(request: Buffer): Buffer {
  const method = request.toString("latin1", 1, request.indexOf(0, 1));
  return method === METHOD ? Buffer.alloc(0) : Buffer.alloc(1);
}

async function send(talk: Talk, { number }: Packet, payload: Buffer): Promise<Packet | undefined> {
  await talk.say(framed(number + 1, payload));
  return receive(talk);
}

function framed(number: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head.writeUInt8(number % 256, 3);
  return Buffer.concat([head, payload]);
}

/** The next packet; undefined where none comes whole. */
async function receive(talk: Talk): Promise<Packet | undefined> {
  const head = await talk.bytes(4);
  const payload = head && (await talk.bytes(head.readUIntLE(0, 3)));
  return head && payload && { number: head.readUInt8(3), payload };
}

/** Why it did not pass; in the server's own words, with its number, where it has some. */
function refusal(expected: string, packet: Packet | undefined, talk: Talk): string {
  const { payload } = packet ?? { payload: talk.heard };
  if (payload[0] !== REFUSED || payload.length < 3) return `expected ${expected}, got ${quoted(payload)}`;
  const words = payload.toString("utf8", 3, LONGEST_WORDS).replace(/^#.{5}/, "");
  return `expected ${expected}, got error ${payload.readUInt16LE(1)}: ${words}`;
}
