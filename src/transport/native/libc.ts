import { createRequire } from "node:module";

/** The calls of the C library that Node has no name for. This file alone knows how they are made. */
export interface Libc {
  /** Sets an option of a socket to a whole number (setsockopt(2)); false where the kernel refuses. */
  setOption(descriptor: number, level: number, option: number, value: number): boolean;
}

const INT_BYTES = 4;
/** Above this size V8 keeps the bytes of a buffer off its heap, where they do not move. */
const PAGE_BYTES = 4_096;

let known: Libc | undefined;
let missing = false;

/** The C library of this process; undefined on another system than Linux, and where koffi is not installed. */
export function libc(): Libc | undefined {
  if (known === undefined && !missing) known = load();
  missing = known === undefined;
  return known;
}

function load(): Libc | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
    const setsockopt = koffi.load(null).func("int setsockopt(int, int, int, long, int)");
    // Kept for as long as the library: the kernel reads from its address.
    const memory = new Int32Array(new ArrayBuffer(PAGE_BYTES));
    const address = Number(koffi.address(memory.buffer));
    return {
      setOption(descriptor, level, option, value) {
        memory[0] = value;
        return setsockopt(descriptor, level, option, address, INT_BYTES) === 0;
      },
    };
  } catch {
    return undefined;
  }
}
