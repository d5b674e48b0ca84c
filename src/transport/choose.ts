import { Failure } from "../command/failure.ts";
import { type TransportName, transportNames } from "../core/transport-names.ts";

/** What is wanted: LB_TRANSPORT in the environment stands in for `auto`. Throws a Failure where that is another word. */
export function wantedTransport(configured: TransportName): TransportName {
  if (configured !== "auto") return configured;
  const { LB_TRANSPORT: given = "auto" } = process.env;
  const known = transportNames.find((name) => name === given);
  if (known === undefined)
    throw new Failure(`LB_TRANSPORT: expected ${transportNames.join(", ")}, got "${given}"`);
  return known;
}

/** Whether there are engines for a machine of this kind; whether this one has what they need is known where one is opened. */
export function mayHaveEngines(): boolean {
  return process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
}
