import { createRequire } from "node:module";

/** Memory at an address that the kernel may read from and write to, for as long as this object is kept. */
export interface Memory {
  readonly address: number;
  readonly bytes: Buffer;
  /** The same as words of the machine's byte order. */
  readonly words: Int32Array;
}

/** Calls back, without ending the thread's wait for anything else, whenever a descriptor may be read. */
export interface Watch {
  /** Keeps the thread from ending, or no more; at first it does. */
  hold(isHeld: boolean): void;
  /** Ends it for good. */
  close(): void;
}

/** The loop that Node runs in this thread (libuv's), for a thread that waits elsewhere (docs.libuv.org, uv_backend_fd). */
export interface NodeLoop {
  /** Readable while something has come for it. */
  readonly fd: number;
  /** In how many milliseconds it has something to do of itself; 0: now, -1: never. */
  dueInMs(): number;
  /** Whether anything that is open there keeps the thread from ending. */
  isAlive(): boolean;
  /** Has it read the clock anew, from which its timers count. */
  updateTime(): void;
}

/**
 * The calls of the C library that Node has no name for, each as its manual page has it; a pointer is a number. This file
 * alone knows how they are made. What fails is negative, and `errno` says why until the next call.
 */
export interface Libc {
  accept4(descriptor: number, address: number, addressLength: number, flags: number): number;
  bind(descriptor: number, address: number, addressLength: number): number;
  close(descriptor: number): number;
  connect(descriptor: number, address: number, addressLength: number): number;
  epollCreate(flags: number): number;
  epollCtl(epoll: number, operation: number, descriptor: number, event: number): number;
  epollWait(epoll: number, events: number, most: number, timeoutMs: number): number;
  fcntl(descriptor: number, command: number, value: number): number;
  getpeername(descriptor: number, address: number, addressLength: number): number;
  getsockname(descriptor: number, address: number, addressLength: number): number;
  getsockopt(descriptor: number, level: number, option: number, value: number, length: number): number;
  inetNtop(family: number, address: number, text: number, size: number): number;
  inetPton(family: number, text: string, address: number): number;
  interfaceIndex(name: string): number;
  interfaceName(index: number, text: number): number;
  ioUringEnter(ring: number, toSubmit: number, atLeast: number, flags: number): number;
  ioUringRegister(ring: number, operation: number, argument: number, count: number): number;
  ioUringSetup(entries: number, parameters: number): number;
  listen(descriptor: number, backlog: number): number;
  open(path: string, flags: number): number;
  pipe2(ends: number, flags: number): number;
  read(descriptor: number, address: number, length: number): number;
  recv(descriptor: number, address: number, length: number, flags: number): number;
  send(descriptor: number, address: number, length: number, flags: number): number;
  setsockopt(descriptor: number, level: number, option: number, value: number, length: number): number;
  shutdown(descriptor: number, how: number): number;
  socket(family: number, type: number, protocol: number): number;
  write(descriptor: number, address: number, length: number): number;
  splice(from: number, fromAt: number, to: number, toAt: number, length: number, flags: number): number;

  /** The number of this thread's last error. */
  errno(): number;
  /** How many descriptors this process may have at once, as it is now (getrlimit(2)). */
  mostDescriptors(): number;
  /** Sets an option of a socket to a whole number; false where the kernel refuses. */
  setOption(descriptor: number, level: number, option: number, value: number): boolean;
  /** So many bytes, all zero. */
  memory(bytes: number): Memory;
  /** So many bytes of pages of their own, all zero, until `unmap`; undefined where there is no memory. */
  pages(bytes: number): Memory | undefined;
  /** So many bytes that a descriptor shares with the kernel, from that offset on, until `unmap`; undefined where it does not. */
  map(descriptor: number, offset: number, bytes: number): Memory | undefined;
  /** Gives back what `pages` or `map` gave; from then on a touch of it ends the process. */
  unmap(memory: Memory): void;
  /** Has the thread's own loop watch a descriptor that no other part of it watches. */
  watch(descriptor: number, readable: () => void): Watch;
  /** The thread's own loop. Throws where this Node does not show it. */
  nodeLoop(): NodeLoop;
}

type Koffi = typeof import("koffi");
type Library = ReturnType<Koffi["load"]>;

const RTLD_NOW = 2;
const RTLD_NODELETE = 0x1000;
const INT_BYTES = 4;
const POINTER_BYTES = 8;
/** Of asm-generic/unistd.h, the same on x64 and arm64, as are the flags of mmap(2). */
const IO_URING_SETUP = 425;
const IO_URING_ENTER = 426;
const IO_URING_REGISTER = 427;
const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATE = 0x8001;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_FAILED = -1;
/** Of asm-generic/resource.h; of a struct rlimit, the first half is what counts. */
const RLIMIT_NOFILE = 7;
const RLIMIT_BYTES = 16;
/** Above this size V8 keeps the bytes of a buffer off its heap, where they do not move. */
const PAGE_BYTES = 4_096;

/** The C library, or why it is not to be had. */
type Loaded = { readonly libc: Libc } | { readonly libc: undefined; readonly reason: string };

const NEEDED = "needs Linux on x64 or arm64 and the package koffi";

let loaded: Loaded | undefined;
/** Node collects a watch that no variable holds, though it is under way. */
const watches = new Set<unknown>();

/** The C library of this thread; undefined on another system than Linux, and where koffi is not installed or does not load. */
export function libc(): Libc | undefined {
  loaded ??= load();
  return loaded.libc;
}

/** What is missing where this thread has no C library, in words. */
export function libcAbsence(): string | undefined {
  loaded ??= load();
  return loaded.libc === undefined ? loaded.reason : undefined;
}

function load(): Loaded {
  if (process.platform !== "linux") return { libc: undefined, reason: NEEDED };
  try {
    const require = createRequire(import.meta.url);
    const koffi = require("koffi") as Koffi;
    keepLoaded(koffi, Object.keys(require.cache));
    return { libc: callsOf(koffi) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [firstLine] = message.split("\n");
    return {
      libc: undefined,
      reason: code === "MODULE_NOT_FOUND" ? NEEDED : `${NEEDED}, which does not load: ${firstLine}`,
    };
  }
}

/**
 * Node unloads an addon with the last thread that has it, and calls into it once more where a watch was under way. So the first
 * thread keeps it for all: dlopen(3).
 */
function keepLoaded(koffi: Koffi, files: readonly string[]): void {
  const dlopen = koffi.load(null).func("long dlopen(const char *, int)");
  for (const file of files) if (file.endsWith("koffi.node")) dlopen(file, RTLD_NOW | RTLD_NODELETE);
}

/** Pointers travel as `long`: a buffer as an argument costs half a call more. */
function callsOf(koffi: Koffi): Libc {
  // The library is in the process already; its file has another name on musl.
  const library = koffi.load(null);
  const setsockopt = library.func("int setsockopt(int, int, int, long, int)");
  const memory = (bytes: number): Memory => memoryOf(koffi, bytes);
  const option = memory(INT_BYTES);
  const limit = memory(RLIMIT_BYTES);
  const getrlimit = library.func("int getrlimit(int, long)");
  const mapping = mappingOf(koffi, library);
  // The C library has no names for the calls of io_uring.
  const syscall = library.func("long syscall(long, long, long, long, long, long, long)");
  // The kernel takes an int for all of them but one, and an int costs less.
  const enter = library.func("int syscall(int, int, int, int, int, long, int)");
  const lastError = new Int32Array(koffi.view(library.func("void *__errno_location()")(), INT_BYTES));
  return {
    accept4: library.func("int accept4(int, long, long, int)"),
    bind: library.func("int bind(int, long, int)"),
    close: library.func("int close(int)"),
    connect: library.func("int connect(int, long, int)"),
    epollCreate: library.func("int epoll_create1(int)"),
    epollCtl: library.func("int epoll_ctl(int, int, int, long)"),
    epollWait: library.func("int epoll_wait(int, long, int, int)"),
    fcntl: library.func("int fcntl(int, int, long)"),
    getpeername: library.func("int getpeername(int, long, long)"),
    getsockname: library.func("int getsockname(int, long, long)"),
    getsockopt: library.func("int getsockopt(int, int, int, long, long)"),
    inetNtop: library.func("long inet_ntop(int, long, long, int)"),
    inetPton: library.func("int inet_pton(int, const char *, long)"),
    interfaceName: library.func("long if_indextoname(unsigned int, long)"),
    interfaceIndex: library.func("unsigned int if_nametoindex(const char *)"),
    ioUringEnter: (ring, toSubmit, atLeast, flags) =>
      enter(IO_URING_ENTER, ring, toSubmit, atLeast, flags, 0, 0),
    ioUringRegister: (...args) => syscall(IO_URING_REGISTER, ...args, 0, 0),
    ioUringSetup: (...args) => syscall(IO_URING_SETUP, ...args, 0, 0, 0, 0),
    listen: library.func("int listen(int, int)"),
    open: library.func("int open(const char *, int)"),
    pipe2: library.func("int pipe2(long, int)"),
    read: library.func("long read(int, long, long)"),
    recv: library.func("long recv(int, long, long, int)"),
    send: library.func("long send(int, long, long, int)"),
    setsockopt,
    shutdown: library.func("int shutdown(int, int)"),
    socket: library.func("int socket(int, int, int)"),
    write: library.func("long write(int, long, long)"),
    splice: library.func("long splice(int, long, int, long, long, unsigned int)"),

    errno: () => lastError[0] as number,
    mostDescriptors: () =>
      getrlimit(RLIMIT_NOFILE, limit.address) === 0 ? Number(limit.bytes.readBigUInt64LE()) : Infinity,
    setOption(descriptor, level, name, value) {
      option.words[0] = value;
      return setsockopt(descriptor, level, name, option.address, INT_BYTES) === 0;
    },
    memory,
    ...mapping,
    watch: (descriptor, readable) => watchOf(koffi, descriptor, readable),
    nodeLoop: () => nodeLoopOf(koffi),
  };
}

function memoryOf(koffi: Koffi, bytes: number): Memory {
  const buffer = new ArrayBuffer(Math.max(PAGE_BYTES, INT_BYTES * Math.ceil(bytes / INT_BYTES)));
  return {
    address: Number(koffi.address(buffer)),
    bytes: Buffer.from(buffer, 0, bytes),
    words: new Int32Array(buffer),
  };
}

/** Memory of mmap(2), which a thread that ends leaves where it is. */
function mappingOf(koffi: Koffi, library: Library): Pick<Libc, "pages" | "map" | "unmap"> {
  const mmap = library.func("long mmap(long, long, int, int, int, long)");
  const munmap = library.func("int munmap(long, long)");
  const mapped = (bytes: number, flags: number, descriptor: number, offset: number): Memory | undefined => {
    const address = mmap(0, bytes, PROT_READ_WRITE, flags, descriptor, offset);
    if (address === MAP_FAILED) return undefined;
    const buffer = koffi.view(BigInt(address), bytes);
    return { address, bytes: Buffer.from(buffer), words: new Int32Array(buffer) };
  };
  return {
    pages: (bytes) => mapped(bytes, MAP_PRIVATE_ANONYMOUS, -1, 0),
    map: (descriptor, offset, bytes) => mapped(bytes, MAP_SHARED_POPULATE, descriptor, offset),
    unmap: ({ address, bytes }) => munmap(address, bytes.length),
  };
}

function watchOf(koffi: Koffi, descriptor: number, readable: () => void): Watch {
  const handle = koffi.node.poll(descriptor, { readable: true }, readable);
  watches.add(handle);
  return {
    hold: (isHeld) => (isHeld ? handle.ref() : handle.unref()),
    close() {
      handle.close();
      watches.delete(handle);
    },
  };
}

function nodeLoopOf(koffi: Koffi): NodeLoop {
  const node = koffi.load(null);
  const found = memoryOf(koffi, POINTER_BYTES);
  const find = node.func("int napi_get_uv_event_loop(void *, long)");
  if (find(koffi.node.env, found.address) !== 0) throw new Error("Node shows no loop of this thread");
  const loop = Number(found.bytes.readBigUInt64LE());
  const dueInMs = node.func("int uv_backend_timeout(long)");
  const isAlive = node.func("int uv_loop_alive(long)");
  const updateTime = node.func("void uv_update_time(long)");
  return {
    fd: node.func("int uv_backend_fd(long)")(loop),
    dueInMs: () => dueInMs(loop),
    isAlive: () => isAlive(loop) !== 0,
    updateTime: () => updateTime(loop),
  };
}
