/** Attribute keys that exporters get with and without a version. */

export interface OutputKeys {
  /** Agents with the version. */
  agents: number;
  agentsWithout: number;
  exporters: { node: string; compared: boolean; records: number; recordsWithout: number }[];
  rows: { exporter: string; key: string; shareBefore: number; share: number }[];
  /** Whether all keys were compared. */
  complete: boolean;
  errors: { uid: string; error: string }[];
}

/** What a comparison says in one sentence: exporters with few records tell nothing. */
export function verdictOf(of: OutputKeys): string {
  const few = of.exporters.filter((one) => !one.compared).length;
  const compared = of.exporters.length - few;
  if (compared === 0) return 'Too few records passed to compare keys.';
  const found =
    of.rows.length === 0
      ? 'No key differs'
      : `${of.rows.length} ${of.rows.length === 1 ? 'key differs' : 'keys differ'}`;
  return `${found} at ${compared} ${compared === 1 ? 'exporter' : 'exporters'}${few > 0 ? `; ${few} had too few records` : ''}.`;
}

export const percent = (share: number) =>
  `${(share * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`;
