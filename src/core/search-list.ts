/**
 * What a DNS server is asked for to find a name, in order, where the text of resolv.conf has `search`, `domain` and `ndots`
 * (resolv.conf(5)); a name that ends in a dot is complete.
 */
export function questionsFor(name: string, resolvConf: string): string[] {
  if (name.endsWith(".")) return [name];
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of resolvConf.split("\n")) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "search" || keyword === "domain") search = words;
    if (keyword === "options") ndots = ndotsIn(words) ?? ndots;
  }
  const dots = name.split(".").length - 1;
  const others = search.filter((domain) => domain !== ".").map((domain) => `${name}.${domain}`);
  return dots >= ndots ? [name, ...others] : [...others, name];
}

function ndotsIn(options: readonly string[]): number | undefined {
  const found = options.map((option) => /^ndots:(\d+)$/.exec(option)?.[1]).findLast((each) => each);
  return found === undefined ? undefined : Number(found);
}
