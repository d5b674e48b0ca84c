import { hostPort } from "../core/address.ts";
import { systemErrors } from "../core/system-errors.ts";

/** The call was wrong: one line that says what to do, exit code 2. */
export class UsageError extends Error {}

/** The call was right and could not be done: one line that says why and what to do, exit code 1. */
export class Failure extends Error {}

/** Where a path is listened on there is no port to choose. */
const PATH_TAKEN = "is taken; end what listens there, or choose another path";

/**
 * One line for a person about any error: the system's own codes become sentences about `subject`, a path or an address, and
 * where the error says which listener it is about, so does the line.
 */
export function explain(error: unknown, subject?: string): string {
  if (!(error instanceof Error)) return String(error);
  const system = error as NodeJS.ErrnoException & Whereabouts;
  const { code = "" } = system;
  const sentence = code === "EADDRINUSE" && isPath(system) ? PATH_TAKEN : systemErrors[code]?.subject;
  const about = subject ?? system.path ?? addressIn(system);
  const said = sentence && about ? `${about} ${sentence}` : firstLine(error.message);
  const { listener } = system;
  return listener === undefined || said.startsWith(`${listener} `) ? said : `listener ${listener}: ${said}`;
}

/** What an error says of where it was to listen, for which listener, or whom to look up. */
interface Whereabouts {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly listener?: string;
}

function addressIn(system: Whereabouts): string | undefined {
  const { address, port, hostname } = system;
  if (address === undefined) return hostname;
  return isPath(system) ? `unix:${address}` : hostPort(address, port as number);
}

/** Node says -1 for the port of a path that was to be listened on, and nothing for one that was dialled. */
function isPath({ address, port = -1 }: Whereabouts): boolean {
  return address !== undefined && port === -1;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] as string;
}
