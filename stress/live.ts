import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Argv } from "yargs";
import type { Child } from "#lb/command/child";
import { ChildFailure } from "#lb/command/child";
import { Children } from "#lb/command/children";
import { coerced, wholeNumber } from "#lb/command/coerce";
import { exitCodes, runCommand } from "#lb/command/command";
import { script } from "#lb/command/program";
import { onSignals } from "#lb/command/signals";
import { saying } from "#lb/command/signs";
import { formatEndpoint, parseEndpoint } from "#lb/core/address";
import { configurationIn } from "./live/balancer.ts";
import { Laboratory } from "./live/laboratory.ts";
import { LabServer } from "./live/servers.ts";
import { SteadyLoad } from "./live/steady-load.ts";

/** The servers: how long each works on a request. */
const SERVERS = [
  { name: "a", latency: "5ms" },
  { name: "b", latency: "5ms" },
  { name: "c", latency: "40ms" },
] as const;

const CONCURRENCY = "8";

interface LiveArgs {
  readonly algorithm: string;
  readonly rate: number;
  readonly seed: number;
  readonly listen: string;
  readonly admin: string;
}

await runCommand({ name: "live", options, run });

function options(yargs: Argv): Argv<LiveArgs> {
  return yargs
    .usage("$0", "A laboratory to watch: three servers, the balancer with its page, and a load, until Ctrl-C")
    .options({
      algorithm: {
        describe: "The pool's algorithm at first; the page changes it",
        default: "round-robin",
        requiresArg: true,
      },
      rate: {
        describe: "Sessions a second",
        default: 60,
        requiresArg: true,
        coerce: coerced("rate", wholeNumber(1, 500)),
      },
      seed: {
        describe: "Makes the load the same each time",
        default: 1,
        requiresArg: true,
        coerce: coerced("seed", wholeNumber(0, 2 ** 31 - 1)),
      },
      listen: {
        describe: "Where the balancer listens",
        default: "127.0.0.1:8080",
        coerce: address("listen"),
      },
      admin: { describe: "Where the page is", default: "127.0.0.1:8081", coerce: address("admin") },
    })
    .example([
      ["npm run live", "then open http://127.0.0.1:8081/"],
      ["npm run live -- --algorithm p2c --rate 120", "Another algorithm, and more load"],
    ]) as unknown as Argv<LiveArgs>;
}

/** The load, or a browser, is to find it there: it has a port, and no path. */
function address(option: string): (text: unknown) => string {
  return coerced(option, (text) => {
    const endpoint = parseEndpoint(text, 1);
    if (endpoint.kind === "tcp") return formatEndpoint(endpoint);
    throw new RangeError(`expected host:port or [ipv6]:port, got "${text}"`);
  });
}

async function run(args: LiveArgs): Promise<number> {
  const over = new AbortController();
  using _signals = onSignals({ stop: () => over.abort() });
  await using children = new Children();
  const servers = await Promise.all(SERVERS.map((server) => serverOf(server, children)));
  using folder = temporaryFolder();
  const balancer = balancerOf(configurationIn(folder.path, servers, args), children);
  // Of the two it listens on, the page comes last.
  await balancer.until(
    saying("say where its page is", (line) => line.includes('"admin API listening"') || undefined),
  );
  using load = new SteadyLoad(parseEndpoint(args.listen), args.rate, args.seed);
  new Laboratory(servers, load, (change) => console.log(`live: ${change}`)).answer(balancer);
  console.log(welcome(args));
  return await ended(balancer, over.signal);
}

/** Resolves when it is told to stop; rejects where the balancer ends before. */
async function ended(balancer: Child, signal: AbortSignal): Promise<number> {
  const stopped = new Promise<number>((resolve) => {
    if (signal.aborted) resolve(exitCodes.done);
    signal.addEventListener("abort", () => resolve(exitCodes.done), { once: true });
  });
  const died = balancer.exited.then((exit) => {
    // A terminal interrupts all of them, and the balancer may be told of first.
    if (exit.code === 0) return exitCodes.done;
    throw new ChildFailure("the balancer", exit);
  });
  return await Promise.race([stopped, died]);
}

async function serverOf({ name, latency }: (typeof SERVERS)[number], children: Children): Promise<LabServer> {
  const args = ["127.0.0.1", "0", "--name", name, "--latency", latency, "--jitter", "2ms"];
  const path = below("servers/ping.js");
  const child = children.start(script(`server ${name}`, path, [...args, "--concurrency", CONCURRENCY]));
  const found = (line: string) => /^ping listening on (\S+)/.exec(line)?.[1];
  return new LabServer(name, await child.until(saying("say where it listens", found)), child);
}

function balancerOf(configuration: string, children: Children): Child {
  const program = script("the balancer", below("lb.js"), ["--config", configuration]);
  return children.start({ ...program, env: { LB_LABORATORY: "1" } });
}

function below(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "lb-live-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function welcome({ algorithm, rate, listen, admin }: LiveArgs): string {
  const servers = SERVERS.map(({ name, latency }) => `${name} ${latency}`).join(", ");
  return [
    `Servers (time per answer): ${servers}. Balancer: ${algorithm}, on ${listen}. Load: ${rate} sessions a second.`,
    "",
    `  Open http://${admin}/ and watch. On the page: change the algorithm, drain a server, slow it, crash it, double the load.`,
    `  In a terminal: node dist/lb.js top --admin http://${admin}`,
    "",
    "Ctrl-C ends all of it.",
  ].join("\n");
}
