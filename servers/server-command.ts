import { EventEmitter, once } from "node:events";
import type { Argv } from "yargs";
import { coerced, coercedPositional, wholeNumber } from "#lb/command/coerce";
import { type Command, exitCodes } from "#lb/command/command";
import { explain, Failure, UsageError } from "#lb/command/failure";
import { onSignals } from "#lb/command/signals";
import { hostPort } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { type Dice, seededDice, systemDice } from "#lb/core/dice";
import { behaviours, type FaultSettings, faultOptions } from "./faults/index.ts";
import { Switch } from "./faults/switch.ts";
import { wearLeash } from "./leash.ts";
import { obeyParent } from "./parent-line.ts";
import type { Protocol } from "./protocol.ts";
import { type Setup, TestServer } from "./test-server.ts";

/** What the command of a test server needs to know. */
export interface ServerKind {
  readonly name: string;
  readonly describe: string;
  readonly protocol: Protocol;
  readonly examples: readonly (readonly [command: string, describe: string])[];
}

interface Args extends FaultSettings {
  readonly host: string;
  readonly port: number;
  readonly count: number;
  readonly name: string | undefined;
  readonly seed: number | undefined;
}

const LARGEST_PORT = 65_535;
const MOST_SERVERS = 1000;
const LARGEST_SEED = 2 ** 32 - 1;

/** The command of a kind of server: one or more of them in this process, until it is told to stop. */
export function serverCommand(kind: ServerKind): Command<Args> {
  return {
    name: kind.name,
    options: (yargs) => options(yargs, kind),
    run: (args) => run(kind, args),
  };
}

function options(yargs: Argv, kind: ServerKind): Argv<Args> {
  return yargs
    .command("$0 [host] [port]", kind.describe, (command) =>
      command
        .positional("host", { describe: "Address to listen on", default: "127.0.0.1", coerce: hostOnly })
        .positional("port", {
          describe: "Port to listen on; 0 picks a free one",
          default: 9001,
          coerce: coercedPositional("port", wholeNumber(0, LARGEST_PORT)),
        }),
    )
    .options({
      count: {
        describe: "Servers in this process, on consecutive ports",
        default: 1,
        requiresArg: true,
        coerce: coerced("count", wholeNumber(1, MOST_SERVERS)),
      },
      name: {
        describe: "Name in the answers; several are name-1, name-2 … (default: host:port)",
        requiresArg: true,
        coerce: coerced("name", serverName),
      },
      seed: {
        describe: "Makes chance repeatable",
        requiresArg: true,
        coerce: coerced("seed", wholeNumber(0, LARGEST_SEED)),
      },
    })
    .options(faultOptions)
    .example(kind.examples.map(([command, describe]) => [command, describe])) as unknown as Argv<Args>;
}

async function run(kind: ServerKind, args: Args): Promise<number> {
  if (args.port !== 0 && args.port + args.count - 1 > LARGEST_PORT) {
    throw new UsageError(`port ${args.port} and --count ${args.count} go beyond port ${LARGEST_PORT}`);
  }
  // Before anything listens: who reads the ready line may stop us in the same moment.
  using stop = stopSignals();
  wearLeash();
  const switches = new Map<string, Switch>();
  const servers = await startAll(kind, args, switches);
  obeyParent(switches);
  for (const { address, refuses } of servers) {
    console.log(`${kind.name} listening on ${address}${refuses ? " (every connection is refused)" : ""}`);
  }
  await stop.first;
  void stop.second.then(() => closeAll(servers, 0));
  await closeAll(servers);
  return exitCodes.done;
}

async function closeAll(servers: readonly TestServer[], graceMs?: number): Promise<void> {
  await Promise.all(servers.map((server) => server.close(graceMs)));
}

/** All of them, or none. */
async function startAll(kind: ServerKind, args: Args, switches: Map<string, Switch>): Promise<TestServer[]> {
  const servers: TestServer[] = [];
  for (let index = 0; index < args.count; index++) {
    const own = new Switch(systemClock);
    const setup = setupOf(kind, args, index, own);
    try {
      const server = await TestServer.start(setup);
      servers.push(server);
      switches.set(server.name, own);
    } catch (error) {
      await closeAll(servers, 0);
      throw new Failure(explain(error, hostPort(args.host, setup.port)));
    }
  }
  return servers;
}

function setupOf(
  kind: ServerKind,
  args: Args,
  index: number,
  own: Switch,
): Setup & { readonly port: number } {
  const dice: Dice = args.seed === undefined ? systemDice : seededDice(args.seed + index);
  return {
    protocol: kind.protocol,
    host: args.host,
    port: args.port === 0 ? 0 : args.port + index,
    name: args.name !== undefined && args.count > 1 ? `${args.name}-${index + 1}` : args.name,
    faults: [...behaviours(args, { clock: systemClock, dice, turn: (index + 1) / args.count }), own],
    onChange: (change) => console.log(`${kind.name} ${change}`),
  };
}

interface StopSignals extends Disposable {
  readonly first: Promise<void>;
  readonly second: Promise<void>;
}

/** Keeps the process alive until it is disposed of, also where every server refuses. */
function stopSignals(): StopSignals {
  const alive = setInterval(() => {}, 2 ** 31 - 1);
  const signal = new EventEmitter();
  // Listened to until the very end: a late signal must not turn an end in order into another.
  onSignals({ stop: (count) => signal.emit(count === 1 ? "first" : "second") });
  return {
    first: once(signal, "first").then(() => {}),
    second: once(signal, "second").then(() => {}),
    [Symbol.dispose]: () => clearInterval(alive),
  };
}

function hostOnly(text: unknown): string {
  const host = String(text).replace(/^\[(.+)\]$/, "$1");
  if (/^\d+$/.test(host))
    throw new UsageError(`expected [host] [port], got only the number ${host}: try 127.0.0.1 ${host}`);
  if (host === "") throw new UsageError("expected an address or a name to listen on, got nothing");
  return host;
}

function serverName(text: string): string {
  if (!/^\S{1,64}$/.test(text))
    throw new RangeError(`expected 1 to 64 characters without spaces, got "${text}"`);
  return text;
}
