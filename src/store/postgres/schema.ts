import { StoreRefused } from "../refusals.ts";
import { isAnswer, type Session } from "./session.ts";

const STEP_MS = 5_000;
const DUPLICATE_TABLE = "42P07";

/** Each step leads from the version of its index to the next. A step that was released is never changed. */
const STEPS: readonly string[] = [
  `create table lb_store (version integer not null);
   insert into lb_store values (0);
   create table lb_clients (key text primary key, value json not null, version bigserial not null);
   create table lb_nodes (
     node text primary key, seen_at timestamptz not null, tokens json not null default '{}', tokens_at_ms double precision
   );
   create table lb_backends (node text not null, key text not null, value json not null, primary key (node, key))`,
];

/**
 * Makes the tables, or changes those of an older version, in the first schema of the search path, one balancer at a time. Rejects
 * with StoreRefused where they are of a newer version or another program's.
 */
export async function migrate(session: Session): Promise<void> {
  if ((await versionOf(session)) === STEPS.length) return;
  await session.query("begin", [], STEP_MS);
  await session.query(
    "select pg_advisory_xact_lock(hashtextextended('lb schema ' || current_schema(), 0))",
    [],
    STEP_MS,
  );
  // Another balancer may have been first.
  const version = await versionOf(session);
  for (const step of STEPS.slice(version)) await take(session, step);
  await session.query("update lb_store set version = $1", [STEPS.length], STEP_MS);
  await session.query("commit", [], STEP_MS);
}

async function take(session: Session, step: string): Promise<void> {
  try {
    for (const statement of step.split(";")) await session.query(statement, [], STEP_MS);
  } catch (error) {
    if (!isAnswer(error) || (error as { code?: string }).code !== DUPLICATE_TABLE) throw error;
    throw new StoreRefused(
      `the database has another program's table: ${(error as Error).message}; choose another schema`,
    );
  }
}

async function versionOf(session: Session): Promise<number> {
  // By the rows of the catalog: its cache may not know yet what another balancer has made.
  const there = await session.query(
    "select from pg_class where relname = 'lb_store' and relnamespace = current_schema()::regnamespace",
    [],
    STEP_MS,
  );
  if (there.length === 0) return 0;
  const [found] = await session.query<{ version: number }>("select version from lb_store", [], STEP_MS);
  const version = found?.version ?? 0;
  if (version <= STEPS.length) return version;
  throw new StoreRefused(
    `the database is of a newer version of the balancer: its tables have version ${version}, expected ${STEPS.length} at most`,
  );
}
