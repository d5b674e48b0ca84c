/** Node's own way to run what waits for promises, as it does behind each of its callbacks; no version documents it. */
interface Ticking {
  _tickCallback?: () => void;
}

/**
 * A function that runs what waits for settled promises, in the middle of a callback of Node's; undefined where this Node has
 * none that works. It is to be called in a callback, and not in what waits for a promise itself.
 */
export function findMicrotasks(): (() => void) | undefined {
  const { _tickCallback: run } = process as Ticking;
  let works = false;
  Promise.resolve().then(() => {
    works = true;
  });
  run?.();
  return works ? run : undefined;
}
