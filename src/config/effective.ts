import { Document, isScalar } from "yaml";
import { z } from "zod";
import { openFiles, sessionsWithin } from "../core/open-files.ts";
import type { Config } from "./config.ts";
import { asAsked } from "./environment.ts";
import { otherFiles } from "./other-files.ts";
import { configSchema } from "./schema/index.ts";
import { withSecretsHidden } from "./shown.ts";

/** The configuration as a file would have it, with every default; passwords are in it, what the environment has is not. */
export function asWritten(config: Config): unknown {
  return asAsked(config, z.encode(configSchema, config));
}

/** The configuration as YAML, with every default and without passwords and what the environment has; `auto` says what it comes to here. */
export function effective(config: Config, files: number = openFiles()): string {
  const document = new Document(withSecretsHidden(asWritten(config)));
  const sessions = sessionsWithin(files, otherFiles(config));
  for (const at of config.listeners.keys()) {
    const limit = document.getIn(["listeners", at, "maxConnections"], true);
    if (isScalar(limit) && limit.value === "auto") limit.comment = ` ${sessions} here`;
  }
  return document.toString({ lineWidth: 0 });
}
