import { lines } from "./line-service.ts";
import { withoutReturn } from "./line-session.ts";
import { takes, tasks } from "./tasks.ts";

const EXPECTED = Object.entries(tasks)
  .map(([name, { largest }]) => `${name} <n> with n from 0 to ${largest}`)
  .join(", or ");
const REQUEST = /^(fibonacci|factorial) (\d{1,9})$/;

/** `fibonacci <n>` or `factorial <n>` → `ok <value> <server>`, exact. */
export const taskProtocol = lines((server) => (line) => {
  const [, name, digits] = REQUEST.exec(withoutReturn(line)) ?? [];
  const task = tasks[name as keyof typeof tasks];
  const n = Number(digits);
  return task !== undefined && takes(task, n)
    ? `ok ${task.compute(n)} ${server}`
    : `err expected ${EXPECTED}`;
});
