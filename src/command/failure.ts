import { hostPort } from "../core/address.ts";

/** The call was wrong: one line that says what to do, exit code 2. */
export class UsageError extends Error {}

/** The call was right and could not be done: one line that says why and what to do, exit code 1. */
export class Failure extends Error {}

const SENTENCES: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken; end what listens there, or choose another port (0 picks a free one)",
  EADDRNOTAVAIL: "is not an address of this machine",
  EACCES: "may not be used by this user",
  EPERM: "may not be used by this user",
  ENOENT: "does not exist",
  EISDIR: "is a folder, expected a file",
  ENOTDIR: "is not a folder",
  ENOSPC: "cannot be written: the disk is full",
  EROFS: "cannot be written: the disk is read-only",
  ENOTFOUND: "is a name nobody knows",
  EAI_AGAIN: "could not be looked up: no name server answered",
};

/** One line for a person about any error: the system's own codes become sentences about `subject`, a path or an address. */
export function explain(error: unknown, subject?: string): string {
  if (!(error instanceof Error)) return String(error);
  const system = error as NodeJS.ErrnoException & Whereabouts;
  const sentence = SENTENCES[system.code ?? ""];
  const about = subject ?? system.path ?? addressIn(system);
  return sentence && about ? `${about} ${sentence}` : firstLine(error.message);
}

/** What a system's error says of where it was to listen, or whom to look up. */
interface Whereabouts {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

function addressIn({ address, port, hostname }: Whereabouts): string | undefined {
  if (address === undefined) return hostname;
  return port === undefined ? `unix:${address}` : hostPort(address, port);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] as string;
}
