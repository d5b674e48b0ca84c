import type { ListenerSample } from "../../contract/sample.ts";
import { endings } from "../../core/ending.ts";
import { each, eachWord, type Family, type Labels } from "./family.ts";

const words = Object.keys(endings);

/** What is told of each listener. */
export const listenerFamilies: readonly Family[] = [
  {
    name: "lb_listener_sessions_total",
    type: "counter",
    help: "Connections that were accepted.",
    labels: ["listener"],
    points: ({ listeners }) => each(byName(listeners), labelsOf, ({ sessions }) => sessions),
  },
  {
    name: "lb_listener_sessions_ended_total",
    type: "counter",
    help: "Sessions that have ended, refused ones too, by the word that says why.",
    labels: ["listener", "ending"],
    points: ({ listeners }) =>
      eachWord(
        byName(listeners),
        words,
        (listener, ending) => ({ ...labelsOf(listener), ending }),
        (listener, ending) => (listener.endings as Partial<Record<string, number>>)[ending] ?? 0,
      ),
  },
  {
    name: "lb_listener_sessions_active",
    type: "gauge",
    help: "Sessions that live, refused ones on their way out too.",
    labels: ["listener"],
    points: ({ listeners }) => each(byName(listeners), labelsOf, ({ active }) => active),
  },
  {
    name: "lb_listener_sessions_limit",
    type: "gauge",
    help: "Sessions at once that the listener may have: its own limit, or that of all listeners together.",
    labels: ["listener"],
    points: ({ listeners }) => each(byName(listeners), labelsOf, ({ maxSessions }) => maxSessions),
  },
  {
    name: "lb_listener_listening",
    type: "gauge",
    help: "1 while it listens, 0 while it is no part of the configuration any more and its last sessions live.",
    labels: ["listener"],
    points: ({ listeners }) => each(byName(listeners), labelsOf, ({ leaving }) => (leaving ? 0 : 1)),
  },
  {
    name: "lb_listener_in_bytes_total",
    type: "counter",
    help: "Bytes that clients sent; of sessions that live as of a second ago at most.",
    labels: ["listener"],
    points: ({ listeners }) => each(byName(listeners), labelsOf, ({ bytesIn }) => bytesIn),
  },
  {
    name: "lb_listener_out_bytes_total",
    type: "counter",
    help: "Bytes that backends sent; of sessions that live as of a second ago at most.",
    labels: ["listener"],
    points: ({ listeners }) => each(byName(listeners), labelsOf, ({ bytesOut }) => bytesOut),
  },
  {
    name: "lb_listener_session_duration_seconds",
    type: "histogram",
    help: "How long sessions lasted, refused ones too, from accept to the end.",
    labels: ["listener"],
    scale: "session",
    *spreads({ listeners }) {
      for (const listener of byName(listeners))
        yield { labels: labelsOf(listener), observed: listener.duration };
    },
  },
];

function labelsOf({ name }: ListenerSample): Labels {
  return { listener: name };
}

/** Of one that leaves and one that has its name now, which comes first, that one tells the totals; gauges are added up. */
function byName(listeners: readonly ListenerSample[]): Iterable<ListenerSample> {
  const named = new Map<string, ListenerSample>();
  for (const listener of listeners) {
    const first = named.get(listener.name);
    named.set(listener.name, first ? { ...first, active: first.active + listener.active } : listener);
  }
  return named.values();
}
