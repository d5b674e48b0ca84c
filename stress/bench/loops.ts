/** Runs `count` jobs, `atOnce` side by side; one that is over starts the next. */
export function inTurn(count: number, atOnce: number, job: (over: () => void) => void): Promise<undefined> {
  return new Promise((resolve) => {
    let started = 0;
    let ended = 0;
    const start = () => {
      if (started++ < count) job(over);
    };
    const over = () => (++ended === count ? resolve(undefined) : start());
    if (count === 0) resolve(undefined);
    for (let i = 0; i < atOnce; i++) start();
  });
}

/** Starts `count` jobs, `perSec` of them a second, also while earlier ones are under way. */
export function atPace(count: number, perSec: number, job: (over: () => void) => void): Promise<undefined> {
  return new Promise((resolve) => {
    const beganMs = performance.now();
    let started = 0;
    let ended = 0;
    const over = () => {
      if (++ended === count) resolve(undefined);
    };
    const start = () => {
      const due = Math.min(count, ((performance.now() - beganMs) / 1_000) * perSec);
      for (; started < due; started++) job(over);
      if (started < count) setTimeout(start, 1);
    };
    start();
  });
}
