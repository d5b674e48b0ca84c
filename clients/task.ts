/** The tasks of the task servers: the name over HTTP, the largest n, and the plainest way to compute it. */
const tasks = {
  fibonacci: { type: "generate_nth_fibonacci", largest: 10_000, compute: plainFibonacci },
  factorial: { type: "generate_n_factorial", largest: 5_000, compute: plainFactorial },
} as const;

/** A task for a server. */
export interface ChosenTask {
  readonly name: keyof typeof tasks;
  readonly n: number;
}

/** Reads `fibonacci:90,factorial:20`; throws a RangeError that says what was expected. */
export function parseTasks(text: string): readonly ChosenTask[] {
  return text.split(",").map((part) => {
    const [, name, digits] = /^(fibonacci|factorial):(\d{1,9})$/.exec(part.trim()) ?? [];
    const n = Number(digits);
    const task = tasks[name as keyof typeof tasks];
    if (task === undefined || n > task.largest) {
      throw new RangeError(
        `expected tasks such as fibonacci:90,factorial:20 (n up to 10000 and 5000), got "${part}"`,
      );
    }
    return { name: name as keyof typeof tasks, n };
  });
}

/** What the task is called over HTTP. */
export function httpType(task: ChosenTask): string {
  return tasks[task.name].type;
}

const known = new Map<string, string>();

/** The right value, computed once per task, in another way than the servers do. */
export function expectedValue(task: ChosenTask): string {
  const key = `${task.name}:${task.n}`;
  const value = known.get(key) ?? tasks[task.name].compute(task.n).toString();
  known.set(key, value);
  return value;
}

function plainFibonacci(n: number): bigint {
  let [a, b] = [0n, 1n];
  for (let i = 0; i < n; i++) [a, b] = [b, a + b];
  return a;
}

function plainFactorial(n: number): bigint {
  let product = 1n;
  for (let i = 2; i <= n; i++) product *= BigInt(i);
  return product;
}
