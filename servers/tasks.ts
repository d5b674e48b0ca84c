/** The task server's work: exact integers, and the largest n that one request may cost. */
export interface Task {
  readonly largest: number;
  /** For a whole n from 0 to `largest`. */
  readonly compute: (n: number) => bigint;
}

/** The nth Fibonacci number, F(1) = F(2) = 1, by fast doubling: O(log n) multiplications. */
export function fibonacci(n: number): bigint {
  // Bit by bit from the highest: (a, b) is (F(k), F(k + 1)) for the bits k read so far.
  let [a, b] = [0n, 1n];
  for (const bit of n.toString(2)) {
    const twice = a * (2n * b - a);
    const next = a * a + b * b;
    [a, b] = bit === "0" ? [twice, next] : [next, twice + next];
  }
  return a;
}

/** n!, by splitting the product in halves, so that the factors of each multiplication are of like size. */
export function factorial(n: number): bigint {
  return product(1, n);
}

function product(from: number, to: number): bigint {
  if (from > to) return 1n;
  if (from === to) return BigInt(from);
  const middle = (from + to) >>> 1;
  return product(from, middle) * product(middle + 1, to);
}

/** Every task by its name in the line protocol. */
export const tasks = {
  fibonacci: { largest: 10_000, compute: fibonacci },
  factorial: { largest: 5_000, compute: factorial },
} as const satisfies Record<string, Task>;

/** Whether `n` is a whole number that the task takes. */
export function takes(task: Task, n: unknown): n is number {
  return Number.isInteger(n) && (n as number) >= 0 && (n as number) <= task.largest;
}
