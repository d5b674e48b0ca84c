import type { Status } from "../../control/status.ts";
import type { Steps } from "../../core/slices.ts";

/** A time is worked out from two clocks, so it is the same where it is as good as the same. */
const SAME_TIME_MS = 1_000;
const TIMES: readonly string[] = ["since", "drainEnds"];
/** What moves with every session elsewhere, or with time alone, is told beside other changes and is none by itself. */
const PASSING: readonly string[] = ["share", "answeredAgoMs"];

type Fields = Readonly<Record<string, unknown>>;
interface Named {
  readonly name: string;
}

/**
 * What a status has that the one before it had not, as the text of its JSON without the braces: each listener and pool with its
 * name and what changed of it, of the backends those alone of which something changed; `gone` names backends that a pool has no
 * more. Without one before: all of it. A step for each backend.
 */
export function* changes(before: Status | undefined, after: Status): Steps<string> {
  const { listeners, pools, ...others } = after;
  const parts = Object.entries(others).map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  const known = new Map(before?.listeners.map((each) => [each.name, each]));
  const told = listeners.map((each) => JSON.stringify(changed(known.get(each.name), each)));
  const poolTexts: string[] = [];
  const poolsBefore = new Map(before?.pools.map((each) => [each.name, each]));
  for (const pool of pools) poolTexts.push(yield* poolChanges(poolsBefore.get(pool.name), pool));
  return [...parts, `"listeners":[${told}]`, `"pools":[${poolTexts}]`].join();
}

type Pool = Status["pools"][number];

function* poolChanges(before: Pool | undefined, after: Pool): Steps<string> {
  const { backends: earlier, ...pool } = before ?? { name: after.name, backends: [] };
  const { backends, ...now } = after;
  const known = new Map(earlier.map((each) => [each.name, each]));
  const texts: string[] = [];
  for (const backend of backends) {
    const old = known.get(backend.name);
    known.delete(backend.name);
    const news = changed(old, backend);
    if (old === undefined || isNews(news)) texts.push(JSON.stringify(news));
    yield;
  }
  const gone = known.size === 0 ? "" : `,"gone":${JSON.stringify([...known.keys()])}`;
  const own = JSON.stringify(changed(pool, now)).slice(0, -1);
  return `${own},"backends":[${texts}]${gone}}`;
}

/** Its name, and what it has that it had not. */
function changed(before: Named | undefined, after: Named): Named {
  if (before === undefined) return after;
  const news: Record<string, unknown> & Named = { name: after.name };
  const was: Fields = { ...before };
  for (const [key, value] of Object.entries(after)) if (!same(was[key], value, key)) news[key] = value;
  return news;
}

function isNews(news: Named): boolean {
  return Object.keys(news).some((key) => key !== "name" && !PASSING.includes(key));
}

/** Of plain data. */
function same(one: unknown, other: unknown, key: string): boolean {
  if (one === other) return true;
  if (TIMES.includes(key) && typeof one === "string" && typeof other === "string")
    return Math.abs(Date.parse(one) - Date.parse(other)) < SAME_TIME_MS;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((each) => same((one as Fields)[each], (other as Fields)[each], each));
}
