import { outcomeOf } from "#lb/command/command";
import { systemClock } from "#lb/core/clock";
import type { OperateArgs, Operation } from "#lb/operate/commands";
import { operate } from "#lb/operate/operate";
import { type Args, options } from "#lb/options";

/** How a command ended, as a process would have. */
export interface Done {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Does an operator's command in this process. */
export async function lb(...words: readonly string[]): Promise<Done> {
  const written = { stdout: "", stderr: "" };
  const output = {
    log: (text: string) => {
      written.stdout += `${text}\n`;
    },
    error: (text: string) => {
      written.stderr += `${text}\n`;
    },
  };
  const run = (args: Args) =>
    operate(args._[0] as Operation, args as unknown as OperateArgs, { output, clock: systemClock });
  const code = await outcomeOf<Args>({ name: "lb", options, run }, words, output);
  return { code, ...written };
}
