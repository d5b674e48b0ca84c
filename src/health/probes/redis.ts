import { quoted } from "../answer.ts";
import type { Talk } from "../talk.ts";
import type { Probe } from "./probe.ts";

/** The roles that may be wanted of a Redis server. */
export const redisRoles = ["master", "replica"] as const;

/** Asks for a PONG, after the password where there is one, and then for the role where one is wanted. */
export interface RedisSettings {
  readonly kind: "redis";
  /** In the clear: it must be in no log, no mistake, no answer. */
  readonly password?: string;
  readonly role?: (typeof redisRoles)[number];
}

const LINE_END = Buffer.from("\r\n");
/** What the command ROLE calls them. */
const WORDS = { master: "master", replica: "slave" } as const satisfies Record<
  (typeof redisRoles)[number],
  string
>;

export const redis: Probe<RedisSettings> =
  ({ password, role }) =>
  async (talk) => {
    const login = password === undefined ? [] : [command("AUTH", password)];
    const asked = role === undefined ? [] : [command("ROLE")];
    await talk.say(Buffer.concat([...login, command("PING"), ...asked]));
    const expected = password === undefined ? ["+PONG"] : ["+OK", "+PONG"];
    for (const answer of expected) {
      const got = await line(talk);
      if (got !== answer) return `expected "${answer}", got ${shown(got, password)}`;
    }
    if (role === undefined) return undefined;
    const got = await roleOf(talk);
    return got === WORDS[role] ? undefined : `expected the role ${role}, got ${shown(got, password)}`;
  };

/** The first word of the answer to ROLE, an array; what came instead, where it is none. */
async function roleOf(talk: Talk): Promise<string> {
  const array = await line(talk);
  if (!array.startsWith("*")) return array;
  // How long the word is.
  await line(talk);
  return line(talk);
}

/** RESP, Redis' serialization protocol: an array of strings, each with its length in bytes. */
function command(...words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join("")}`);
}

/** The next line without its end; what there is, where none comes whole. */
async function line(talk: Talk): Promise<string> {
  return (await talk.until(LINE_END)).toString().replace(/\r\n$/, "");
}

/** Without the password: a service that is no Redis may send back what it got. */
function shown(said: string, password: string | undefined): string {
  return quoted(Buffer.from(password === undefined ? said : said.replaceAll(password, "***")));
}
