import { basename, normalize, sep } from "node:path";
import { widthOf } from "./fonts.ts";

/** Three of them fit side by side in a legend, with their numbers. */
const WIDEST_PX = 260;
const LABEL_PX = 15;
const characters = new Intl.Segmenter();

/** What each file's run is called: the file's name, with as many of its folders as tell equal names apart. */
export function labelsOf(files: readonly string[]): string[] {
  const parts = files.map((file) => normalize(file).split(sep));
  return parts.map((own, index) => {
    for (let depth = 1; depth < own.length; depth++) {
      const label = tail(own, depth);
      if (parts.every((other, i) => i === index || tail(other, depth) !== label)) return label;
    }
    return tail(own, own.length);
  });
}

function tail(parts: readonly string[], depth: number): string {
  const kept = parts.slice(-depth);
  return [...kept.slice(0, -1), basename(kept.at(-1) as string, ".json")].join("/");
}

/** A name as a picture has room for: of a longer one its beginning and its end. */
export function shortened(name: string): string {
  const parts = Array.from(characters.segment(name), ({ segment }) => segment);
  let text = name;
  for (let kept = parts.length - 1; widthOf(text, LABEL_PX) > WIDEST_PX; kept--) {
    text = [...parts.slice(0, Math.ceil(kept / 2)), "…", ...parts.slice(parts.length - (kept >> 1))].join("");
  }
  return text;
}
