/** Spans of a trace as the pages read them, independent of the format they came in. */

/** Integers are bigint, doubles are number: both are written back as they were read. */
export type AttributeValue =
  | string
  | number
  | boolean
  | bigint
  | AttributeValue[]
  | { [key: string]: AttributeValue };

export interface Attribute {
  key: string;
  value: AttributeValue;
}

export const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export type SpanKind = (typeof KINDS)[number];

export type SpanStatus = 'unset' | 'ok' | 'error';

export interface SpanEvent {
  /** ns after the base of the trace. */
  time: number;
  name: string;
  attributes: Attribute[];
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  attributes: Attribute[];
}

export interface Resource {
  service: string;
  attributes: Attribute[];
}

export interface Scope {
  name: string;
  version: string;
  attributes: Attribute[];
}

export interface Span {
  traceId: string;
  id: string;
  /** Empty for a root. */
  parentId: string;
  name: string;
  kind: SpanKind;
  status: SpanStatus;
  statusMessage: string;
  /** ns after the base of the trace. */
  start: number;
  /** ns, never negative. */
  duration: number;
  traceState: string;
  attributes: Attribute[];
  events: SpanEvent[];
  links: SpanLink[];
  resource: Resource;
  scope: Scope;
  /** Attributes, events and links that the sender left out. */
  dropped: number;
}

export interface Trace {
  id: string;
  /** Start of the earliest span, ns since 1970. Times of spans are differences: a double holds them exactly. */
  base: bigint;
  spans: Span[];
  /** Latest end, ns after the base. */
  duration: number;
}

export const NO_SCOPE: Scope = { name: '', version: '', attributes: [] };
export const UNKNOWN_SERVICE = 'unknown_service';

/** A span whose times are still absolute. */
export interface RawSpan extends Omit<Span, 'start' | 'duration' | 'events'> {
  startNs: bigint;
  endNs: bigint;
  events: { timeNs: bigint; name: string; attributes: Attribute[] }[];
}

/** Groups spans by trace id, in the order of their first span, and makes their times relative. */
export function toTraces(raw: RawSpan[]): Trace[] {
  const groups = new Map<string, RawSpan[]>();
  for (const span of raw) {
    const group = groups.get(span.traceId);
    if (group) group.push(span);
    else groups.set(span.traceId, [span]);
  }
  return [...groups].map(([id, spans]) => {
    // A start of 0 is a time that the sender did not set; it must not stretch the trace to 1970.
    let base: bigint | null = null;
    for (const one of spans)
      if (one.startNs > 0n && (base === null || one.startNs < base)) base = one.startNs;
    const origin = base ?? 0n;
    const out = spans.map(({ startNs, endNs, events, ...rest }): Span => {
      const start = startNs > 0n ? Number(startNs - origin) : 0;
      return {
        ...rest,
        start,
        duration: startNs > 0n && endNs > startNs ? Number(endNs - startNs) : 0,
        events: events.map((e) => ({
          time: Number(e.timeNs - origin),
          name: e.name,
          attributes: e.attributes,
        })),
      };
    });
    const duration = out.reduce((most, span) => Math.max(most, span.start + span.duration), 0);
    return { id, base: origin, spans: out, duration };
  });
}

export function serviceOf(attributes: Attribute[]): string {
  const value = attributes.find((a) => a.key === 'service.name')?.value;
  return value === undefined || value === '' ? UNKNOWN_SERVICE : formatAttribute(value);
}

export const attributeOf = (attributes: Attribute[], key: string): string | undefined => {
  const found = attributes.find((a) => a.key === key);
  return found === undefined ? undefined : formatAttribute(found.value);
};

/** Text of a value: strings as they are, nested values as JSON. */
export function formatAttribute(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object')
    return JSON.stringify(value, (_key, v) => (typeof v === 'bigint' ? Number(v) : v));
  return String(value);
}

const ID = /^[0-9a-f]{1,32}$/;
export const isTraceId = (text: string): boolean => ID.test(text);

/** Hexadecimal ids in lower case, padded to their length: senders of 64-bit ids leave out leading zeros. */
export function normalId(text: string, length: number): string {
  const lower = text.trim().toLowerCase();
  if (lower === '' || /^0+$/.test(lower)) return '';
  return lower.length < length && ID.test(lower) ? lower.padStart(length, '0') : lower;
}

/** ns of an OTLP or Zipkin number, which may be text or a number; 0 where it is neither. */
export function toBigInt(value: unknown): bigint {
  try {
    if (typeof value === 'bigint') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.round(value)) : 0n;
    if (typeof value === 'string' && value !== '') return BigInt(value);
  } catch {
    // Not a number.
  }
  return 0n;
}

export const asArray = <T>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : []);
export const asText = (value: unknown): string =>
  typeof value === 'string' ? value : value == null ? '' : String(value);
