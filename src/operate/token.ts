import { explain, Failure } from "../command/failure.ts";
import { readBytes } from "../config/file.ts";

/** What opens the API, and the file that it comes from. */
export interface Token {
  readonly text: string;
  readonly path: string;
}

const LINE = /^(?:[\w.-]+\s+(?:read|write)\s+)?([\w.~+/=-]{1,512})$/;

/** Reads a file with a token alone, or with lines of admin.tokenFile, of which the first counts; rejects with a Failure that shows nothing of it. */
export async function tokenIn(path: string): Promise<Token> {
  const bytes = await readBytes(path).catch((error: unknown) => {
    throw new Failure(explain(error, path));
  });
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  const first = lines.map((line) => line.trim()).find((line) => line !== "" && !line.startsWith("#")) ?? "";
  const [, text] = LINE.exec(first) ?? [];
  if (text === undefined)
    throw new Failure(
      `${path}: expected a token, or lines like those of admin.tokenFile: name read|write token`,
    );
  return { text, path };
}
