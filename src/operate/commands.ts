import type { Argv } from "yargs";
import { coerced, coercedPositional, wholeNumber } from "../command/coerce.ts";
import { UsageError } from "../command/failure.ts";
import { type Endpoint, parseEndpoint } from "../core/address.ts";
import { LONGEST_DURATION, parseDuration } from "../core/duration.ts";
import { type Place, placeIn } from "./place.ts";

/** What is given on the command line of an operator's command. */
export interface OperateArgs {
  /** Where the API listens. */
  readonly admin: Endpoint;
  readonly tokenFile?: string;
  readonly json?: boolean;
  readonly backend?: Place;
  readonly session?: string;
  readonly weight?: number;
  /** Milliseconds. */
  readonly within?: number;
  readonly wait?: boolean;
}

interface Shape {
  readonly usage: string;
  /** Arguments that it cannot be without. */
  readonly needs?: readonly ("backend" | "session" | "weight")[];
  readonly describe: string;
  readonly examples: readonly (readonly [call: string, what: string])[];
  readonly more?: (yargs: Argv) => Argv;
}

const ofBackend = (yargs: Argv) =>
  yargs.positional("backend", {
    describe: "POOL/BACKEND, or POOL/BACKEND@ADDRESS for one address of a name",
    type: "string",
    coerce: coercedPositional("backend", placeIn),
  });
const ofSession = (yargs: Argv) =>
  yargs.positional("session", { describe: "the id of its record", type: "string" });

const within = {
  describe: "takes its sessions off it in that time, evenly spread; without it they end by themselves",
  requiresArg: true,
  type: "string",
  coerce: coerced("within", timeIn),
} as const;

const shapes = {
  status: {
    usage: "status",
    describe: "Whether all is well, and how every backend is.",
    examples: [
      ["$0 status", "a table for each pool"],
      ["$0 status --json", "all that is known, for a program"],
      ["$0 status --admin 10.0.0.5:8081 --token-file admin.token", "of another machine"],
    ],
    more: (yargs) => yargs.option("json", { describe: "prints the API's own document", type: "boolean" }),
  },
  top: {
    usage: "top",
    describe: "A live page: how every backend is, once a second; drains one, or makes it ready, by a key.",
    examples: [
      ["$0 top", "q leaves it, h tells the keys"],
      ["$0 top --admin 10.0.0.5:8081 --token-file admin.token", "of another machine"],
      ["$0 top > now.txt", "once, as a table, after a second"],
    ],
  },
  drain: {
    usage: "drain [backend]",
    needs: ["backend"],
    describe: "Gives a backend nothing new; it keeps its sessions, or loses them within a time.",
    examples: [
      ["$0 drain ping/a", "its sessions end by themselves"],
      ["$0 drain ping/a --within 30s --wait", "they are gone when the command ends"],
      ["$0 drain ping/a --wait && systemctl restart a", "in a script"],
    ],
    more: (yargs) =>
      ofBackend(yargs)
        .option("within", within)
        .option("wait", { describe: "ends when its last session has ended", type: "boolean" }),
  },
  ready: {
    usage: "ready [backend]",
    needs: ["backend"],
    describe: "Gives a backend new sessions again.",
    examples: [
      ["$0 ready ping/a", "after a drain, or maint"],
      ["$0 ready ping/web@10.0.0.7", "one address of a name"],
      ["$0 ready ping/a --admin unix:/run/lb/admin.sock", "over a unix socket"],
    ],
    more: ofBackend,
  },
  maint: {
    usage: "maint [backend]",
    needs: ["backend"],
    describe: "Puts a backend into maintenance: it is never dialled, and not probed.",
    examples: [
      ["$0 maint ping/a", "its sessions go on, unless the pool has onDown: end"],
      ["$0 maint ping/web@10.0.0.7", "one address of a name; ready ends it"],
      ["$0 maint ping/a --token-file admin.token", "with a token that may write"],
    ],
    more: ofBackend,
  },
  weight: {
    usage: "weight [backend] [weight]",
    needs: ["backend", "weight"],
    describe: "Sets a backend's share.",
    examples: [
      ["$0 weight ping/a 3", "thrice the share of weight 1"],
      ["$0 weight ping/a 0", "nothing new"],
      ["$0 weight ping/web@10.0.0.7 1", "one address of a name"],
    ],
    more: (yargs) =>
      ofBackend(yargs).positional("weight", {
        describe: "from 0 to 256",
        type: "string",
        coerce: coercedPositional("weight", wholeNumber(0, 256)),
      }) as Argv,
  },
  kill: {
    usage: "kill [session]",
    needs: ["session"],
    describe: "Ends a session.",
    examples: [
      ["$0 kill 1a2b", "by the id of its record"],
      ["$0 kill 1a2b --token-file admin.token", "with a token that may write"],
      ["$0 kill 1a2b --admin [::1]:8081", "over IPv6"],
    ],
    more: ofSession,
  },
  explain: {
    usage: "explain [session]",
    needs: ["session"],
    describe: "Says why a session got its backend.",
    examples: [
      ["$0 explain 1a2b", "by the id of its record"],
      ["$0 explain 1a2b --json", "with every candidate, for a program"],
      ["$0 explain 1a2b --admin 10.0.0.5:8081", "of another machine"],
    ],
    more: (yargs) =>
      ofSession(yargs).option("json", { describe: "prints the API's own document", type: "boolean" }),
  },
} as const satisfies Record<string, Shape>;

/** The operator's commands, by their names. */
export type Operation = keyof typeof shapes;

/** All of them, for a message that lists them. */
export const operations = Object.keys(shapes);

export function isOperation(word: unknown): word is Operation {
  return typeof word === "string" && Object.hasOwn(shapes, word);
}

const WORDS = {
  backend: "POOL/BACKEND",
  session: "the id of a session",
  weight: "a weight from 0 to 256",
} as const;

/** Throws a UsageError that says what is missing. */
export function refuseMissing(name: Operation, args: OperateArgs): void {
  const { needs = [] }: Shape = shapes[name];
  const missing = needs.find((need) => args[need] === undefined || args[need] === "");
  if (missing !== undefined) throw new UsageError(`${name} expects ${WORDS[missing]}`);
}

/** Adds the operator's commands to those of `lb`. */
export function addOperations(yargs: Argv): Argv {
  for (const { usage, describe, examples, more } of Object.values<Shape>(shapes)) {
    yargs.command(usage, describe, (command) =>
      (more?.(command) ?? command)
        .option("admin", {
          describe: "where the admin API listens: host:port, [::1]:port or unix:/path",
          requiresArg: true,
          type: "string",
          default: "127.0.0.1:8081",
          coerce: coerced("admin", adminEndpoint),
        })
        .option("token-file", {
          describe: "a file with a token, alone or as a line of admin.tokenFile",
          requiresArg: true,
          type: "string",
          coerce: coerced("token-file", String),
        })
        .example(examples.map(([call, what]) => [call, what])),
    );
  }
  return yargs;
}

function timeIn(text: string): number {
  const ms = parseDuration(text);
  if (ms <= parseDuration(LONGEST_DURATION)) return ms;
  throw new RangeError(`expected a duration of at most ${LONGEST_DURATION}, got "${text}"`);
}

function adminEndpoint(text: string): Endpoint {
  try {
    return parseEndpoint(text.replace(/^http:\/\//i, "").replace(/\/$/, ""), 1);
  } catch {
    throw new RangeError(`expected host:port, [ipv6]:port or unix:/path, got "${text}"`);
  }
}
