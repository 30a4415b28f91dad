/** OTLP in its JSON form, read and written. Reads Tempo's spellings too: base64 ids, `batches`, `{trace: …}`. */
import {
  type Attribute,
  type AttributeValue,
  asArray,
  asText,
  formatAttribute,
  KINDS,
  NO_SCOPE,
  normalId,
  type RawSpan,
  type Resource,
  type Scope,
  type Span,
  type SpanKind,
  type SpanStatus,
  serviceOf,
  type Trace,
  toBigInt,
} from './model';

type Json = Record<string, unknown>;

/** Nested values deeper than this are cut. */
const MAX_DEPTH = 32;

export function readAnyValue(value: unknown, depth = 0): AttributeValue {
  if (value === null || typeof value !== 'object' || depth > MAX_DEPTH) return '';
  const v = value as Json;
  if (v.stringValue !== undefined) return asText(v.stringValue);
  if (v.boolValue !== undefined) return v.boolValue === true || v.boolValue === 'true';
  if (v.intValue !== undefined) return toBigInt(v.intValue);
  if (v.doubleValue !== undefined) return Number(v.doubleValue);
  if (v.bytesValue !== undefined) return asText(v.bytesValue);
  if (v.arrayValue !== undefined)
    return asArray((v.arrayValue as Json | null)?.values).map((one) => readAnyValue(one, depth + 1));
  if (v.kvlistValue !== undefined)
    return Object.fromEntries(
      asArray<Json>((v.kvlistValue as Json | null)?.values).map((one) => [
        asText(one.key),
        readAnyValue(one.value, depth + 1),
      ]),
    );
  return '';
}

export function readAttributes(value: unknown): Attribute[] {
  return asArray<Json>(value).map((one) => ({ key: asText(one?.key), value: readAnyValue(one?.value) }));
}

/** Hexadecimal as OTLP requires it, or base64 as protobuf's JSON mapping writes bytes. */
function readId(value: unknown, length: 16 | 32): string {
  const text = asText(value);
  if (text === '') return '';
  const base64Length = length === 32 ? 24 : 12;
  if (text.length === base64Length && text.endsWith('=')) {
    try {
      const bytes = atob(text);
      return normalId([...bytes].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join(''), length);
    } catch {
      // Neither of the two: kept as it is.
    }
  }
  return normalId(text, length);
}

function readKind(value: unknown): SpanKind {
  if (typeof value === 'number') return KINDS[value] ?? 'unspecified';
  const name = asText(value).replace('SPAN_KIND_', '').toLowerCase();
  return KINDS.find((kind) => kind === name) ?? 'unspecified';
}

function readStatus(value: unknown): SpanStatus {
  if (value === 2 || value === 'STATUS_CODE_ERROR') return 'error';
  return value === 1 || value === 'STATUS_CODE_OK' ? 'ok' : 'unset';
}

function readSpan(span: Json, resource: Resource, scope: Scope): RawSpan {
  const status = (span.status ?? {}) as Json;
  return {
    traceId: readId(span.traceId, 32),
    id: readId(span.spanId, 16),
    parentId: readId(span.parentSpanId, 16),
    name: asText(span.name),
    kind: readKind(span.kind),
    status: readStatus(status.code),
    statusMessage: asText(status.message),
    startNs: toBigInt(span.startTimeUnixNano),
    endNs: toBigInt(span.endTimeUnixNano),
    traceState: asText(span.traceState),
    attributes: readAttributes(span.attributes),
    events: asArray<Json>(span.events).map((e) => ({
      timeNs: toBigInt(e.timeUnixNano),
      name: asText(e.name),
      attributes: readAttributes(e.attributes),
    })),
    links: asArray<Json>(span.links).map((l) => ({
      traceId: readId(l.traceId, 32),
      spanId: readId(l.spanId, 16),
      attributes: readAttributes(l.attributes),
    })),
    resource,
    scope,
    dropped: ['droppedAttributesCount', 'droppedEventsCount', 'droppedLinksCount'].reduce(
      (sum, key) => sum + (Number(span[key]) || 0),
      0,
    ),
  };
}

export function isOtlp(body: unknown): boolean {
  if (body === null || typeof body !== 'object') return false;
  const b = body as Json;
  return Array.isArray(b.resourceSpans) || Array.isArray(b.batches) || isOtlp(b.trace);
}

export function readOtlp(body: unknown): RawSpan[] {
  const b = (body ?? {}) as Json;
  if (b.trace !== undefined) return readOtlp(b.trace);
  const out: RawSpan[] = [];
  // One object a process: servers split the spans of a process over several entries.
  const known = new Map<string, Resource>();
  for (const one of asArray<Json>(b.resourceSpans ?? b.batches)) {
    const attributes = readAttributes((one.resource as Json | undefined)?.attributes);
    const key = attributes.map((a) => `${a.key}\0${formatAttribute(a.value)}`).join('\0');
    const resource = known.get(key) ?? { service: serviceOf(attributes), attributes };
    known.set(key, resource);
    for (const group of asArray<Json>(one.scopeSpans ?? one.instrumentationLibrarySpans)) {
      const s = (group.scope ?? group.instrumentationLibrary) as Json | undefined;
      const scope: Scope = s
        ? { name: asText(s.name), version: asText(s.version), attributes: readAttributes(s.attributes) }
        : NO_SCOPE;
      for (const span of asArray<Json>(group.spans)) out.push(readSpan(span, resource, scope));
    }
  }
  return out;
}

export function writeAnyValue(value: AttributeValue): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(writeAnyValue) } };
  return {
    kvlistValue: {
      values: Object.entries(value).map(([key, one]) => ({ key, value: writeAnyValue(one) })),
    },
  };
}

const writeAttributes = (list: Attribute[]) =>
  list.map(({ key, value }) => ({ key, value: writeAnyValue(value) }));

const STATUS = { unset: 0, ok: 1, error: 2 } as const;

function writeSpan(trace: Trace, span: Span): Json {
  const at = (ns: number) => String(trace.base + BigInt(Math.round(ns)));
  return {
    traceId: span.traceId,
    spanId: span.id,
    ...(span.parentId ? { parentSpanId: span.parentId } : {}),
    ...(span.traceState ? { traceState: span.traceState } : {}),
    name: span.name,
    kind: KINDS.indexOf(span.kind),
    startTimeUnixNano: at(span.start),
    endTimeUnixNano: at(span.start + span.duration),
    attributes: writeAttributes(span.attributes),
    events: span.events.map((e) => ({
      timeUnixNano: at(e.time),
      name: e.name,
      attributes: writeAttributes(e.attributes),
    })),
    links: span.links.map((l) => ({
      traceId: l.traceId,
      spanId: l.spanId,
      attributes: writeAttributes(l.attributes),
    })),
    status: {
      ...(span.statusMessage ? { message: span.statusMessage } : {}),
      code: STATUS[span.status],
    },
  };
}

/** The trace as an OTLP export request: one entry a resource, one group a scope. */
export function writeOtlp(trace: Trace): Json {
  const resources = new Map<Resource, Map<Scope, Span[]>>();
  for (const span of trace.spans) {
    const scopes = resources.get(span.resource) ?? new Map<Scope, Span[]>();
    resources.set(span.resource, scopes);
    const spans = scopes.get(span.scope) ?? [];
    scopes.set(span.scope, spans);
    spans.push(span);
  }
  return {
    resourceSpans: [...resources].map(([resource, scopes]) => ({
      resource: { attributes: writeAttributes(resource.attributes) },
      scopeSpans: [...scopes].map(([scope, spans]) => ({
        scope: {
          name: scope.name,
          version: scope.version,
          ...(scope.attributes.length > 0 ? { attributes: writeAttributes(scope.attributes) } : {}),
        },
        spans: spans.map((span) => writeSpan(trace, span)),
      })),
    })),
  };
}
