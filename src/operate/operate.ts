import { exitCodes } from "../command/command.ts";
import { onSignals } from "../command/signals.ts";
import { escaped } from "../config/shown.ts";
import { AdminClient } from "./admin-client.ts";
import { type OperateArgs, type Operation, refuseMissing } from "./commands.ts";
import type { Explained, Health, Status } from "./documents.ts";
import { drained } from "./drained.ts";
import { pathOf, placeIn } from "./place.ts";
import { statusText } from "./status.ts";

type Work = (client: AdminClient, args: OperateArgs) => Promise<void>;

const works: Readonly<Record<Operation, Work>> = {
  async status(client, { json }) {
    const status = (await client.ask("GET", "/api/v1/status")) as Status;
    if (json) return print(JSON.stringify(status, null, 2));
    const health = (await client.ask("GET", "/health")) as Health;
    const { columns = 80, isTTY } = process.stdout;
    const paper = { width: columns, colours: isTTY === true && !process.env.NO_COLOR };
    print(statusText({ health, status }, paper, Date.now()));
  },

  async drain(client, args) {
    const { backend = "", within, wait } = args;
    const place = placeIn(backend);
    // Milliseconds are a duration, too.
    await say(client, backend, { state: "drain", ...(within !== undefined && { within: `${within}ms` }) });
    if (!wait) return print(`${backend} drains`);
    await drained(client, place, within);
    print(`${backend} is drained`);
  },

  async ready(client, { backend = "" }) {
    await say(client, backend, { state: "ready" });
    print(`${backend} is ready`);
  },

  async maint(client, { backend = "" }) {
    await say(client, backend, { state: "maint" });
    print(`${backend} is in maintenance`);
  },

  async weight(client, { backend = "", weight }) {
    await say(client, backend, { weight });
    print(`${backend} has the weight ${weight}`);
  },

  async kill(client, { session = "" }) {
    await client.ask("DELETE", `/api/v1/sessions/${encodeURIComponent(session)}`);
    print(`${session} is ended`);
  },

  async explain(client, { session = "", json }) {
    const answer = await client.ask("GET", `/api/v1/decisions?session=${encodeURIComponent(session)}`);
    const { decisions } = answer as Explained;
    if (json) return print(JSON.stringify(decisions, null, 2));
    for (const { explanation } of decisions) print(escaped(explanation));
  },
};

/** Does what an operator asks for, over the admin API alone; gives the exit code. */
export async function operate(name: Operation, args: OperateArgs): Promise<number> {
  refuseMissing(name, args);
  using _signals = onSignals({ stop: () => process.exit(exitCodes.interrupted) });
  const client = await AdminClient.of(args.admin, args.tokenFile);
  await works[name](client, args);
  return exitCodes.done;
}

async function say(client: AdminClient, backend: string, words: object): Promise<void> {
  const answer = (await client.ask("PATCH", pathOf(placeIn(backend)), words)) as {
    readonly stored?: boolean;
  };
  if (answer.stored === false)
    console.error("lb: warning: it is in force, and not stored yet: the store is down");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
