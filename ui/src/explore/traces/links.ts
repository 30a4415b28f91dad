/** Addresses that lead from a span to the other signals. */
import { quote } from '../../lib/labels';
import { formatDuration, formatMoment } from '../../lib/time';
import { quoted } from '../logs/lexer';
import { SERVICE, withLabel } from '../profiles/state';
import { type Attribute, attributeOf, type Span, type Trace, UNKNOWN_SERVICE } from './model';

/** Room around a span, ms: logs may be written late, clocks may differ. */
const ROOM = 300_000;

/** Room around a span for profiles, ms: a profile that begins before has samples of it, agents send one each 10 s to 60 s. */
const PROFILE_ROOM = 60_000;

const spanMs = (trace: Trace, span: Span) => ({
  start: Number(trace.base / 1_000_000n) + span.start / 1e6,
  end: Number(trace.base / 1_000_000n) + (span.start + span.duration) / 1e6,
});

function around(start: number, end: number, room = ROOM): { range: string; end: string } {
  const last = Math.ceil((end + room) / 1000) * 1000;
  const first = Math.floor((start - room) / 1000) * 1000;
  return { range: formatDuration(last - first), end: formatMoment(last, true) };
}

/** Log lines that carry the trace id: of one service, or of all. */
export function logsSearch(trace: Trace, span: Span | null): Record<string, string> {
  const { start, end } = span
    ? spanMs(trace, span)
    : { start: Number(trace.base / 1_000_000n), end: Number(trace.base / 1_000_000n) + trace.duration / 1e6 };
  const service = span && span.resource.service !== UNKNOWN_SERVICE ? span.resource.service : null;
  const selector = service ? `{service_name=${quoted(service)}}` : '{service_name=~".+"}';
  return { query: `${selector} | trace_id=${quoted(trace.id)}`, ...around(start, end) };
}

/** Profiles of the service while the span ran, those samples that carry the span; null without a service. */
export function profilesSearch(trace: Trace, span: Span): Record<string, string> | null {
  const { service } = span.resource;
  if (service === UNKNOWN_SERVICE) return null;
  const { start, end } = spanMs(trace, span);
  return { query: withLabel('{}', SERVICE, service), span: span.id, ...around(start, end, PROFILE_ROOM) };
}

/** Labels of the metrics that OTLP senders with this resource write: job and instance, as the specification maps them. */
export function metricLabels(resource: Attribute[]): Record<string, string> {
  const name = attributeOf(resource, 'service.name');
  const namespace = attributeOf(resource, 'service.namespace');
  const instance = attributeOf(resource, 'service.instance.id');
  const out: Record<string, string> = {};
  if (name && name !== UNKNOWN_SERVICE) out.job = namespace ? `${namespace}/${name}` : name;
  if (instance) out.instance = instance;
  return out;
}

/** Null where the resource names nothing that metrics have as label. */
export function metricsSearch(trace: Trace, span: Span): Record<string, string> | null {
  const labels = metricLabels(span.resource.attributes);
  if (Object.keys(labels).length === 0) return null;
  const selector = Object.entries(labels)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(', ');
  const { start, end } = spanMs(trace, span);
  const window = around(start, end);
  return {
    'g0.expr': `count by (__name__) ({${selector}})`,
    'g0.tab': 'table',
    'g0.range_input': window.range,
    'g0.end_input': window.end,
  };
}
