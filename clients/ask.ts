import { type ChosenTask, expectedValue } from "./task.ts";

/** A line to send, and how its answer is verified: the server's name, or undefined where it is not the answer. */
export interface Ask {
  readonly line: string;
  readonly verify: (answer: string) => string | undefined;
}

/** Request `index` of a run. */
export type AskNumber = (index: number) => Ask;

/** `ping 1`, `ping 2` …: the answer repeats the text and ends with the server's name. */
export const pingAsk: AskNumber = (index) => {
  const text = index + 1;
  return { line: `ping ${text}`, verify: lastWordAfter(`pong ${text} `) };
};

/** A line that comes back as it is; the server does not say who it is. */
export const echoAsk: AskNumber = (index) => {
  const line = `echo ${index + 1}`;
  return { line, verify: (answer) => (answer === line ? "echo" : undefined) };
};

/** The tasks in turn; the value is computed here too. */
export function taskAsk(tasks: readonly ChosenTask[]): AskNumber {
  return (index) => {
    const task = tasks[index % tasks.length] as ChosenTask;
    const verify = (answer: string) => lastWordAfter(`ok ${expectedValue(task)} `)(answer);
    return { line: `${task.name} ${task.n}`, verify };
  };
}

function lastWordAfter(start: string): Ask["verify"] {
  return (answer) => {
    const server = answer.startsWith(start) ? answer.slice(start.length) : "";
    return server === "" || server.includes(" ") ? undefined : server;
  };
}
