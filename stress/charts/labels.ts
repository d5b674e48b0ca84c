import { basename, normalize, sep } from "node:path";

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
