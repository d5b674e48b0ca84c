import type { Socket } from "node:net";
import { retold, shown } from "../../config/shown.ts";
import { LineSplitter, LineTooLong } from "../../core/lines.ts";
import { Problem } from "../problem.ts";
import { refusal } from "./refusal.ts";

/** The words behind `ok` that a line server answers; throws a Problem where it is refused, or answers anything else. */
export async function askByLine(
  socket: Socket,
  line: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  socket.write(`${line}\n`);
  const answer = await firstLine(socket, signal);
  if (answer === undefined) throw new Problem("unavailable", "the session ended without an answer");
  const [word, ...words] = answer.replace(/\r$/, "").split(" ");
  if (word === "ok") return words;
  if (word === "ERR") throw refusal(words[0] ?? "");
  throw new Problem("bad-answer", `expected ok and a value, got ${shown(retold(answer))}`);
}

async function firstLine(socket: Socket, signal: AbortSignal): Promise<string | undefined> {
  const splitter = new LineSplitter();
  try {
    for await (const chunk of socket) for (const line of splitter.push(chunk as Buffer)) return line;
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LineTooLong) throw new Problem("bad-answer", error.message);
    // Broken off, which is no answer either.
    return undefined;
  }
}
