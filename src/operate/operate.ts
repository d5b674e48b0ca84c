import { exitCodes, type Output } from "../command/command.ts";
import { onSignals } from "../command/signals.ts";
import { escaped } from "../config/shown.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { AdminClient } from "./admin-client.ts";
import { type OperateArgs, type Operation, refuseMissing } from "./commands.ts";
import { backend, decisions, nothing, status, whole } from "./documents.ts";
import { drained } from "./drained.ts";
import { named, type Place, pathOf } from "./place.ts";
import { statusText } from "./status.ts";
import { tokenIn } from "./token.ts";
import { healthOf } from "./top/sample.ts";
import { printed, watched } from "./top/top.ts";

type Given = OperateArgs & Required<Pick<OperateArgs, "backend" | "session" | "weight">>;
type Work = (client: AdminClient, args: Given, desk: Desk) => Promise<void>;

/** Where an operator sits: what is said there, and the time. */
export interface Desk {
  readonly output: Output;
  readonly clock: Clock;
}

const DESK: Desk = { output: console, clock: systemClock };
const STATUS = "/api/v1/status";

const works: Readonly<Record<Operation, Work>> = {
  async status(client, { json }, { output }) {
    if (json)
      return printJson(output, await client.ask({ method: "GET", path: STATUS, answer: whole(status) }));
    const now = await client.ask({ method: "GET", path: STATUS, answer: status });
    // A terminal that knows no size says 0.
    const paper = { width: process.stdout.columns || 80, colours: inColours() };
    output.log(statusText({ health: await healthOf(client), status: now }, paper, Date.now()));
  },

  async top(client, _args, { output, clock }) {
    const { stdin: input, stdout } = process;
    if (!stdout.isTTY || process.env.TERM === "dumb") return output.log(await printed({ client, clock }));
    await watched({ client, clock }, { input, output: stdout }, inColours());
  },

  async drain(client, { backend: place, within: withinMs, wait }, { output, clock }) {
    // Milliseconds are a duration, too.
    await say(output, client, place, {
      state: "drain",
      ...(withinMs !== undefined && { within: `${withinMs}ms` }),
    });
    if (!wait) return output.log(`${named(place)} drains`);
    await drained(client, place, { withinMs, clock });
    output.log(`${named(place)} is drained`);
  },

  async ready(client, { backend: place }, { output }) {
    await say(output, client, place, { state: "ready" });
    output.log(`${named(place)} is ready`);
  },

  async maint(client, { backend: place }, { output }) {
    await say(output, client, place, { state: "maint" });
    output.log(`${named(place)} is in maintenance`);
  },

  async weight(client, { backend: place, weight }, { output }) {
    await say(output, client, place, { weight });
    output.log(`${named(place)} has the weight ${weight}`);
  },

  async kill(client, { session }, { output }) {
    const path = `/api/v1/sessions/${encodeURIComponent(session)}`;
    await client.ask({ method: "DELETE", path, answer: nothing });
    output.log(`${escaped(session)} is ended`);
  },

  async explain(client, { session, json }, { output }) {
    const path = `/api/v1/decisions?session=${encodeURIComponent(session)}`;
    if (json) return printJson(output, await client.ask({ method: "GET", path, answer: whole(decisions) }));
    const found = await client.ask({ method: "GET", path, answer: decisions });
    for (const { explanation } of found.decisions) output.log(escaped(explanation));
  },
};

/** Does what an operator asks for, over the admin API alone; gives the exit code. */
export async function operate(name: Operation, args: OperateArgs, desk = DESK): Promise<number> {
  refuseMissing(name, args);
  using _signals = onSignals({ stop: () => process.exit(exitCodes.interrupted) });
  const token = args.tokenFile === undefined ? undefined : await tokenIn(args.tokenFile);
  await works[name](new AdminClient(args.admin, token), args as Given, desk);
  return exitCodes.done;
}

function inColours(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR;
}

async function say(output: Output, client: AdminClient, place: Place, words: object): Promise<void> {
  const path = pathOf(place);
  const { stored } = await client.ask({ method: "PATCH", path, body: words, answer: backend });
  if (stored === false) output.error("lb: warning: it is in force, and not stored yet: the store is down");
}

/** JSON knows the escapes of a terminal's, too. */
function printJson(output: Output, value: unknown): void {
  output.log(JSON.stringify(value, null, 2).split("\n").map(escaped).join("\n"));
}
