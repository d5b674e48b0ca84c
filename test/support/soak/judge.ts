import type { SessionRecord } from "#lb/contract/record";
import type { Ending } from "#lb/core/ending";
import type { Visit } from "./visit.ts";

const REFUSALS: readonly Ending[] = [
  "no-backend",
  "connect-refused",
  "connect-timeout",
  "queue-full",
  "queue-timeout",
  "client-limit",
  "rate-limited",
];

/** What is wrong with a visit as the client saw it, as its server saw it, and as its record tells it; "" where nothing is. */
export function judge(visit: Visit, record: SessionRecord | undefined): string {
  if (record === undefined) return "no record";
  if (visit.outcome === undefined) return "the client was not told its end";
  if (record.connectMs === null) return judgeRefused(visit, record);
  const { wrongAt } = visit.answer;
  if (wrongAt !== undefined) return `byte ${wrongAt} of the answer is wrong`;
  if (visit.request.wrongAt !== undefined) return `byte ${visit.request.wrongAt} of the request is wrong`;
  if (record.bytesOut < visit.answer.length) return "the client got more than was recorded";
  return record.ending === "done" ? judgeDone(visit, record) : judgeBroken(visit, record);
}

function judgeRefused(visit: Visit, { ending }: SessionRecord): string {
  if (visit.met) return `a backend served what was recorded as ${ending}`;
  if (visit.left) return ending === "client-gone" || REFUSALS.includes(ending) ? "" : `left, ended ${ending}`;
  if (!REFUSALS.includes(ending)) return `refused as ${ending}`;
  const told = visit.answer.head;
  return told === `ERR ${ending}\n` ? "" : `refused as ${ending}, told ${JSON.stringify(told)}`;
}

/** A client that resets may throw away what it was sent; nobody else may miss a byte. */
function judgeDone(visit: Visit, { bytesIn, bytesOut }: SessionRecord): string {
  // Behind the server's FIN a reset that comes with the last bytes cannot be told from an end.
  if (visit.left && visit.plan.manner === "greeting" && bytesIn < visit.sentBytes) return "";
  if (bytesIn !== visit.sentBytes) return `done, but ${bytesIn} of ${visit.sentBytes} bytes were read`;
  if (visit.left) return "";
  if (visit.outcome !== "end") return "done, but reset";
  if (bytesOut !== visit.answer.length) return `done, but ${visit.answer.length} of ${bytesOut} bytes came`;
  if (visit.struck) return "";
  return visit.answer.whole && visit.request.whole ? "" : "done, but bytes are missing";
}

/** Whose fault it was must be told as it was; a connection that a server crashed with unseen counts as crashed. */
function judgeBroken({ left, struck, met }: Visit, { ending }: SessionRecord): string {
  if (ending === "client-reset" || ending === "client-gone") return left ? "" : `stayed, but ended ${ending}`;
  if (ending === "backend-reset") return struck || !met ? "" : "no server broke off, but ended backend-reset";
  return `ended ${ending}`;
}
