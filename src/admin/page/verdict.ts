import { byId, element, Keyed, setAttribute, setText } from "./dom.ts";
import { failed, together } from "./endings.ts";
import { clockTime, counted, duration, percent, whole } from "./format.ts";
import { glyph, type State } from "./glyph.ts";
import { isAmiss, type LivePool, sinceOf, stateOf, type World } from "./world.ts";

/** How bad it is: `bad` where clients are not served as they should be. */
type Level = "well" | "look" | "bad";

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

const SHAPES: Readonly<Record<Level, State>> = { well: "up", look: "ejected", bad: "down" };

/** What one sees first: whether all is well, and if not, what is wrong. */
export class Verdict {
  readonly #root = byId("verdict");
  readonly #words = byId("verdict-words");
  readonly #text = document.createTextNode("Waiting for the balancer");
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
    const { lostSinceMs } = world;
    const problems = lostSinceMs === undefined ? problemsOf(world) : [silence(lostSinceMs)];
    const level = problems.some((each) => each.level === "bad")
      ? "bad"
      : problems.length > 0
        ? "look"
        : "well";
    setAttribute(this.#root, "data-level", level);
    this.#glyph.draw(SHAPES[level]);
    const words =
      lostSinceMs === undefined ? titleOf(level, problems.length) : "The balancer does not answer";
    if (this.#text.data !== words) this.#text.data = words;
    const shown = problems.length > 0 ? problems : summaryOf(world);
    this.#list.draw(shown.slice(0, SHOWN).map((problem, place) => [String(place), problem]));
    document.title = level === "well" ? "lb" : `(${problems.length}) lb`;
  }
}

function titleOf(level: Level, problems: number): string {
  if (level === "well") return "All is well";
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
    `${counted(ended, "session")} in five minutes, ${bad === 0 ? "none" : whole(bad)} failed`,
  ];
  return lines.map((words) => ({ level: "well", words }));
}

function silence(sinceMs: number): Problem {
  const since = clockTime(new Date(sinceMs).toISOString());
  return { level: "bad", words: `no answer since ${since} UTC; what stands here is as it was then` };
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
