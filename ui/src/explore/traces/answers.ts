/** Answers of Tempo's API as the pages read them. */
import type { Attribute, AttributeValue } from './model';
import { readAnyValue, readAttributes } from './otlp';

export interface FoundSpan {
  id: string;
  name: string;
  /** ns since 1970. */
  startNs: bigint;
  durationNs: number;
  attributes: Attribute[];
}

export interface FoundTrace {
  id: string;
  rootService: string;
  rootName: string;
  /** ns since 1970. */
  startNs: bigint;
  durationMs: number;
  /** Spans that matched, also those that are not listed. */
  matched: number;
  spans: FoundSpan[];
  services: { service: string; spans: number; errors: number }[];
}

interface WireSpanSet {
  spans?: {
    spanID?: string;
    name?: string;
    startTimeUnixNano?: string;
    durationNanos?: string;
    attributes?: unknown;
  }[];
  matched?: number;
}

export interface WireTrace {
  traceID: string;
  rootServiceName?: string;
  rootTraceName?: string;
  startTimeUnixNano?: string;
  durationMs?: number;
  spanSet?: WireSpanSet;
  spanSets?: WireSpanSet[];
  serviceStats?: Record<string, { spanCount?: number; errorCount?: number }>;
}

export interface SearchMetrics {
  inspectedTraces?: number;
  inspectedSpans?: string | number;
  inspectedBytes?: string | number;
}

const STILL_RECEIVED = '<root span not yet received>';

export function toFound(wire: WireTrace): FoundTrace {
  const sets = wire.spanSets?.length ? wire.spanSets : wire.spanSet ? [wire.spanSet] : [];
  return {
    id: wire.traceID.padStart(32, '0'),
    rootService: wire.rootServiceName ?? '',
    rootName: wire.rootTraceName === STILL_RECEIVED ? '' : (wire.rootTraceName ?? ''),
    startNs: BigInt(wire.startTimeUnixNano || 0),
    durationMs: wire.durationMs ?? 0,
    matched: sets.reduce((sum, set) => sum + (set.matched ?? set.spans?.length ?? 0), 0),
    spans: sets.flatMap((set) =>
      (set.spans ?? []).map((span) => ({
        id: (span.spanID ?? '').padStart(16, '0'),
        name: span.name ?? '',
        startNs: BigInt(span.startTimeUnixNano || 0),
        durationNs: Number(span.durationNanos ?? 0),
        attributes: readAttributes(span.attributes),
      })),
    ),
    services: Object.entries(wire.serviceStats ?? {})
      .map(([service, s]) => ({ service, spans: s.spanCount ?? 0, errors: s.errorCount ?? 0 }))
      .sort((a, b) => b.spans - a.spans || a.service.localeCompare(b.service)),
  };
}

export interface MetricSeries {
  labels: Record<string, string>;
  /** Labels with their types: 5 and "5" are different values. */
  typed: Record<string, AttributeValue>;
  /** By time, ms. */
  samples: { time: number; value: number }[];
}

interface WireLabel {
  key: string;
  value?: { stringValue?: string; intValue?: string; doubleValue?: number; boolValue?: boolean };
}

export interface WireSeries {
  labels?: WireLabel[];
  samples?: { timestampMs?: string | number; value?: number | string }[];
  value?: number;
}

export const readLabels = (labels: WireLabel[] | undefined): Record<string, string> =>
  Object.fromEntries(
    (labels ?? []).map(({ key, value }) => [
      key,
      String(value?.stringValue ?? value?.intValue ?? value?.doubleValue ?? value?.boolValue ?? ''),
    ]),
  );

export const toSeries = (series: WireSeries): MetricSeries => ({
  labels: readLabels(series.labels),
  typed: Object.fromEntries((series.labels ?? []).map(({ key, value }) => [key, readAnyValue(value)])),
  // A value of 0 is left out by protobuf's JSON mapping.
  samples: (series.samples ?? []).map((s) => ({
    time: Number(s.timestampMs ?? 0),
    value: Number(s.value ?? 0),
  })),
});
