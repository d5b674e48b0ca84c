import type { Clock } from "../core/clock.ts";

/** What `work` comes to; rejects with what `late` makes where that takes longer than `ms`. */
export async function inTime<T>(clock: Clock, ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  work.catch(() => {});
  return await new Promise<T>((resolve, reject) => {
    const timer = clock.after(ms, () => reject(late()));
    const over = () => timer[Symbol.dispose]();
    work.then(resolve, reject).finally(over);
  });
}
