import { engineNames } from "#lb/core/transport-names";
import { engineRefusal } from "#lb/transport/native/refusal";

/** Why nothing can be tested by io_uring here; undefined where it can. */
export const uringAbsence: string | undefined = engineRefusal("io_uring");

/** The name of a group of tests by io_uring, which says why they are skipped. */
export const byUring = uringAbsence === undefined ? "by io_uring" : `by io_uring (skipped: ${uringAbsence})`;

/** The engines that can be tested here, the best first. */
export const enginesHere = engineNames.filter((name) => engineRefusal(name) === undefined);
