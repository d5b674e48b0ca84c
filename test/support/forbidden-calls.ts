import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const koffi = createRequire(import.meta.url).resolve("koffi");

/**
 * Has the kernel answer EPERM to system calls of these numbers, as Docker's profile does (seccomp(2), a program of bpf(4)), and
 * goes on as another program, which cannot take that back.
 */
const FORBID = `
  const koffi = require(${JSON.stringify(koffi)});
  const [numbers, program, ...args] = process.argv.slice(1);
  const libc = koffi.load(null);
  const prctl = libc.func("int prctl(int, unsigned long, long, unsigned long, unsigned long)");
  const [NO_NEW_PRIVS, SECCOMP, FILTER] = [38, 22, 2];
  const F_SETFD = 2;
  const [LOAD_NUMBER, JUMP_IF_EQUAL, RETURN] = [0x20, 0x15, 0x06];
  const [ALLOW, ERRNO_EPERM] = [0x7fff0000, 0x00050001];
  const forbidden = numbers.split(",").map(Number);
  const steps = [
    [LOAD_NUMBER, 0, 0, 0],
    ...forbidden.map((number, nth) => [JUMP_IF_EQUAL, forbidden.length - nth, 0, number]),
    [RETURN, 0, 0, ALLOW],
    [RETURN, 0, 0, ERRNO_EPERM],
  ];
  const filter = new ArrayBuffer(4096), fprog = new ArrayBuffer(4096);
  const words = new DataView(filter);
  steps.forEach(([code, ifTrue, ifFalse, value], nth) => {
    words.setUint16(8 * nth, code, true);
    words.setUint8(8 * nth + 2, ifTrue);
    words.setUint8(8 * nth + 3, ifFalse);
    words.setUint32(8 * nth + 4, value, true);
  });
  new DataView(fprog).setUint16(0, steps.length, true);
  new DataView(fprog).setBigUint64(8, BigInt(koffi.address(filter)), true);
  if (prctl(NO_NEW_PRIVS, 1, 0, 0, 0) !== 0) process.exit(125);
  if (prctl(SECCOMP, FILTER, Number(koffi.address(fprog)), 0, 0) !== 0) process.exit(126);
  // Node keeps its own streams from other programs.
  const fcntl = libc.func("int fcntl(int, int, long)");
  for (const stream of [0, 1, 2]) fcntl(stream, F_SETFD, 0);
  libc.func("int execvp(const char *, const char **)")(program, [program, ...args, null]);
  process.exit(127);
`;

/** The command that runs another one to which system calls of these numbers are forbidden; see `canForbid`. */
export function forbidding(numbers: readonly number[], command: readonly string[]): readonly string[] {
  return [process.execPath, "-e", FORBID, "--", numbers.join(","), ...command];
}

/** Whether this machine lets a process forbid itself system calls, which needs koffi. */
export function canForbid(): boolean {
  const [program, ...args] = forbidding([425], ["true"]) as [string, ...string[]];
  return spawnSync(program, args).status === 0;
}
