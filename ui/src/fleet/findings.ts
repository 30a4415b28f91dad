/** Personal data in what exporters of the fleet get. */

export interface Destination {
  node: string;
  records: number;
  unreadableBatches: number;
  findings: number;
  /** Number by detector and field. */
  byDetector: Record<string, Record<string, number>>;
  agents: { uid: string; records: number; findings: number }[];
}

export interface Findings {
  destinations: Destination[];
  /** Agents that were not searched. */
  errors: { uid: string; error: string }[];
  records: number;
  findings: number;
  /** Why the search proves nothing. */
  note?: string;
}

/** What a search says about an exporter: no record proves nothing. */
export function verdictOf(of: Destination): { text: string; badge: string } {
  if (of.findings > 0) return { text: of.findings.toLocaleString('en'), badge: 'err' };
  if (of.records === 0) return { text: 'nothing read', badge: 'histogram' };
  if (of.unreadableBatches > 0) return { text: 'partly read', badge: 'warn' };
  return { text: '0', badge: 'ok' };
}

/** Detectors with their fields, the most findings first. */
export function placesOf(of: Destination): string[] {
  return Object.entries(of.byDetector).map(
    ([detector, fields]) =>
      `${detector}: ${Object.entries(fields)
        .sort(([, a], [, b]) => b - a)
        .map(([field, n]) => `${field} (${n.toLocaleString('en')})`)
        .join(', ')}`,
  );
}
