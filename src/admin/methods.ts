import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem } from "./problem.ts";

/** The methods of each path, so that a wrong one is told from a wrong path (RFC 9110 §15.5.6). */
export class Methods {
  readonly #ofPath = new Map<string, Set<string>>();

  /** Notes every route that is added from now on. */
  follow(app: FastifyInstance): void {
    app.addHook("onRoute", ({ method, url }) => {
      const known = this.#ofPath.get(url) ?? new Set();
      this.#ofPath.set(url, known);
      for (const each of [method].flat()) known.add(each);
    });
  }

  /** What to answer where no route was found. */
  problemOf({ method, url }: FastifyRequest): Problem {
    const path = url.replace(/[?#].*/s, "");
    const allow = [...this.#ofPath].flatMap(([pattern, methods]) =>
      fits(path, pattern) ? [...methods] : [],
    );
    if (allow.length === 0 || allow.includes(method))
      return new Problem("not-found", "there is no such path: /docs lists every path");
    const allowed = [...new Set(allow)].sort().join(", ");
    return new Problem("method-not-allowed", `expected one of the methods ${allowed}`, {
      headers: { allow: allowed },
    });
  }
}

function fits(path: string, pattern: string): boolean {
  const given = path.split("/");
  const steps = pattern.split("/");
  return (
    given.length === steps.length &&
    steps.every((step, at) => (step.startsWith(":") ? given[at] !== "" : step === given[at]))
  );
}
