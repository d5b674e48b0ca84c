import { columnsOf, inColumns } from "./columns.ts";

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
    lines.reduce((most, cells) => Math.max(most, columnsOf(cells[at] ?? "")), 0),
  );
  const total = natural.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1);
  const widths = natural.map((each, at) =>
    columns[at]?.gives ? Math.min(each, Math.max(NARROWEST, each - (total - width))) : each,
  );
  return lines.map((cells) =>
    columns
      .map(({ align }, at) => inColumns(cells[at] ?? "", align, widths[at] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

/** The text in lines of at most `width` columns, broken between words where there are such; none where it is empty. */
export function wrapped(text: string, width: number): readonly string[] {
  const most = Math.max(NARROWEST, width);
  return text.match(new RegExp(`\\S.{0,${most - 1}}(?=\\s|$)|\\S{${most}}`, "g")) ?? [];
}
