import { Presets, SingleBar } from "cli-progress";

/** A live line on stderr, drawn until it is disposed of. */
export interface LiveLine<State> extends Disposable {
  /** Draws it as it is now. */
  show(state: State): void;
}

/**
 * A live line in this format (of cli-progress). `begin` starts the bar and gives what draws it. Where stderr is no terminal
 * it is not called, and nothing is computed for a line that is not seen.
 */
export function liveLine<State>(
  format: string,
  begin: (bar: SingleBar) => (state: State) => void,
): LiveLine<State> {
  if (!process.stderr.isTTY) return { show() {}, [Symbol.dispose]() {} };
  const bar = new SingleBar(
    {
      format,
      barsize: 20,
      etaBuffer: 50,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      stream: process.stderr,
    },
    Presets.legacy,
  );
  return { show: begin(bar), [Symbol.dispose]: () => bar.stop() };
}
