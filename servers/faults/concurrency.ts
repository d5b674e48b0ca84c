import { coerced, wholeNumber } from "#lb/command/coerce";
import type { Request, Work } from "../protocol.ts";
import type { Fault } from "./fault.ts";

/** At most N requests of one server are in work at once; the rest waits, first come first served. */
export const concurrency: Fault<{ concurrency: number | undefined }> = {
  off: { concurrency: undefined },
  options: {
    concurrency: {
      describe: "Requests in work at once, the rest waits (default: no limit)",
      requiresArg: true,
      coerce: coerced("concurrency", wholeNumber(1, 1_000_000)),
    },
  },
  behave({ concurrency }) {
    return concurrency === undefined ? undefined : { work: (next) => limited(next, concurrency) };
  },
};

interface Waiting {
  readonly request: Request;
  next?: Waiting;
}

function limited(next: Work, places: number): Work {
  let free = places;
  let first: Waiting | undefined;
  let last: Waiting | undefined;

  const begin = (request: Request) => {
    free--;
    next({
      get wanted() {
        return request.wanted;
      },
      answer() {
        request.answer();
        free++;
        admit();
      },
    });
  };
  const admit = () => {
    while (first !== undefined && free > 0) {
      const { request } = first;
      first = first.next;
      // A client that left takes no place.
      if (request.wanted) begin(request);
    }
  };
  return (request) => {
    const waiting: Waiting = { request };
    if (first === undefined) first = waiting;
    else (last as Waiting).next = waiting;
    last = waiting;
    admit();
  };
}
