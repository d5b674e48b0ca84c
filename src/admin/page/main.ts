import { Access } from "./access.ts";
import { Actions } from "./actions.ts";
import { Backends } from "./backends.ts";
import { Charts } from "./charts.ts";
import { Clients } from "./client-list.ts";
import { Decisions } from "./decision-list.ts";
import { byId, setText } from "./dom.ts";
import { Endings } from "./ending-list.ts";
import { Flow, flowWords } from "./flow.ts";
import { clockTime, duration } from "./format.ts";
import { Laboratory } from "./laboratory.ts";
import { Log } from "./log-list.ts";
import { Pools } from "./pools.ts";
import { type Link, Stream } from "./stream.ts";
import { Verdict } from "./verdict.ts";
import { World } from "./world.ts";

const world = new World();
const actions = new Actions();
const pools = new Pools(actions, () => draw());
const parts = [new Verdict(), new Charts(), new Endings(), new Clients(), new Log()];
const decisions = new Decisions(actions);
const flow = new Flow(byId("flow"));
const backends = new Backends(actions);
const laboratory = new Laboratory(actions);
let due = false;

const access = new Access((token) => stream.use(token));
const stream = new Stream(
  {
    message(message, first) {
      world.hear(message, first);
      void decisions.draw(world);
      if (due) return;
      due = true;
      requestAnimationFrame(draw);
    },
    link: told,
  },
  access.token,
);

function draw(): void {
  due = false;
  byId("page").dataset.heard = "yes";
  for (const part of parts) part.draw(world);
  const pool = pools.draw(world);
  if (pool !== undefined) {
    flow.draw(world, pool);
    setText(byId("flow-words"), flowWords(world, pool));
  }
  laboratory.draw(world);
  backends.draw(world, pool?.told.name);
  const addresses = world.listeners.map(({ told: { name, address } }) =>
    name === address ? name : `${name} on ${address}`,
  );
  const more = addresses.length > 4 ? ` and ${addresses.length - 4} more` : "";
  setText(byId("listeners"), `listening: ${addresses.slice(0, 4).join(", ")}${more}`);
}

/** Says how it stands with the line to the balancer; what is shown while it is lost is what was known last. */
function told(link: Link): void {
  byId("page").dataset.link = link.kind;
  byId("link").dataset.link = link.kind;
  setText(byId("link-words"), wordsOf(link));
  world.link = link;
  // A link sends no token along.
  byId("tokenless").hidden = access.token !== null || link.kind === "refused";
  actions.as(access.token, link.kind === "live" && link.mayWrite);
  if (link.kind === "live" && link.missedMs > 1_000)
    actions.tell(`Connected again after ${duration(link.missedMs)}; what was missed has been caught up.`);
  if (link.kind === "refused")
    access.ask(
      link.wrong ? "The balancer does not know that token." : "The balancer wants a token of its token file.",
    );
  if (link.kind !== "live" && world.pools.size > 0) draw();
}

function wordsOf(link: Link): string {
  if (link.kind === "live") return link.mayWrite ? "live" : "live, to read";
  if (link.kind === "lost") {
    const since = `lost since ${clockTime(new Date(link.sinceMs).toISOString())} UTC`;
    return link.why === undefined ? `${since}, trying again` : `${since}: ${link.why}`;
  }
  return link.kind === "connecting" ? "connecting" : "a token is wanted";
}
