import type { Libc, Memory } from "./libc.ts";
import { ENOMEM } from "./linux.ts";
import { codeOf } from "./system-error.ts";
import {
  ANY_NUMBER,
  COMPLETION,
  ENTRIES_AT,
  ENTRY,
  PARAMETERS,
  QUEUES_AT,
  REGISTER_RING_FDS,
  RING_UPDATE,
  SETUP_CQSIZE,
  SETUP_DEFER_TASKRUN,
  SETUP_SINGLE_ISSUER,
  SETUP_SUBMIT_ALL,
  UNREGISTER_RING_FDS,
} from "./uring-abi.ts";

/** How many entries wait for the kernel at most, and how many completions wait for us before it puts more of them aside. */
export interface RingSize {
  readonly entries: number;
  readonly completions: number;
}

/** A ring that the kernel has made, and the memory that is shared with it. Where something is in there is said in words. */
export interface OpenRing extends RingSize {
  readonly fd: number;
  /** By which this thread's calls find it faster than by its descriptor; undefined where there is none to be had. */
  readonly number: number | undefined;
  readonly queues: Memory;
  readonly entryTable: Memory;
  readonly submissionTail: number;
  readonly completionHead: number;
  readonly completionTail: number;
  readonly completionTable: number;
}

/** The call by which a ring could not be made, and the number of its error. */
export class RingError extends Error {
  constructor(
    call: string,
    readonly errno: number,
  ) {
    super(`${call}: ${codeOf(errno)}`);
  }
}

const FLAGS = SETUP_CQSIZE | SETUP_SUBMIT_ALL | SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN;
const WORD_BYTES = 4;
/** How often a call is made for which the kernel has no memory at this moment. */
export const ATTEMPTS = 20;
const BETWEEN_ATTEMPTS_MS = 10;

/** Makes a ring for this thread alone. Throws a RingError where the kernel refuses. */
export function openRing(libc: Libc, size: RingSize): OpenRing {
  const parameters = libc.memory(PARAMETERS.bytes);
  const { words } = parameters;
  words[PARAMETERS.flags] = FLAGS;
  words[PARAMETERS.completionEntries] = size.completions;
  const fd = setUp(libc, size, parameters.address);
  const queues = libc.map(fd, QUEUES_AT, queueBytes(words));
  const entryTable = libc.map(fd, ENTRIES_AT, wordAt(words, PARAMETERS.submissionEntries) * ENTRY.bytes);
  if (queues !== undefined && entryTable !== undefined)
    return opened(fd, register(libc, fd, REGISTER_RING_FDS, ANY_NUMBER, fd), words, queues, entryTable);
  for (const mapped of [queues, entryTable]) if (mapped !== undefined) libc.unmap(mapped);
  libc.close(fd);
  throw new RingError("mmap", ENOMEM);
}

/** Gives all of it back. Nothing may be under way on the ring. */
export function closeRing(libc: Libc, { fd, number, queues, entryTable }: OpenRing): void {
  // The number keeps the ring open.
  if (number !== undefined) register(libc, fd, UNREGISTER_RING_FDS, number, 0);
  libc.unmap(entryTable);
  libc.unmap(queues);
  libc.close(fd);
}

/** The kernel gives the memory of a ring back some time after it was closed, and a user may have too little for two. */
function setUp(libc: Libc, { entries }: RingSize, parameters: number): number {
  for (let attempt = 1; ; attempt++) {
    const fd = libc.ioUringSetup(entries, parameters);
    if (fd >= 0) return fd;
    const errno = libc.errno();
    if (errno !== ENOMEM || attempt === ATTEMPTS) throw new RingError("io_uring_setup", errno);
    awaitMemory();
  }
}

/** Has the thread stand still for as long as lies between two attempts. */
export function awaitMemory(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(WORD_BYTES)), 0, 0, BETWEEN_ATTEMPTS_MS);
}

/** Registers a ring, or ends that; the number by which it is registered, undefined where the kernel refuses. */
function register(
  libc: Libc,
  fd: number,
  operation: number,
  number: number,
  descriptor: number,
): number | undefined {
  const { words, address } = libc.memory(RING_UPDATE.bytes);
  words[RING_UPDATE.number] = number;
  words[RING_UPDATE.descriptor] = descriptor;
  const count = libc.ioUringRegister(fd, operation, address, 1);
  // What is read behind the call holds the memory during it.
  const registered = words[RING_UPDATE.number];
  return count === 1 ? registered : undefined;
}

function opened(
  fd: number,
  number: number | undefined,
  words: Int32Array,
  queues: Memory,
  entryTable: Memory,
): OpenRing {
  const entries = wordAt(words, PARAMETERS.submissionEntries);
  const firstOfOrder = placeAt(words, PARAMETERS.submissionArray);
  // Entries are taken in their order, for ever.
  for (let nth = 0; nth < entries; nth++) queues.words[firstOfOrder + nth] = nth;
  return {
    fd,
    number,
    queues,
    entryTable,
    entries,
    completions: wordAt(words, PARAMETERS.completionEntries),
    submissionTail: placeAt(words, PARAMETERS.submissionTail),
    completionHead: placeAt(words, PARAMETERS.completionHead),
    completionTail: placeAt(words, PARAMETERS.completionTail),
    completionTable: placeAt(words, PARAMETERS.completionTable),
  };
}

/** Both queues are in one piece of memory, in an order that the kernel chooses. */
function queueBytes(words: Int32Array): number {
  const orderEnd =
    wordAt(words, PARAMETERS.submissionArray) + wordAt(words, PARAMETERS.submissionEntries) * WORD_BYTES;
  const tableEnd =
    wordAt(words, PARAMETERS.completionTable) +
    wordAt(words, PARAMETERS.completionEntries) * COMPLETION.bytes;
  return Math.max(orderEnd, tableEnd);
}

function placeAt(words: Int32Array, part: number): number {
  return wordAt(words, part) / WORD_BYTES;
}

function wordAt(words: Int32Array, part: number): number {
  return words[part] as number;
}
