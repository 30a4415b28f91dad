/** What the inspections checked, and what they could not check. */
import type { Inspection, Problems, Source } from '../insight/types';
import { roughDuration } from '../lib/time';

/** Number of inspections that checked at least one entity; null while not known. */
export const coverageOf = (
  answer: Problems,
  inspections: Inspection[] | undefined,
): { checked: number | null } => {
  if (!inspections) return { checked: null };
  const out = new Set([
    ...answer.unknown.map(({ inspection }) => inspection),
    ...answer.failures.map(({ inspection }) => inspection),
  ]);
  return {
    checked: inspections.filter(({ id, checked, error }) => checked > 0 && !error && !out.has(id)).length,
  };
};

/** Delay from which a source is named. */
const DELAY_S = 120;

/** Inspections without data, inspections that failed, and delayed sources. */
export function unchecked(answer: Problems, sources: Source[]): { name: string; reason: string }[] {
  return [
    ...answer.failures.map(({ inspection, error }) => ({ name: inspection, reason: `failed: ${error}` })),
    ...answer.unknown.map(({ inspection, reason }) => ({ name: inspection, reason })),
    ...sources.flatMap((source) => {
      const name = `Source ${source.name}`;
      if (source.error) return [{ name, reason: source.error }];
      if ((source.behindSeconds ?? 0) > DELAY_S)
        return [{ name, reason: `delayed by ${roughDuration((source.behindSeconds ?? 0) * 1000)}` }];
      return source.missing.slice(-3).map((gap) => ({
        name,
        reason: `no data for ${roughDuration((gap.to - gap.from) * 1000)}: ${gap.reason}`,
      }));
    }),
  ];
}
