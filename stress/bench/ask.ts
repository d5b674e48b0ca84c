import { once } from "node:events";
import type { Child } from "#lb/command/child";
import { Failure } from "#lb/command/failure";
import type { Sign } from "#lb/command/signs";
import type { Answer, Listen, Task } from "./messages.ts";

const ANSWER_WITHIN_MS = 60_000;

/** Has the load generator or the backend do something; throws a Failure where it could not, or not in time. */
export async function ask(script: Child, request: Task | Listen): Promise<Answer> {
  const answer = await script.until(answerTo(request), ANSWER_WITHIN_MS);
  if (answer.failed !== undefined) throw new Failure(`${script.name}, at "${request.do}": ${answer.failed}`);
  return answer;
}

function answerTo(request: Task | Listen): Sign<Answer> {
  return {
    what: `finish "${request.do}"`,
    async seen(process, signal) {
      process.send(request);
      const [answer] = await once(process, "message", { signal });
      return answer as Answer;
    },
  };
}
