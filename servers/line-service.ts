import { type Answer, LineSession } from "./line-session.ts";
import type { Protocol } from "./protocol.ts";

/** Makes the answers of the server called `name`. */
export type LineProtocol = (name: string) => Answer;

/** A protocol of lines, answered in order. */
export function lines(protocol: LineProtocol): Protocol {
  return ({ name }, work) => {
    // A session carries bytes as latin1, and so the name within an answer.
    const answer = protocol(Buffer.from(name).toString("latin1"));
    const sessions = new Set<LineSession>();
    return {
      serve(socket) {
        const session = new LineSession(socket, answer, work);
        sessions.add(session);
        socket.once("close", () => sessions.delete(session));
      },
      finish() {
        for (const session of sessions) session.finish();
      },
    };
  };
}
