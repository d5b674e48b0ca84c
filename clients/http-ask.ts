import { type ChosenTask, expectedValue, httpType } from "./task.ts";

/** A request over HTTP, and how the body of its answer is verified: who answered, or undefined where it is wrong. */
export interface HttpAsk {
  readonly method: "GET" | "POST";
  readonly body?: string;
  readonly verify: (body: string) => string | undefined;
}

/** GET: whatever answers is right; it is known by the `port` or `server` of its JSON, and else as "http". */
export const getAsk = (): HttpAsk => ({
  method: "GET",
  verify(body) {
    const { port, server } = jsonObject(body);
    return String(port ?? server ?? "http");
  },
});

/** POST of the tasks in turn; the value is computed here too. */
export function postTaskAsk(tasks: readonly ChosenTask[]): (index: number) => HttpAsk {
  return (index) => {
    const task = tasks[index % tasks.length] as ChosenTask;
    return {
      method: "POST",
      body: JSON.stringify({ type: httpType(task), n: task.n }),
      verify(body) {
        const { value, server } = jsonObject(body);
        return value === expectedValue(task) ? String(server ?? "http") : undefined;
      },
    };
  };
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
