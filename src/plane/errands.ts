/** The longest time that a process waits for its thread before it exits. */
const LONGEST_MS = 2_000;

/**
 * Counts what a thread was told to do and has not done yet, in memory that both threads see. V8 breaks a thread off where its process exits, and
 * the C++ of a native addon that is being loaded then aborts the process, which so loses its exit code.
 */
export class Errands {
  /** For the thread's workerData. */
  readonly memory: Int32Array;

  constructor(memory = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))) {
    this.memory = memory;
  }

  /** The thread is told to do something. */
  begin(): void {
    Atomics.add(this.memory, 0, 1);
  }

  /** The thread has done it. */
  end(): void {
    Atomics.sub(this.memory, 0, 1);
    Atomics.notify(this.memory, 0);
  }

  /** Holds this thread up until the other one has done all, two seconds at most. */
  settle(): void {
    const untilMs = performance.now() + LONGEST_MS;
    for (;;) {
      const underWay = Atomics.load(this.memory, 0);
      const leftMs = untilMs - performance.now();
      if (underWay === 0 || leftMs <= 0) return;
      Atomics.wait(this.memory, 0, underWay, leftMs);
    }
  }
}
