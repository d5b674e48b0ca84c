/** How long the database works on, and waits for a lock in, one statement, in milliseconds; and notices that this machine is gone. */
export const SET_UP = `select set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false),
  set_config('idle_in_transaction_session_timeout', '5000', false), set_config('tcp_keepalives_idle', '10', false),
  set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)`;

/** The lock of a node ($1) belongs to the connection, and goes with it. */
export const TAKE_NODE =
  "select pg_try_advisory_lock(hashtextextended('lb node ' || current_schema() || ' ' || $1, 0)) as taken";

export const LISTEN = "listen lb_clients";

/** Also shows that the database can be written. */
export const ENTER_NODE =
  "insert into lb_nodes (node, seen_at) values ($1, now()) on conflict (node) do update set seen_at = now()";

export const ALL_CLIENTS = "select key, version::text, value::text from lb_clients";
export const SOME_CLIENTS = `${ALL_CLIENTS} where key = any($1)`;
export const ALL_BACKENDS = "select key, value::text from lb_backends where node = $1";
export const TOKENS = "select tokens::text, tokens_at_ms from lb_nodes where node = $1";
export const SAVE_TOKENS =
  "update lb_nodes set tokens = $2::json, tokens_at_ms = $3, seen_at = now() where node = $1";

/**
 * Begins a transaction that writes clients. One writes at a time, and what is looked at afterwards is what the one before left:
 * a statement that waited for its turn itself would see what was there before. The wait and the write are shorter together than
 * what we wait for an answer.
 */
export const BEGIN_TURN = `begin isolation level read committed; set local lock_timeout = 300; set local statement_timeout = 600;
  select pg_advisory_xact_lock(hashtextextended('lb clients ' || current_schema(), 0))`;

/**
 * Keeps or removes everything of one group, of node $1: shelves $2, keys $3, JSON texts or nulls $4, versions of clients as they
 * are known here $5, null for one that is not there. Gives each change back with the version of a client that was kept, and tells
 * the others of the clients. Where a client has another version it keeps nothing, and gives those back as they are instead.
 */
export const SAVE = `with
  given as materialized (select * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) as g (shelf, key, value, known)),
  others as materialized (
    select g.key, c.version, c.value from given g left join lb_clients c on c.key = g.key
    where g.shelf = 'clients' and c.version is distinct from g.known
  ),
  taken as materialized (select * from given where not exists (select from others)),
  kept_clients as (
    insert into lb_clients (key, value) select key, value::json from taken where shelf = 'clients' and value is not null
    on conflict (key) do update set value = excluded.value, version = excluded.version returning key, version
  ),
  gone_clients as (
    delete from lb_clients c using taken g where g.shelf = 'clients' and g.value is null and c.key = g.key
  ),
  kept_backends as (
    insert into lb_backends (node, key, value) select $1, key, value::json from taken where shelf = 'backends' and value is not null
    on conflict (node, key) do update set value = excluded.value
  ),
  gone_backends as (
    delete from lb_backends b using taken g where b.node = $1 and g.shelf = 'backends' and g.value is null and b.key = g.key
  )
  select true as kept, g.shelf, g.key, k.version::text, null as value,
    case when g.shelf = 'clients' then pg_notify('lb_clients', g.key) end
  from taken g left join kept_clients k on g.shelf = 'clients' and k.key = g.key
  union all select false, 'clients', key, version::text, value::text, null from others`;
