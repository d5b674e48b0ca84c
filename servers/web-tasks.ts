import { type Task, takes, tasks } from "./tasks.ts";
import { type Reply, refusal } from "./web-reply.ts";

const types: Readonly<Record<string, Task>> = {
  generate_nth_fibonacci: tasks.fibonacci,
  generate_n_factorial: tasks.factorial,
};
const TYPES = Object.keys(types).join('" or "');

/** The reply to a task, given as the JSON text `{"type","n"}`. */
export function taskReply(server: string, body: string): Reply {
  const request = parsed(body);
  if (typeof request !== "object" || request === null || Array.isArray(request)) {
    return refusal(
      400,
      "bad-json",
      `expected a JSON object such as {"type":"generate_nth_fibonacci","n":123}`,
    );
  }
  const { type, n } = request as { type?: unknown; n?: unknown };
  const task = typeof type === "string" && Object.hasOwn(types, type) ? types[type] : undefined;
  if (task === undefined) return refusal(400, "bad-type", `expected type to be "${TYPES}"`);
  if (!takes(task, n))
    return refusal(400, "bad-n", `expected n to be a whole number from 0 to ${task.largest}`);
  return computed(server, task, n);
}

function computed(server: string, task: Task, n: number): Reply {
  const began = performance.now();
  const value = task.compute(n).toString();
  const ms = Math.round((performance.now() - began) * 1000) / 1000;
  return { status: 200, body: { value, server, ms } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
