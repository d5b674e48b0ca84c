import type { Argv } from "yargs";
import { coerced, wholeNumber } from "#lb/command/coerce";
import { type Command, exitCodes } from "#lb/command/command";
import { UsageError } from "#lb/command/failure";
import { onSignals } from "#lb/command/signals";
import { type Endpoint, parseEndpoint } from "#lb/core/address";
import { parseDuration } from "#lb/core/duration";
import { echoAsk, pingAsk, taskAsk } from "./ask.ts";
import type { Caller } from "./caller.ts";
import { getAsk, postTaskAsk } from "./http-ask.ts";
import { HttpCaller } from "./http-caller.ts";
import { LineCaller } from "./line-caller.ts";
import { callAll, type Outcome } from "./outcome.ts";
import { Tally } from "./tally.ts";
import { type ChosenTask, expectedValue, parseTasks } from "./task.ts";

interface Args {
  readonly to: Endpoint;
  readonly requests: number | undefined;
  readonly connections: number | undefined;
  readonly keep: boolean;
  readonly timeout: number;
  readonly interval: number;
  readonly echo: boolean;
  readonly http: string | undefined;
  readonly tasks: readonly ChosenTask[] | undefined;
}

const REQUESTS = 10;
const DAY_MS = 86_400_000;
const MOST_CONNECTIONS = 1000;

/** The line client: asks, prints each answer, and shows which server gave how many and how fast. */
export const clientCommand: Command<Args> = { name: "client", options, run, justPrints: true };

function options(yargs: Argv): Argv<Args> {
  return yargs
    .usage("$0 [options]\n\nAsks servers, most often through a balancer, and shows who answered")
    .options({
      to: {
        describe: "Whom to ask: host:port, [ipv6]:port or unix:/path",
        default: "127.0.0.1:8080",
        requiresArg: true,
        coerce: coerced("to", parseEndpoint),
      },
      requests: {
        describe: "How many requests (default: 10; with --tasks, each task once)",
        requiresArg: true,
        coerce: coerced("requests", wholeNumber(1, 1_000_000)),
      },
      connections: {
        describe: "How many at once (default: 1; with --tasks, all at once)",
        requiresArg: true,
        coerce: coerced("connections", wholeNumber(1, MOST_CONNECTIONS)),
      },
      keep: {
        describe: "Keep connections for further requests, instead of one connection per request",
        type: "boolean",
        default: false,
      },
      timeout: {
        describe: "For a connection, and again for its answer",
        default: "5s",
        requiresArg: true,
        coerce: coerced("timeout", lasting),
      },
      interval: {
        describe: "Pause after each answer",
        default: "0ms",
        requiresArg: true,
        coerce: coerced("interval", pause),
      },
      echo: { describe: "Ask echo servers", type: "boolean", default: false },
      http: {
        describe: "Ask web servers for this path, such as /",
        requiresArg: true,
        coerce: coerced("http", path),
      },
      tasks: {
        describe: "Have task servers compute: fibonacci:<n> and factorial:<n>, with commas between",
        requiresArg: true,
        coerce: coerced("tasks", parseTasks),
      },
    })
    .example([
      ["node dist/clients/client.js --requests 30", "Thirty pings: which server got how many"],
      ["node dist/clients/client.js --http / --keep", "Ten GETs over one connection"],
      [
        "node dist/clients/client.js --tasks fibonacci:9000,factorial:3000 --requests 100",
        "A hundred tasks at once",
      ],
    ]) as unknown as Argv<Args>;
}

async function run(args: Args): Promise<number> {
  if (args.echo && (args.http !== undefined || args.tasks !== undefined)) {
    throw new UsageError("expected --echo alone, without --http or --tasks");
  }
  const requests = args.requests ?? args.tasks?.length ?? REQUESTS;
  const atOnce = Math.min(requests, args.connections ?? (args.tasks ? MOST_CONNECTIONS : 1));
  const callers = Array.from({ length: atOnce }, () => callerFor(args));
  // Now, so that our own computing is not taken for the servers' time.
  args.tasks?.forEach(expectedValue);
  const tally = new Tally();
  const began = performance.now();
  const interrupted = new Promise<"interrupted">((resolve) =>
    onSignals({ stop: () => resolve("interrupted") }),
  );
  const all = callAll(callers, { requests, intervalMs: args.interval }, (outcome) => {
    tally.add(outcome);
    console.log(told(outcome));
  });
  const end = await Promise.race([interrupted, all]);
  console.log(
    `\n${tally.report(args.http === undefined || args.tasks ? "server" : "port")}\n\n${summary(tally, began)}`,
  );
  // What is still on its way may take the whole timeout, which is not worth waiting for.
  if (end === "interrupted") process.exit(exitCodes.interrupted);
  for (const caller of callers) caller[Symbol.dispose]();
  return tally.failed > 0 ? exitCodes.failed : exitCodes.done;
}

function callerFor({ to, timeout: timeoutMs, keep, echo, http, tasks }: Args): Caller {
  const calling = { to, timeoutMs, keep };
  if (http !== undefined) return new HttpCaller(calling, http, tasks ? postTaskAsk(tasks) : getAsk);
  return new LineCaller(calling, tasks ? taskAsk(tasks) : echo ? echoAsk : pingAsk);
}

function told(outcome: Outcome): string {
  return "answer" in outcome ? outcome.answer.text : `${outcome.error.word}: ${outcome.error.detail}`;
}

function summary({ answered, failed }: Tally, began: number): string {
  const totalMs = (performance.now() - began).toFixed(1);
  return `${answered} answered, ${failed} failed, in ${totalMs} ms`;
}

function lasting(text: string): number {
  const ms = parseDuration(text);
  if (ms < 1 || ms > DAY_MS) throw new RangeError(`expected 1ms to 24h, got "${text}"`);
  return ms;
}

function pause(text: string): number {
  return parseDuration(text) === 0 ? 0 : lasting(text);
}

function path(text: string): string {
  if (!/^\/[\x21-\x7e]*$/.test(text)) throw new RangeError(`expected a path such as /, got "${text}"`);
  return text;
}
