/** Calls `stop` for each SIGINT or SIGTERM with how many came so far, the first is 1, until it is disposed of. */
export function onStopSignals(stop: (count: number, signal: NodeJS.Signals) => void): Disposable {
  let count = 0;
  const listener = (signal: NodeJS.Signals) => stop(++count, signal);
  process.on("SIGINT", listener);
  process.on("SIGTERM", listener);
  return {
    [Symbol.dispose]() {
      process.off("SIGINT", listener);
      process.off("SIGTERM", listener);
    },
  };
}
