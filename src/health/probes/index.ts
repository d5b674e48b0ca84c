import type { Endpoint } from "../../core/address.ts";
import { type HttpSettings, http } from "./http.ts";
import { type LineSettings, line } from "./line.ts";
import { type MysqlSettings, mysql } from "./mysql.ts";
import { type PostgresSettings, postgres } from "./postgres.ts";
import type { Conversation, Probe } from "./probe.ts";
import { type RedisSettings, redis } from "./redis.ts";
import { type TcpSettings, tcp } from "./tcp.ts";

/** What a backend is asked to find out whether it lives. */
export type AskingSettings =
  | TcpSettings
  | LineSettings
  | HttpSettings
  | MysqlSettings
  | PostgresSettings
  | RedisSettings;

/** The probes by their names: to add one, write its file and its row, and the row of its keys in `config/schema/probes.ts`. */
const probes: { readonly [Kind in AskingSettings["kind"]]: Probe<Extract<AskingSettings, { kind: Kind }>> } =
  {
    tcp,
    line,
    http,
    mysql,
    postgres,
    redis,
  };

/** The conversation that the settings mean; see Probe. */
export function conversationOf(settings: AskingSettings, asked: Endpoint): Conversation {
  const probe = probes[settings.kind] as Probe<AskingSettings>;
  return probe(settings, asked);
}
