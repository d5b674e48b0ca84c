import { formatPath, type Mistake, wordsOf } from "../config/mistake.ts";
import { Problem } from "./problem.ts";

const MOST_LISTED = 1_000;
const MOST_SAID = 3;

/** A request that is not as expected: the first of what is wrong with it, in words. */
export function invalid(part: string, mistakes: readonly Mistake[]): Problem {
  const said = mistakes.slice(0, MOST_SAID).map((mistake) => {
    const path = formatPath([part, ...mistake.path]);
    return `${path}: ${wordsOf(mistake)}`;
  });
  return new Problem("invalid", said.join("; "));
}

/** A configuration that has mistakes. */
export function mistakesProblem(mistakes: readonly (Mistake | string)[]): Problem {
  const listed = mistakes.slice(0, MOST_LISTED).map((mistake) => {
    if (typeof mistake === "string") return { words: mistake };
    return { line: mistake.line, path: formatPath(mistake.path), words: wordsOf(mistake) };
  });
  const [first] = listed;
  const where = first !== undefined && "path" in first && first.path !== "" ? `${first.path}: ` : "";
  const more = mistakes.length > 1 ? ` (and ${mistakes.length - 1} more)` : "";
  return new Problem("mistakes", `${where}${first?.words}${more}`, { details: { mistakes: listed } });
}
