import type { Argv } from "yargs";
import { coerced, oneOf } from "./command/coerce.ts";
import { UsageError } from "./command/failure.ts";
import { flagDefaults } from "./config/flag-defaults.ts";
import type { Flags } from "./config/flags.ts";
import { algorithmNames } from "./contract/algorithm.ts";
import { type LogLevel, logLevels } from "./core/log-settings.ts";
import { type TransportName, transportNames } from "./core/transport-names.ts";
import { addOperations, operations } from "./operate/commands.ts";

/** The command line of `lb`, as it was typed. */
export interface Args {
  /** The command's own words: `check`, or none. */
  readonly _: readonly (string | number)[];
  readonly algorithm: string | undefined;
  readonly config: string | undefined;
  readonly watch: boolean;
  readonly listen: string | undefined;
  readonly backend: readonly string[] | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly transport: TransportName | undefined;
}

/** What `lb` may be called with. Little is loaded for it: the operator's commands need no more. */
export function options(yargs: Argv): Argv<Args> {
  return addOperations(yargs)
    .usage("$0 [algorithm]", "Spreads TCP connections over backends.", (command) =>
      configuring(command)
        .positional("algorithm", {
          describe: algorithmNames.join(", "),
          type: "string",
          coerce: algorithmWord,
        })
        .option("watch", {
          describe: "apply changes of the file as they are saved; SIGHUP does it once",
          type: "boolean",
          default: false,
        }),
    )
    .command(
      "check",
      "Prints the effective configuration, or every mistake, and listens on nothing.",
      // A word that is too much is answered by `check` itself, which knows what was meant.
      (command) => configuring(command).strict(false).strictOptions(),
    ) as unknown as Argv<Args>;
}

/** A word that is no command may be meant to be one. */
function algorithmWord(given: unknown): string {
  const word = String(given);
  if (algorithmNames.some((name) => name === word)) return word;
  const commands = ["check", ...operations].join(", ");
  throw new UsageError(
    `algorithm: expected one of ${algorithmNames.join(", ")}, or a command (${commands}), got "${word}"`,
  );
}

/** What is said of a configuration. */
function configuring(command: Argv): Argv {
  return command
    .option("config", {
      describe: "a configuration file, YAML or JSON; - reads standard input",
      requiresArg: true,
      type: "string",
      coerce: coerced("config", String),
    })
    .option("listen", {
      describe: "where clients connect; port 0 picks a free one",
      requiresArg: true,
      type: "string",
      defaultDescription: flagDefaults.listen,
      coerce: coerced("listen", String),
    })
    .option("backend", {
      describe: "a server, host:port[#weight], the weight from 0 (gets nothing) to 256; repeat it for each",
      requiresArg: true,
      defaultDescription: flagDefaults.backends.join(", "),
      coerce: (given: unknown) => [given].flat().map(String),
    })
    .option("log-level", {
      describe: `${logLevels.join(", ")}; session records are info`,
      requiresArg: true,
      defaultDescription: "info",
      coerce: coerced("log-level", oneOf(logLevels)),
    })
    .option("transport", {
      describe: `what moves the bytes: ${transportNames.join(", ")}`,
      requiresArg: true,
      defaultDescription: "auto",
      coerce: coerced("transport", oneOf(transportNames)),
    })
    .example("$0 round-robin", "127.0.0.1:8080, to the ports 9001, 9002 and 9003")
    .example("$0 --config lb.yaml", "everything from a file; check --config lb.yaml tests it first")
    .example(
      "$0 p2c --listen 0.0.0.0:80 --backend 10.0.0.1:80 --backend 10.0.0.2:80#3",
      "one has thrice the share",
    );
}

/** The command line's part of the configuration. */
export function flagsOf({ config, algorithm, listen, backend, logLevel, transport }: Args): Flags {
  return { config, algorithm, listen, backends: backend, logLevel, transport };
}
