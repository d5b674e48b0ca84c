import { existsSync } from "node:fs";
import { basename, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ChildFailure } from "#lb/command/child";
import type { Children } from "#lb/command/children";
import { exitCodes } from "#lb/command/command";
import { Failure, UsageError } from "#lb/command/failure";
import { script } from "#lb/command/program";
import { saying } from "#lb/command/signs";

/** One of the project's commands, which says where it listens. */
export interface Command {
  /** What messages call it. */
  readonly name: string;
  /** Its path below dist. */
  readonly script: string;
  readonly args: readonly string[];
  /** The address in the line that says where it listens; undefined for any other line. */
  readonly address: (line: string) => string | undefined;
}

/**
 * Starts a command and resolves with where it listens; rejects with a Failure where it does not get there, and with a
 * UsageError, in its own words, where it calls its arguments wrong. `died` is told when it ends later without being told to.
 */
export async function listeningAddress(
  { name, script: below, args, address }: Command,
  children: Children,
  died: (failure: Failure) => void,
): Promise<string> {
  const child = children.start(script(name, pathOf(below), args));
  const found = await child.until(saying("say where it listens", address)).catch((error) => {
    throw usageErrorOf(error, below) ?? error;
  });
  void child.exited.then((exit) => {
    if (!child.ending) died(new ChildFailure(name, exit));
  });
  return found;
}

function pathOf(below: string): string {
  const path = fileURLToPath(new URL(`../../${below}`, import.meta.url));
  if (!existsSync(path))
    throw new Failure(`${relative("", path)} does not exist; build it first: npm run build`);
  return path;
}

/** What a command says of its usage, without its own name before and its own help after it. */
function usageErrorOf(error: unknown, below: string): UsageError | undefined {
  if (!(error instanceof ChildFailure) || error.exit.code !== exitCodes.usage) return undefined;
  const { lastWords } = error.exit;
  const name = `${basename(below, ".js")}: `;
  const words = lastWords.startsWith(name) ? lastWords.slice(name.length) : lastWords;
  return new UsageError(words.replace(/ \([^()]*--help[^()]*\)$/, ""));
}
