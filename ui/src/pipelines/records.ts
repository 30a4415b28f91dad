/** Records of a tap: before and after a component. */
import { type Line, lines } from './sample';

export type Change = 'unchanged' | 'changed' | 'only_before' | 'only_after';

export const CHANGES: [Change, string][] = [
  ['changed', 'Changed'],
  ['only_before', 'Buffered or dropped'],
  ['only_after', 'Emitted or added'],
  ['unchanged', 'Unchanged'],
];

export interface RecordChange {
  change: Change;
  signal: string;
  edge: string;
  /** A request of OTLP with one record. */
  before?: unknown;
  after?: unknown;
}

export interface Followed {
  hops: {
    edge: string;
    from: string;
    to: string;
    toExporter: boolean;
    millis: number;
    batchItems: number;
    record: unknown;
  }[];
  ends: { node: string; end: 'exporter' | 'not_passed_on'; droppedMeanwhile: Record<string, number> }[];
  batchesNotRead: number;
}

/** A request with one record in words. */
export function recordLine(signal: string, content: unknown): Line | undefined {
  return lines({ signal, encoding: 'otlp', items: 1, bytes: 0, content }).lines[0];
}
