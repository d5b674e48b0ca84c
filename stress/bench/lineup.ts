import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Child } from "#lb/command/child";
import type { Children } from "#lb/command/children";
import { listening } from "#lb/command/signs";
import { ask } from "./ask.ts";
import type { Bench } from "./measure.ts";
import type { CommandLine, Subject } from "./subject.ts";

/** What all measurements of a benchmark share. */
export interface Stage {
  readonly load: Child;
  readonly echo: Child;
  readonly children: Children;
  /** For the subjects' files. */
  readonly folder: string;
}

/** A subject that runs, and how to measure it. */
export interface Entrant {
  readonly subject: string;
  readonly bench: Bench;
}

const host = "127.0.0.1";
// Below the ports the kernel gives to outgoing connections, of which there are thousands.
const PORTS = { from: 20_000, to: 30_000 };

/**
 * Starts every subject, with backends of its own on fresh ports: those of the last measurement are still in TIME_WAIT,
 * and looking past them would cost the proxy.
 */
export async function lineUp(
  subjects: readonly Subject[],
  { load, echo, children, folder }: Stage,
): Promise<Entrant[]> {
  const total = subjects.reduce((sum, { backends }) => sum + backends, 0);
  const { ports = [] } = await ask(echo, { do: "listen", ports: total });
  const left = [...ports];
  const entrants: Entrant[] = [];
  for (const subject of subjects) {
    const running = await start(
      subject,
      left.splice(0, subject.backends),
      join(folder, subject.name),
      children,
    );
    entrants.push({ subject: subject.name, bench: { load, ...running } });
  }
  return entrants;
}

/** Ends them all. */
export async function dismiss(entrants: readonly Entrant[]): Promise<void> {
  await Promise.all(entrants.map(({ bench }) => bench.companion?.end(0)));
  await Promise.all(entrants.map(({ bench }) => bench.proxy?.end(0)));
}

async function start(
  subject: Subject,
  backends: readonly number[],
  folder: string,
  children: Children,
): Promise<Omit<Bench, "load">> {
  if (!subject.command)
    return {
      port: backends[0] as number,
      proxy: undefined,
      companion: undefined,
      fail: undefined,
      reload: undefined,
    };
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const place = { port, backends, folder };
  const run = (name: string, [command, ...args]: CommandLine) => children.start({ name, command, args });
  const proxy = run(subject.name, subject.command(place));
  await proxy.until(listening({ kind: "tcp", host, port }));
  const { fail, reload, companion } = subject;
  return {
    port,
    proxy,
    companion: companion && run(`beside ${subject.name}`, companion(place)),
    fail: fail && (() => fail(place, proxy)),
    reload: reload && ((weight) => reload(place, proxy, weight)),
  };
}

async function freePort(): Promise<number> {
  const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
  const server = createServer().listen({ host, port });
  if (!(await happens("listening", server))) return freePort();
  await once(server.close(), "close");
  return port;
}

/** Whether the event comes, and not an error. */
function happens(event: string, emitter: NodeJS.EventEmitter): Promise<boolean> {
  return once(emitter, event).then(
    () => true,
    () => false,
  );
}
