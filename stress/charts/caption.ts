import type { Plan, Results } from "../results.ts";
import { readable } from "./numbers.ts";
import type { Run } from "./run.ts";

const LONGEST_LINE = 165;
const MOST_PLANS = 3;

/** What was run, where, and what is wrong with it: lines that fit under a chart's title. */
export function caption(runs: readonly Run[]): string[] {
  const all = runs.map(({ results }) => results);
  return [
    ...distinct(all.map(({ scenario }) => scenario ?? "")).filter(Boolean),
    ...plans(runs),
    distinct(all.map(place)).join("; "),
    ...runs.flatMap(doubts),
  ].flatMap(wrap);
}

function plans(runs: readonly Run[]): string[] {
  const sentences = distinct(runs.map(({ results }) => describePlan(results.plan)));
  if (sentences.length === 1) return sentences;
  const lines = sentences.map((sentence) => {
    const names = runs
      .filter(({ results }) => describePlan(results.plan) === sentence)
      .map(({ name }) => name);
    return `${names.join(", ")}: ${sentence}`;
  });
  const left = lines.length - MOST_PLANS;
  return left <= 0 ? lines : [...lines.slice(0, MOST_PLANS), `and ${left} more plans`];
}

/** A plan in words: "20 clients, each asks again once answered, 50 requests each, a new connection each time". */
export function describePlan(plan: Plan): string {
  const parts = [
    `${count(plan.clients, "client")}, ${pace(plan)}`,
    amount(plan),
    plan.requestsPerConnection === 1
      ? "a new connection for each request"
      : `${readable(plan.requestsPerConnection)} requests per connection`,
    plan.repeats > 1 && `${plan.repeats} repeats`,
  ];
  return parts.filter(Boolean).join(" · ");
}

function pace({ model, ratePerSec, arrival }: Plan): string {
  if (model === "closed") return "each asking again as soon as it is answered";
  return `${readable(ratePerSec ?? 0)} requests/s${arrival === "poisson" ? " at random moments" : ""}`;
}

function amount({ requestsPerClient, durationMs }: Plan): string | false {
  if (requestsPerClient !== null) return `${count(requestsPerClient, "request")} each`;
  return durationMs !== null && `for ${readable(durationMs / 1000)} s`;
}

function place({ environment: { node, os, cpu, cores, git }, startedAt }: Results): string {
  return `${startedAt.slice(0, 10)} · ${count(cores, "core")} (${cpu}) · ${os} · Node ${node.replace(/^v/, "")} · ${git}`;
}

function doubts({ name, results }: Run): string[] {
  if (results.status === "valid") return [];
  const why = results.invalidReasons.join("; ") || "ended before its plan was done";
  return [`${name} is ${results.status.toUpperCase()}, its numbers mean little: ${why}`];
}

function count(n: number, noun: string): string {
  return `${readable(n)} ${noun}${n === 1 ? "" : "s"}`;
}

function distinct(lines: readonly string[]): string[] {
  return [...new Set(lines)];
}

function wrap(line: string): string[] {
  if (line.length <= LONGEST_LINE) return [line];
  const space = line.lastIndexOf(" ", LONGEST_LINE);
  const end = space > 0 ? space : LONGEST_LINE;
  return [line.slice(0, end), ...wrap(line.slice(end).trimStart())];
}
