import { formatDuration } from "#lb/core/duration";
import { table } from "../clients/table.ts";
import { counted } from "./charts/numbers.ts";
import type { Distribution, Plan, Results } from "./results.ts";

const LATENCY_HEAD = ["latency in ms", "answers", "share", "min", "p50", "p90", "p99", "max"];

type Fact = readonly [label: string, text: string];

/** What a person wants to know of a run, as text of several lines; an invalid run shows why, and no latency or rate. */
export function reportOf(results: Results, path: string): string {
  const { name, counts, invalidReasons } = results;
  const measured = invalidReasons.length === 0 && counts.ok > 0;
  const facts = [...whatWasDone(results), ...(measured ? pace(results) : []), ...doubts(results)];
  const lines = [...aligned([...facts, ["file", path]]), ...(measured ? ["", ...latencyTable(results)] : [])];
  return [`${name}: ${headline(results)}`, ...lines.map((line) => `  ${line}`.trimEnd())].join("\n");
}

function headline({ status, counts }: Results): string {
  return counts.ok === 0 && status !== "aborted" ? "not one request was answered" : status;
}

function whatWasDone({ target, plan, counts, errors, durationMs }: Results): Fact[] {
  const { planned, started, ok, failed, dropped, warmup } = counts;
  const outcomes = [
    `${started}${planned === null ? "" : ` of ${planned}`} started`,
    `${ok} answered`,
    `${failed} failed`,
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
    ...(warmup > 0 ? [`${warmup} before, to warm up`] : []),
  ];
  const words = Object.entries(errors).map(([word, times]) => `${word} ${times}`);
  return [
    ["target", target],
    ["plan", planText(plan)],
    ["requests", `${outcomes.join(", ")}, in ${(durationMs / 1000).toFixed(2)} s`],
    ...(words.length > 0 ? [["errors", words.join(", ")] as const] : []),
  ];
}

function planText(plan: Plan): string {
  const each = plan.requestsPerClient === null ? "" : ` × ${counted(plan.requestsPerClient, "request")}`;
  const rate = plan.ratePerSec === null ? "" : ` at ${plan.ratePerSec}/s ${plan.arrival}`;
  const time = plan.durationMs === null ? "" : ` for ${formatDuration(plan.durationMs)}`;
  const repeats = plan.repeats === 1 ? "" : `, ${plan.repeats} times`;
  const perConnection = `${plan.requestsPerConnection} per connection`;
  return `${plan.model}, ${counted(plan.clients, "client")}${each}${rate}${time}, ${perConnection}${repeats}`;
}

function pace({ ratePerSec, generator }: Results): Fact[] {
  const cpu = `${Math.round(generator.cpuShare * 100)} % of a core`;
  return [
    ["rate", `${ratePerSec.completed} answers per second`],
    ["generator", `${cpu}, event loop ${inMs(generator.loopDelayP99Us)} ms late (p99)`],
  ];
}

function doubts({ counts, status, errors, invalidReasons, notes }: Results): Fact[] {
  const silent = counts.ok === 0 && status !== "aborted";
  const hint = errors.mismatch ? "is it a ping server, or a balancer before some?" : "does the target run?";
  return [
    ...(silent ? [["hint", hint] as const] : []),
    ...invalidReasons.map((reason) => ["invalid", reason] as const),
    ...(invalidReasons.length > 0 ? [] : notes.map((note) => ["note", note] as const)),
  ];
}

function latencyTable({ latencyUs, connectUs, perServer }: Results): string[] {
  const { fromSend, fromIntended } = latencyUs;
  const rows = [
    distributionRow("from sending", fromSend),
    ...(fromIntended ? [distributionRow("from intended", fromIntended)] : []),
    distributionRow("connecting", connectUs),
    ...perServer.map(({ server, requests, share, p50, p99 }) => [
      server,
      String(requests),
      `${(share * 100).toFixed(1)} %`,
      ...["", inMs(p50), "", inMs(p99), ""],
    ]),
  ];
  return table(LATENCY_HEAD, rows).split("\n");
}

function distributionRow(label: string, { n, min, p50, p90, p99, max }: Distribution): string[] {
  return [label, String(n), "", ...[min, p50, p90, p99, max].map(inMs)];
}

function inMs(us: number | null): string {
  return us === null ? "-" : (us / 1000).toFixed(2);
}

function aligned(facts: readonly Fact[]): string[] {
  const width = Math.max(...facts.map(([label]) => label.length));
  return facts.map(([label, text]) => `${label.padEnd(width)}  ${text}`);
}
