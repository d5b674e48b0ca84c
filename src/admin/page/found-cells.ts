import { ago, cell, type RowItem } from "./cell.ts";
import { element, type Piecework, setAttribute, setText } from "./dom.ts";
import { time } from "./format.ts";
import { glyph } from "./glyph.ts";
import type { Backend } from "./wire.ts";

/** What a backend is called, and where it is. */
export function nameCell(): Piecework<RowItem> {
  const [name, address] = [element("b"), element("small")];
  const root = element("th", "of-name", name, address);
  root.setAttribute("role", "rowheader");
  root.scope = "row";
  return {
    root,
    draw({ backend: { told, pool }, pooled }) {
      setText(name, pooled ? `${pool}/${told.name}` : told.name);
      const where = told.address ?? told.configured.address;
      setText(address, `${where === told.name ? "" : where}${told.configured.backup ? " backup" : ""}`);
      setAttribute(root, "title", `${pool}/${told.name} ${where}`);
    },
  };
}

/** What was found of it, and what the last probe said. */
export function healthCell(): Piecework<RowItem> {
  const [mark, word, since, words] = [glyph(), element("b"), element("span", "since"), element("small")];
  const root = cell("of-health", "Found", element("span", "state", mark.root, word, since), words);
  return {
    root,
    draw({ backend: { told }, nowMs }) {
      const { operational } = told;
      const found = operational?.value ?? "nowhere";
      mark.draw(found);
      setAttribute(root, "data-state", found);
      setText(word, found === "nowhere" ? "no address" : found);
      setText(since, operational === null ? "" : ago(operational.since, nowMs));
      const said = probeWords(told, nowMs);
      setText(words, said);
      setAttribute(words, "title", said);
    },
  };
}

/** The last probe and its words; where the backend is not up, why. */
function probeWords({ operational, probe, unresolved }: Backend, nowMs: number): string {
  if (operational === null) return unresolved ?? "";
  if (operational.value !== "up") return operational.reason;
  if (probe === null) return operational.source === "probe" ? operational.reason : "not probed";
  const when = `${ago(probe.at, nowMs)} ago`;
  return probe.failure === null
    ? `probe passed in ${time(probe.ms)}, ${when}`
    : `probe failed ${when}: ${probe.failure}`;
}
