import { byId, element, Keyed, setAttribute, setText } from "./dom.ts";
import { failed, together } from "./endings.ts";
import { clockTime, counted, duration, percent, whole } from "./format.ts";
import { glyph, type State } from "./glyph.ts";
import type { Link } from "./stream.ts";
import { isAmiss, type LivePool, sinceOf, stateOf, type World } from "./world.ts";

/** How bad it is: `bad` where clients are not served as they should be, `none` where that is not known. */
type Level = "none" | "well" | "look" | "bad";

/** One thing that is wrong, in a sentence. */
interface Problem {
  readonly level: Level;
  readonly words: string;
}

const RECENT_MS = 60_000;
/** Fewer failures of so many sessions are everyday. */
const TOLERATED = 0.01;
const NEARLY_FULL = 0.95;
/** Of a pool with more backends that have a problem, these are counted instead of named. */
const NAMED = 3;
const SHOWN = 40;

const SHAPES: Readonly<Record<Level, State>> = {
  none: "maint",
  well: "up",
  look: "ejected",
  bad: "down",
};
const WAITING = "Waiting for the balancer";

/** What one sees first: whether all is well, and if not, what is wrong. */
export class Verdict {
  readonly #root = byId("verdict");
  readonly #words = byId("verdict-words");
  readonly #text = document.createTextNode(WAITING);
  readonly #glyph = glyph();
  readonly #list: Keyed<Problem>;

  constructor() {
    this.#words.replaceChildren(this.#glyph.root, this.#text);
    this.#list = new Keyed(byId("problems"), () => {
      const [mark, text] = [glyph(), element("span")];
      const root = element("li", "", mark.root, text);
      return {
        root,
        draw({ level, words }: Problem) {
          mark.draw(SHAPES[level]);
          setAttribute(root, "data-level", level);
          setText(text, words);
        },
      };
    });
  }

  draw(world: World): void {
    const { level, title, lines } = sayingOf(world);
    setAttribute(this.#root, "data-level", level);
    this.#glyph.draw(SHAPES[level]);
    if (this.#text.data !== title) this.#text.data = title;
    this.#list.draw(lines.slice(0, SHOWN).map((line, place) => [String(place), line]));
    document.title = level === "look" || level === "bad" ? `(${lines.length}) lb` : "lb";
  }
}

/** The verdict, and what there is to say to it. */
interface Saying {
  readonly level: Level;
  readonly title: string;
  readonly lines: readonly Problem[];
}

function sayingOf(world: World): Saying {
  if (world.link.kind !== "live") return silence(world.link, world.atMs);
  const problems = problemsOf(world);
  if (problems.length === 0) return { level: "well", title: "All is well", lines: summaryOf(world) };
  const level = problems.some((each) => each.level === "bad") ? "bad" : "look";
  return { level, title: titleOf(level, problems.length), lines: problems };
}

function titleOf(level: Level, problems: number): string {
  if (level === "bad") return "Clients are not served";
  return problems === 1 ? "One thing to look at" : `${problems} things to look at`;
}

/** What is well. */
function summaryOf(world: World): Problem[] {
  const all = [...world.backends()];
  const resting = all.filter(({ told }) => told.administrative.state.value !== "ready").length;
  const tally = together(world.moments.map(({ endings }) => endings));
  const [ended, bad] = [Object.values(tally).reduce((sum, count) => sum + count, 0), failed(tally)];
  const lines = [
    `${counted(all.length - resting, "backend")} up`,
    ...(resting === 0 ? [] : [`${counted(resting, "backend")} taken out by an operator`]),
    ...(world.moments.length === 0
      ? []
      : [`${counted(ended, "session")} in five minutes, ${bad === 0 ? "none" : whole(bad)} failed`]),
  ];
  return lines.map((words) => ({ level: "well", words }));
}

/** Where nothing is heard, what was well then may be so no longer. */
function silence(link: Link, atMs: number): Saying {
  const lost = link.kind === "lost";
  const level = lost ? "bad" : "none";
  const words = lost
    ? `no answer since ${timeOf(link.sinceMs)} UTC; what stands here is as it was then`
    : `what stands here is as it was at ${timeOf(atMs)} UTC`;
  return { level, title: lost ? "The balancer does not answer" : WAITING, lines: [{ level, words }] };
}

function timeOf(ms: number): string {
  return clockTime(new Date(ms).toISOString());
}

function problemsOf(world: World): Problem[] {
  return [
    ...reasonsOf(world),
    ...[...world.pools.values()].flatMap((pool) => problemsIn(pool, world.atMs)),
    ...world.listeners.flatMap(({ told: { name, active, maxConnections } }) =>
      maxConnections !== "off" && active >= maxConnections * NEARLY_FULL
        ? [
            {
              level: "look" as const,
              words: `the listener ${name} is full: ${active} of ${maxConnections} sessions`,
            },
          ]
        : [],
    ),
    ...failures(world),
  ];
}

/** What the balancer itself says of its health, of which only some things keep clients from being served. */
function reasonsOf({ reasons, pools, listeners }: World): Problem[] {
  const unserved = listeners.some(
    ({ told: { pool } }) => pool !== null && pools.get(pool)?.told.usable === 0,
  );
  return reasons.map((words) => ({ level: unserved ? "bad" : "look", words }));
}

function problemsIn({ told, backends }: LivePool, nowMs: number): Problem[] {
  const amiss = [...backends.values()].filter(isAmiss);
  const named = amiss.length <= NAMED ? amiss : [];
  const problems: Problem[] = named.map(({ told: each, pool }) => {
    const since = sinceOf(each);
    const ago = since === undefined ? "" : ` for ${duration(nowMs - Date.parse(since))}`;
    const word = { down: "down", ejected: "ejected" }[stateOf(each) as string] ?? "without an address";
    return {
      level: "look",
      words: `${pool}/${each.name} is ${word}${ago}: ${each.operational?.reason ?? each.unresolved}`,
    };
  });
  if (named.length < amiss.length)
    problems.push({
      level: "look",
      words: `${amiss.length} of ${backends.size} backends of ${told.name} are down or ejected`,
    });
  if (told.queued > 0)
    problems.push({
      level: "look",
      words: `${counted(told.queued, "session")} of ${told.name} wait for a place`,
    });
  return problems;
}

function failures({ moments, atMs }: World): Problem[] {
  const since = new Date(atMs - RECENT_MS).toISOString();
  const tally = together(moments.filter(({ at }) => at >= since).map(({ endings }) => endings));
  const all = Object.values(tally).reduce((sum, count) => sum + count, 0);
  const bad = failed(tally);
  if (bad === 0 || bad < all * TOLERATED) return [];
  return [
    { level: "look", words: `${counted(bad, "session")} failed in the last minute, ${percent(bad / all)}` },
  ];
}
