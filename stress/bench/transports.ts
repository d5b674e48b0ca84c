import type { EngineName } from "#lb/core/transport-names";
import { engineRefusal } from "#lb/transport/native/refusal";
import { built, lb } from "./balancer.ts";
import { guarded } from "./guarded.ts";
import type { Subject } from "./subject.ts";

const engines = ["io_uring", "epoll"] as const satisfies readonly EngineName[];

/** This balancer by each of its transports; by an engine also with records, and with every check and limit on. */
export const transports: readonly Subject[] = [
  ...engines.flatMap(byEngine),
  {
    name: "lb-sockets",
    about: "this balancer with transport: sockets",
    backends: 1,
    absent: built,
    command: lb("--log-level=warn", "--transport=sockets"),
  },
];

function byEngine(engine: EngineName): Subject[] {
  const common = { backends: 1, absent: () => built() ?? engineRefusal(engine) };
  const about = `this balancer with transport: ${engine}`;
  return [
    {
      ...common,
      name: `lb-${engine}`,
      about,
      command: lb("--log-level=warn", `--transport=${engine}`),
    },
    {
      ...common,
      name: `lb-${engine}-records`,
      about: `${about}, one record per session`,
      command: lb("--log-level=info", `--transport=${engine}`),
      extra: true,
    },
    {
      ...common,
      name: `lb-${engine}-guarded`,
      about: `${about}, and what lb-guarded has`,
      command: guarded({ transport: engine }),
      extra: true,
    },
  ];
}
