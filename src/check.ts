import { exitCodes } from "./command/command.ts";
import { UsageError } from "./command/failure.ts";
import { onSignals } from "./command/signals.ts";
import { effective } from "./config/effective.ts";
import { loadConfig } from "./config/load.ts";
import { warnings } from "./config/warnings.ts";
import { type Args, flagsOf } from "./options.ts";

/** Prints the effective configuration, or throws with every mistake. */
export async function check(args: Args): Promise<number> {
  using _signals = onSignals({ stop: () => process.exit(exitCodes.interrupted) });
  const [, word] = args._;
  if (word !== undefined) throw new UsageError(`expected --config before the file to check, got "${word}"`);
  if (args.config === undefined) throw new UsageError("expected --config with a file to check");
  const config = await loadConfig(flagsOf(args));
  for (const warning of warnings(config)) console.error(`lb: warning: ${warning}`);
  process.stdout.write(effective(config));
  return exitCodes.done;
}
