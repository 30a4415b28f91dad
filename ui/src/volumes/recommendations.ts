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
  control?: { action: string; signals: string[]; condition: string; selector?: string };
  /** Agents that recommend it, of a fleet. */
  agents?: number;
  /** Processors for a version of the configuration. */
  configuration?: string;
}

export interface Advice {
  batches: number;
  seconds: number;
  recommendations: Recommendation[];
}

/** Recommendations of a fleet, and agents that gave none. */
export interface FleetAdvice {
  recommendations: Recommendation[];
  errors: { uid: string; error: string }[];
}

/** What a control of a recommendation is started with; a day, so that it cannot be forgotten. */
export const controlOf = (of: Recommendation) => ({
  ...of.control,
  duration: '24h',
  reason: `Recommendation: ${of.evidence}`.slice(0, 1000),
});

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
