import type { EngineName } from "#lb/core/transport-names";
import { type Libc, libc } from "#lb/transport/native/libc";
import { uringRefusal } from "#lb/transport/native/uring-refusal";

/** Why nothing can be tested by io_uring here; undefined where it can. */
export const uringAbsence: string | undefined =
  libc() === undefined ? "there is no C library to call" : uringRefusal(libc() as Libc);

/** The name of a group of tests by io_uring, which says why they are skipped. */
export const byUring = uringAbsence === undefined ? "by io_uring" : `by io_uring (skipped: ${uringAbsence})`;

/** The engines that can be tested here. */
export const enginesHere: readonly EngineName[] =
  libc() === undefined ? [] : uringAbsence === undefined ? ["epoll", "io_uring"] : ["epoll"];
