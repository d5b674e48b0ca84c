import type { Config } from "#lb/config/config";
import { difference } from "#lb/config/difference";
import { ConfigMistakes, formatMistake } from "#lb/config/mistake";
import type { Reading } from "#lb/config/reader";
import { warnings } from "#lb/config/warnings";
import { readConfig } from "#lb/config/written";
import { Overlay } from "#lb/control/overlay";

/** A file with one listener and one pool, which is right; `more` are further lines of it. */
export function file(more = ""): string {
  return `listeners: [{ name: web, listen: "127.0.0.1:8080", pool: ping }]
pools: { ping: { backends: [{ name: a, address: "127.0.0.1:9001" }] } }
${more}`;
}

/** The configuration of a text that is right; throws what is wrong with it otherwise. */
export function configured(text: string): Config {
  const { config, mistakes } = readConfig(text);
  if (config === undefined) throw new ConfigMistakes("lb.yaml", mistakes);
  return config;
}

/** What is wrong with a text, a line each. */
export function mistakesIn(text: string): string[] {
  return readConfig(text).mistakes.map((mistake) => formatMistake("lb.yaml", mistake));
}

/** What is wanted by the text of a configuration alone. */
export function wantedBy(text: string): Overlay {
  return Overlay.of(configured(text), () => 0);
}

/** What reading a text again comes to, where that of before holds. */
export function readingOf(before: Config, text: string): Reading {
  const config = configured(text);
  return { config, changes: difference(before, config), warnings: warnings(config) };
}
