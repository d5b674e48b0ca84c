import { readdirSync, readFileSync } from "node:fs";
import type { SteeredProcess } from "../steered-process.ts";

interface Client {
  readonly id: string;
  readonly capacity: number;
  readonly ratePerSec: number;
}

interface Backend {
  readonly name: string;
  readonly weight: number;
  readonly state: string;
}

/** What a balancer has by now, as promises are noted: its clients, and the backends of a pool. */
export async function foundAt(lb: SteeredProcess, pool: string): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  const { body } = await lb.ask("GET", `/api/v1/pools/${pool}/backends`);
  for (const { name, weight, state } of (body as { backends: Backend[] }).backends)
    found.set(`backend ${name}`, { weight, state });
  for (let after: string | null = ""; after !== null; ) {
    const query: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
    const page = (await lb.ask("GET", `/api/v1/clients?limit=1000${query}`)).body;
    const { clients, next } = page as { clients: Client[]; next: string | null };
    for (const { id, capacity, ratePerSec } of clients) found.set(`client ${id}`, { capacity, ratePerSec });
    after = next;
  }
  return found;
}

/** The series of /metrics that count what is there just now, and are not 0. */
export async function busyGauges(lb: SteeredProcess): Promise<string[]> {
  const text = String((await lb.ask("GET", "/metrics")).body);
  const gauges = text.split("\n").filter((line) => /^lb_\w+_sessions_(?:active|queued)\{/.test(line));
  if (gauges.length === 0) throw new Error(`no gauges in ${text}`);
  return gauges.filter((line) => !line.endsWith(" 0"));
}

/** The states of all copies of servers. */
export async function copyStates(lb: SteeredProcess): Promise<string[]> {
  const { body } = await lb.ask("GET", "/api/v1/servers");
  return (body as { servers: { state: string }[] }).servers.map(({ state }) => state);
}

/** How many descriptors a process has open. */
export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** What of a process is in memory. */
export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;
}
