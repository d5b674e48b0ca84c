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
 * Keeps or removes everything of one group, of node $1: shelves $2, keys $3, JSON texts or nulls $4. Gives each change back with
 * the version of a client that was kept, and tells the others of the clients. One group is written at a time, because two that
 * have the same keys in another order would wait for each other.
 */
export const SAVE = `with
  turn as materialized (select pg_advisory_xact_lock(hashtextextended('lb clients ' || current_schema(), 0))),
  given as materialized (select g.* from turn, unnest($2::text[], $3::text[], $4::text[]) as g (shelf, key, value)),
  kept_clients as (
    insert into lb_clients (key, value) select key, value::json from given where shelf = 'clients' and value is not null
    on conflict (key) do update set value = excluded.value, version = excluded.version returning key, version
  ),
  gone_clients as (
    delete from lb_clients c using given g where g.shelf = 'clients' and g.value is null and c.key = g.key
  ),
  kept_backends as (
    insert into lb_backends (node, key, value) select $1, key, value::json from given where shelf = 'backends' and value is not null
    on conflict (node, key) do update set value = excluded.value
  ),
  gone_backends as (
    delete from lb_backends b using given g where b.node = $1 and g.shelf = 'backends' and g.value is null and b.key = g.key
  )
  select g.shelf, g.key, k.version::text, case when g.shelf = 'clients' then pg_notify('lb_clients', g.key) end
  from given g left join kept_clients k on g.shelf = 'clients' and k.key = g.key`;
