const RESERVE = 64;
const FILES_PER_SESSION = 2;

let known: number | undefined;

/** How many files this process may have open, as Node raised it; read once. Infinity where there is no limit. */
export function openFiles(): number {
  known ??= softLimit();
  return known;
}

/** Sessions at once that open files suffice for, beside so many others and a reserve for all else. */
export function sessionsWithin(files: number, others: number): number {
  return Math.max(1, Math.floor((files - others - RESERVE) / FILES_PER_SESSION));
}

/** Files that must be openable for so many sessions at once and so many others, the reserve included. */
export function filesFor(sessions: number, others: number): number {
  return sessions * FILES_PER_SESSION + others + RESERVE;
}

function softLimit(): number {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  // Otherwise each peer's name is looked up, and the process waits for it.
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isNaN(soft) ? Infinity : soft;
}
