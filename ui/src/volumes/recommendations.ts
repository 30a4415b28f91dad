/** Recommendations of a process. */

export type Kind = 'health_checks' | 'debug_logs' | 'duplicate_logs' | 'high_cardinality';

export interface Recommendation {
  kind: Kind;
  signal: string;
  evidence: string;
  examples: string[];
  sampled: number;
  matched: number;
  share: number;
  savedBytesPerSecond: number;
  /** A live control that does it. */
  control?: { action: string; signals: string[]; condition: string };
  /** Processors for a version of the configuration. */
  configuration?: string;
}

export interface Advice {
  batches: number;
  seconds: number;
  recommendations: Recommendation[];
}

export const KIND_WORDS: Record<Kind, string> = {
  health_checks: 'Health checks',
  debug_logs: 'Debug logs',
  duplicate_logs: 'Repeated logs',
  high_cardinality: 'Many label values',
};

/** Text as one word of a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The command that previews the control; empty where no control does it. */
export const commandOf = (of: Recommendation): string =>
  of.control
    ? `tethys tool control filter ${quoted(of.control.condition)} --signal ${of.control.signals[0] ?? ''} --preview`
    : '';
