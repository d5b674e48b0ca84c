import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Overlay } from "../control/overlay.ts";
import type { Check } from "../control/steering.ts";
import { Problem } from "./problem.ts";

/** The tag of what was configured or said of a thing (RFC 9110 §8.8.3). */
export function etagOf(said: object): string {
  return `"${createHash("sha256").update(JSON.stringify(said)).digest("base64url").slice(0, 22)}"`;
}

/** Throws where the thing is not what If-Match says any more; of what there is not, the change itself tells. */
export function ifMatch({ headers }: FastifyRequest, of: (overlay: Overlay) => object | undefined): Check {
  const wanted = headers["if-match"]?.split(",").map((tag) => tag.trim());
  return (overlay) => {
    if (wanted === undefined || wanted.includes("*")) return;
    const said = of(overlay);
    if (said !== undefined && !wanted.includes(etagOf(said)))
      throw new Problem("changed", `expected If-Match ${etagOf(said)}: it has changed meanwhile`);
  };
}
