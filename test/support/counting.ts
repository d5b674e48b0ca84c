import type { Backend } from "#lb/live/backend";

/** The same backends, and how often one of them was looked at since `reads` was last set to 0. */
export function counting(backends: readonly Backend[]): {
  readonly backends: readonly Backend[];
  reads: number;
} {
  const counter = {
    reads: 0,
    backends: new Proxy(backends, {
      get(target, key, receiver) {
        if (typeof key === "string" && /^\d+$/.test(key)) counter.reads++;
        return Reflect.get(target, key, receiver);
      },
    }),
  };
  return counter;
}
