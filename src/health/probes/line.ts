import { bytesOf } from "../../core/bytes.ts";
import { type ProbeFailure, quoted } from "../answer.ts";
import type { Talk } from "../talk.ts";
import type { Probe } from "./probe.ts";

/** One step: says something, or listens, or both. Texts are bytes as `bytesOf` reads them. */
export interface Step {
  readonly send?: string;
  /** The answer begins so. */
  readonly expect?: string;
  /** The answer has this in it. */
  readonly contains?: string;
}

/** A conversation of one step or of several. */
export type LineSettings = { readonly kind: "line" } & (
  | { readonly send: string; readonly expect: string }
  | { readonly steps: readonly Step[] }
);

export const line: Probe<LineSettings> = (settings) => async (talk) => {
  if (!("steps" in settings)) return taken(talk, settings);
  for (const [at, step] of settings.steps.entries()) {
    const failure = await taken(talk, step);
    if (failure !== undefined) return `step ${at + 1}: ${failure}`;
  }
  return undefined;
};

async function taken(talk: Talk, { send, expect, contains }: Step): Promise<ProbeFailure> {
  if (send !== undefined) {
    talk.forget();
    await talk.say(bytesOf(send));
  }
  if (expect !== undefined && !(await talk.begins(bytesOf(expect))))
    return `expected ${quoted(bytesOf(expect))}, got ${quoted(talk.heard)}`;
  return contains === undefined ? undefined : found(talk, bytesOf(contains));
}

async function found(talk: Talk, part: Buffer): Promise<ProbeFailure> {
  const answer = await talk.until(part);
  return answer.includes(part) ? undefined : `expected ${quoted(part)} in the answer, got ${quoted(answer)}`;
}
