import { open } from "node:fs/promises";
import { explain, Failure } from "../command/failure.ts";

/** The largest configuration file, in bytes. */
const LARGEST = 1_048_576;

/** What stands for the standard input in the place of a file. */
export const STDIN = "-";

/** The file's text, or that of the standard input, which can be read once; rejects with a Failure where it cannot be read, is larger than 1 MiB or is not UTF-8. */
export async function readConfigFile(path: string): Promise<string> {
  const source = sourceOf(path);
  const bytes = await (path === STDIN ? readStdin() : readBytes(path)).catch((error) => {
    throw new Failure(explain(error, source));
  });
  if (bytes.length > LARGEST) throw new Failure(`${source} is too large, expected at most 1 MiB`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure(`${source} is not text, expected YAML or JSON in UTF-8`);
  }
}

/** What messages call the file. */
export function sourceOf(path: string): string {
  return path === STDIN ? "standard input" : path;
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LARGEST) break;
  }
  return Buffer.concat(chunks);
}

/** The first bytes of the file, at most one more than the largest may have, also of a pipe; rejects as the system does. */
export async function readBytes(path: string): Promise<Uint8Array> {
  await using file = await open(path);
  const bytes = new Uint8Array(LARGEST + 1);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.slice(0, length);
}
