import { closeSync, openSync } from "node:fs";
import { isatty } from "node:tty";

type Meaning = "stop" | "hangup" | "none";

/** What each signal means to the programs of this project; other signals do what the system says. */
const MEANINGS = {
  SIGTERM: "stop",
  SIGINT: "stop",
  SIGQUIT: "stop",
  SIGHUP: "hangup",
  // Node would open its debugger to every process of this machine.
  SIGUSR1: "none",
  SIGUSR2: "none",
  SIGALRM: "none",
} as const satisfies Partial<Record<NodeJS.Signals, Meaning>>;

type Known = keyof typeof MEANINGS;
const known = Object.keys(MEANINGS) as Known[];

/** What a program does about signals. */
export interface SignalEvents {
  /** It is to end: in order where `count` is 1, at once where it is more. */
  stop(count: number, signal: NodeJS.Signals): void;
  /** SIGHUP: true where that is dealt with; default: a terminal that closed, which is a first stop, however often it is said. */
  hangup?(): boolean;
  /** A signal that means nothing. */
  none?(signal: NodeJS.Signals): void;
}

/** Which of standard input, output and error were a terminal when the program was started. */
const onTerminal = [0, 1, 2].filter((descriptor) => isatty(descriptor));

/** Whether the terminal on which the program was started has closed: it is none any more. */
export function terminalClosed(): boolean {
  return onTerminal.some((descriptor) => !isatty(descriptor));
}

/** Node gives its terminal back when it exits, and aborts where that has closed: so /dev/null takes the place of one that closed. */
export function letGoOfClosedTerminal(): void {
  for (const descriptor of onTerminal) {
    if (isatty(descriptor)) continue;
    closeSync(descriptor);
    // It is given the lowest number that is free.
    openSync("/dev/null", "r+");
  }
}

const held = new Set<Known>();
let holding: Disposable | undefined;

/** From now on a stop ends the process, which has nothing to end in order yet, and other signals wait for `onSignals`. */
export function holdSignals(): void {
  const hold = (signal: NodeJS.Signals) => held.add(signal as Known);
  holding = listen({ stop: () => process.exit(), hangup: () => hold("SIGHUP").size > 0, none: hold });
}

/** Tells of each signal, and of those held, until it is disposed of. */
export function onSignals(events: SignalEvents): Disposable {
  const listening = listen(events);
  holding?.[Symbol.dispose]();
  holding = undefined;
  return listening;
}

function listen(events: SignalEvents): Disposable {
  let stops = 0;
  const hear = (signal: NodeJS.Signals) => {
    const meaning = MEANINGS[signal as Known];
    if (meaning === "none") events.none?.(signal);
    else if (meaning === "stop") events.stop(++stops, signal);
    else if (events.hangup?.() !== true && stops === 0) events.stop(++stops, signal);
  };
  for (const signal of known) process.on(signal, hear);
  for (const signal of held) hear(signal);
  held.clear();
  return {
    [Symbol.dispose]() {
      for (const signal of known) process.off(signal, hear);
    },
  };
}
