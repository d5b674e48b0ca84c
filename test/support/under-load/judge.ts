import type { SessionRecord } from "#lb/contract/record";
import type { Happened } from "./happened.ts";
import type { Visit } from "./visits.ts";

/** What of the visits is not explained by what happened, and how often each ending was. */
export function judged(
  visits: readonly Visit[],
  records: readonly SessionRecord[],
  happened: Happened,
): { readonly wrong: string[]; readonly endings: Readonly<Record<string, number>> } {
  const endings: Record<string, number> = {};
  const wrong: string[] = [];
  const byClient = new Map<string, SessionRecord[]>();
  for (const record of records) {
    endings[record.ending] = (endings[record.ending] ?? 0) + 1;
    byClient.set(record.client, [...(byClient.get(record.client) ?? []), record]);
    if (happened.trespasses(record)) wrong.push(`a closed backend got ${JSON.stringify(record)}`);
  }
  for (const { client, wrong: what, begunMs } of visits) {
    const record = nearest(byClient.get(client ?? "") ?? [], begunMs);
    if (record === undefined) wrong.push(`${client}: ${what}, and no record`);
    else if (!(what === undefined && record.ending === "done") && !happened.excuses(record))
      wrong.push(`${client}: ${what}, ${JSON.stringify(record)}`);
  }
  return { wrong, endings };
}

/** A port is used again, by other visits and by tasks. */
function nearest(records: readonly SessionRecord[], begunMs: number): SessionRecord | undefined {
  const farness = ({ startedAt }: SessionRecord) => Math.abs(Date.parse(startedAt) - begunMs);
  return records.toSorted((one, other) => farness(one) - farness(other))[0];
}
