import type { Socket } from "node:net";
import { z } from "zod";
import { understand } from "../../config/check.ts";
import { field } from "../../config/value.ts";
import { oneOf, wholeNumber } from "../../config/values.ts";
import { resetSocket } from "../../transport/sockets/reset.ts";
import type { Desk } from "../api.ts";
import { invalid } from "../mistakes.ts";
import { Problem } from "../problem.ts";
import { askOverHttp } from "./http-answer.ts";
import { askByLine } from "./line-answer.ts";
import { enter, type Way, wayOf } from "./way.ts";

const LONGEST_MS = 10_000;

/** What servers compute, by the names of both protocols, and the largest n of each. */
const kinds = {
  generate_nth_fibonacci: { word: "fibonacci", largest: 10_000 },
  generate_n_factorial: { word: "factorial", largest: 5_000 },
} as const;

type Kind = keyof typeof kinds;

export const task = z.strictObject({
  type: field(oneOf(Object.keys(kinds) as Kind[])),
  n: field(wholeNumber(0, kinds.generate_nth_fibonacci.largest)),
});

export const taskAnswer = z
  .object({
    value: z.string().describe("Exact, however large."),
    server: z.string(),
    ms: z.number().describe("From the connection to the answer."),
  })
  .meta({ id: "TaskAnswer" });

const ofWebServer = z.object({ value: z.union([z.string(), z.number()]), server: z.string() });

/** Sends a task through the balancer, as any client would. */
export async function sendTask(
  desk: Desk,
  given: z.output<typeof task>,
): Promise<z.output<typeof taskAnswer>> {
  const { word, largest } = kinds[given.type];
  const { mistakes } = understand(z.object({ n: field(wholeNumber(0, largest)) }), given);
  if (mistakes.length > 0) throw invalid("body", mistakes);
  return through(desk, async (way, socket, signal) => {
    const { clock } = desk.controls;
    const begunMs = clock.now();
    const { value, server } =
      way.protocol === "http"
        ? webAnswer(await askOverHttp(socket, { method: "POST", path: "/tasks", body: given }, signal))
        : lineAnswer(await askByLine(socket, `${word} ${given.n}`, signal));
    return { value, server, ms: Math.round((clock.now() - begunMs) * 1_000) / 1_000 };
  });
}

/** What `GET /` answers through the balancer. */
export function info(desk: Desk): Promise<unknown> {
  return through(desk, (_way, socket, signal) => askOverHttp(socket, { method: "GET", path: "/" }, signal));
}

async function through<T>(
  desk: Desk,
  ask: (way: Way, socket: Socket, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(LONGEST_MS);
  const way = await wayOf(desk);
  let socket: Socket | undefined;
  try {
    const entered = await enter(way, signal);
    socket = entered;
    signal.addEventListener("abort", () => resetSocket(entered, way.endpoint.kind), { once: true });
    return await ask(way, socket, signal);
  } catch (error) {
    // After a FIN its session would wait for the rest of an answer, and keep a place on a backend meanwhile.
    if (socket !== undefined) resetSocket(socket, way.endpoint.kind);
    if (signal.aborted) throw new Problem("unavailable", `no answer came within ${LONGEST_MS / 1_000} s`);
    throw error;
  } finally {
    socket?.destroy();
  }
}

function webAnswer(said: unknown) {
  const { data } = ofWebServer.safeParse(said);
  if (data === undefined) throw new Problem("bad-answer", "expected an answer with value and server");
  return { value: String(data.value), server: data.server };
}

function lineAnswer([value, server]: readonly string[]) {
  if (value === undefined || server === undefined)
    throw new Problem("bad-answer", "expected ok, a value and the server's name");
  return { value, server };
}
