import type { Plan, Results } from "../results.ts";
import { widthOf } from "./fonts.ts";
import { CAPTION_PX, LINE_WIDTH } from "./frame.ts";
import { counted, readable } from "./numbers.ts";
import type { Run } from "./run.ts";

const MOST_KINDS = 3;
const words = new Intl.Segmenter("en", { granularity: "word" });

/** What was run, where, and what is wrong with it or to be known of it: lines that fit under a chart's title. */
export function caption(runs: readonly Run[]): string[] {
  return [
    ...perRun(runs, "scenarios", ({ scenario }) => scenario ?? ""),
    ...perRun(runs, "plans", ({ plan }) => describePlan(plan)),
    ...perRun(runs, "places", place),
    ...runs.flatMap(doubts),
  ].flatMap(wrap);
}

/** What is to be said of the runs: once where it is the same of all, else after the names of those it is true of. */
function perRun(runs: readonly Run[], kinds: string, describe: (results: Results) => string): string[] {
  const names = new Map<string, string[]>();
  for (const { name, results } of runs) {
    const sentence = describe(results);
    names.set(sentence, [...(names.get(sentence) ?? []), name]);
  }
  const lines = [...names].flatMap(([sentence, of]) => {
    if (sentence === "") return [];
    return names.size === 1 ? sentence : `${of.join(", ")}: ${sentence}`;
  });
  const left = lines.length - MOST_KINDS;
  return left <= 0 ? lines : [...lines.slice(0, MOST_KINDS), `and ${left} more ${kinds}`];
}

/** A plan in words: "20 clients, each asks again once answered, 50 requests each, a new connection each time". */
export function describePlan(plan: Plan): string {
  const parts = [
    `${counted(plan.clients, "client")}, ${pace(plan)}`,
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
  if (requestsPerClient !== null) return `${counted(requestsPerClient, "request")} each`;
  return durationMs !== null && `for ${readable(durationMs / 1000)} s`;
}

function place({ environment: { node, os, cpu, cores, git }, startedAt }: Results): string {
  return `${startedAt.slice(0, 10)} · ${counted(cores, "core")} (${cpu}) · ${os} · Node ${node.replace(/^v/, "")} · ${git}`;
}

function doubts({ name, results }: Run): string[] {
  if (results.status === "valid") return results.notes.map((note) => `${name}: ${note}`);
  const why = results.invalidReasons.join("; ") || "ended before its plan was done";
  return [`${name} is ${results.status.toUpperCase()}, its numbers mean little: ${why}`];
}

/** In lines that a chart is wide enough for; a script without spaces is broken anywhere. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of piecesOf(text)) {
    if (fits(line + piece.trimEnd()) || line === "") line += piece;
    else {
      lines.push(line.trimEnd());
      line = piece.trimStart();
    }
  }
  return [...lines, line];
}

/** Words, or the characters of a word that is longer than a line. */
function piecesOf(text: string): string[] {
  return Array.from(words.segment(text)).flatMap(({ segment }) => (fits(segment) ? segment : [...segment]));
}

function fits(text: string): boolean {
  return widthOf(text, CAPTION_PX) <= LINE_WIDTH;
}
