/** A column of a table. */
export interface Column {
  readonly head: string;
  readonly align: "left" | "right";
  /** Whether its cells are shortened where the table is too wide; of one column at most. */
  readonly gives?: true;
}

const GAP = "  ";
const NARROWEST = 8;

/** The lines of a table, its head first, of at most `width` columns as far as one column can give way. */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const lines = [columns.map(({ head }) => head), ...rows];
  const natural = columns.map((_, at) =>
    lines.reduce((most, cells) => Math.max(most, (cells[at] ?? "").length), 0),
  );
  const total = natural.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1);
  const widths = natural.map((each, at) =>
    columns[at]?.gives ? Math.min(each, Math.max(NARROWEST, each - (total - width))) : each,
  );
  return lines.map((cells) =>
    columns
      .map((column, at) => padded(cells[at] ?? "", column, widths[at] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

function padded(cell: string, { align }: Column, width: number): string {
  const text = shortened(cell, width);
  return align === "left" ? text.padEnd(width) : text.padStart(width);
}

/** The text, or its beginning and its end: names tell each other apart by either. */
function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const kept = Math.max(0, width - 1);
  const first = Math.ceil(kept / 2);
  return `${text.slice(0, first)}…${text.slice(text.length - (kept - first))}`;
}

/** The text in lines of at most `width` columns, broken between words where there are such; none where it is empty. */
export function wrapped(text: string, width: number): readonly string[] {
  const most = Math.max(NARROWEST, width);
  return text.match(new RegExp(`\\S.{0,${most - 1}}(?=\\s|$)|\\S{${most}}`, "g")) ?? [];
}
