/** Jaeger's JSON of traces, as its UI downloads and reads it. */
import {
  type Attribute,
  type AttributeValue,
  asArray,
  asText,
  formatAttribute,
  KINDS,
  normalId,
  type RawSpan,
  type Resource,
  type SpanKind,
  type SpanLink,
  type SpanStatus,
  type Trace,
  toBigInt,
  UNKNOWN_SERVICE,
} from './model';

type Json = Record<string, unknown>;

function readTag(tag: Json): Attribute {
  const key = asText(tag.key);
  const type = asText(tag.type);
  if (type === 'bool') return { key, value: tag.value === true || tag.value === 'true' };
  if (type === 'int64') return { key, value: toBigInt(tag.value) };
  if (type === 'float64') return { key, value: Number(tag.value) };
  const value = tag.value;
  return {
    key,
    value: typeof value === 'number' || typeof value === 'boolean' ? value : asText(value),
  };
}

const readTags = (value: unknown) => asArray<Json>(value).map(readTag);

function take(tags: Attribute[], key: string): string {
  return formatAttribute(tags.find((t) => t.key === key)?.value ?? '');
}

function statusOf(tags: Attribute[]): SpanStatus {
  const code = take(tags, 'otel.status_code').toLowerCase();
  if (code === 'error' || code === 'ok') return code;
  return take(tags, 'error') === 'true' ? 'error' : 'unset';
}

/** Tags that become fields of the span. */
const FIELDS = [
  'span.kind',
  'otel.status_code',
  'otel.status_description',
  'otel.scope.name',
  'otel.scope.version',
  'w3c.tracestate',
];

function readSpan(span: Json, processes: Map<string, Resource>): RawSpan {
  const tags = readTags(span.tags);
  const traceId = normalId(asText(span.traceID), 32);
  const references = asArray<Json>(span.references);
  const parent =
    references.find((r) => r.refType === 'CHILD_OF' && normalId(asText(r.traceID), 32) === traceId) ??
    references.find((r) => normalId(asText(r.traceID), 32) === traceId);
  const own = span.process ? readProcess(span.process as Json) : undefined;
  const startNs = toBigInt(span.startTime) * 1000n;
  const kind = take(tags, 'span.kind');
  return {
    traceId,
    id: normalId(asText(span.spanID), 16),
    parentId: normalId(asText(parent?.spanID ?? span.parentSpanID), 16),
    name: asText(span.operationName),
    kind: (KINDS as readonly string[]).includes(kind) ? (kind as SpanKind) : 'unspecified',
    status: statusOf(tags),
    statusMessage: take(tags, 'otel.status_description'),
    startNs,
    endNs: startNs + toBigInt(span.duration) * 1000n,
    traceState: take(tags, 'w3c.tracestate'),
    attributes: tags.filter((t) => !FIELDS.includes(t.key)),
    events: asArray<Json>(span.logs).map((log) => {
      const fields = readTags(log.fields);
      const name = take(fields, 'event') || take(fields, 'message');
      return {
        timeNs: toBigInt(log.timestamp) * 1000n,
        name: name || 'log',
        attributes: fields.filter((f) => f.key !== 'event'),
      };
    }),
    links: references
      .filter((r) => r !== parent)
      .map(
        (r): SpanLink => ({
          traceId: normalId(asText(r.traceID), 32),
          spanId: normalId(asText(r.spanID), 16),
          attributes: [],
        }),
      ),
    resource: processes.get(asText(span.processID)) ?? own ?? { service: UNKNOWN_SERVICE, attributes: [] },
    scope: { name: take(tags, 'otel.scope.name'), version: take(tags, 'otel.scope.version'), attributes: [] },
    dropped: 0,
  };
}

function readProcess(process: Json): Resource {
  const service = asText(process.serviceName) || UNKNOWN_SERVICE;
  return {
    service,
    attributes: [{ key: 'service.name', value: service }, ...readTags(process.tags)],
  };
}

const isJaegerTrace = (one: unknown): boolean =>
  one !== null &&
  typeof one === 'object' &&
  Array.isArray((one as Json).spans) &&
  typeof ((one as Json).processes ?? {}) === 'object';

export function isJaeger(body: unknown): boolean {
  if (Array.isArray(body)) return body.length > 0 && body.every(isJaegerTrace);
  if (body === null || typeof body !== 'object') return false;
  return Array.isArray((body as Json).data) ? isJaeger((body as Json).data) : isJaegerTrace(body);
}

export function readJaeger(body: unknown): RawSpan[] {
  const data = Array.isArray(body) ? body : ((body as Json).data ?? body);
  return (Array.isArray(data) ? data : [data]).flatMap((trace: Json) => {
    const processes = new Map(
      Object.entries((trace.processes ?? {}) as Record<string, Json>).map(([id, p]) => [id, readProcess(p)]),
    );
    return asArray<Json>(trace.spans).map((span) => readSpan(span, processes));
  });
}

function writeTag(key: string, value: AttributeValue): Json {
  if (typeof value === 'boolean') return { key, type: 'bool', value };
  if (typeof value === 'bigint')
    return { key, type: 'int64', value: Number.isSafeInteger(Number(value)) ? Number(value) : String(value) };
  if (typeof value === 'number') return { key, type: 'float64', value };
  return { key, type: 'string', value: formatAttribute(value) };
}

const micros = (ns: bigint) => Number(ns / 1000n);

/** The trace as Jaeger's UI downloads it. Times are cut to microseconds, as that format has them. */
export function writeJaeger(trace: Trace): Json {
  const ids = new Map<Resource, string>();
  for (const span of trace.spans) if (!ids.has(span.resource)) ids.set(span.resource, `p${ids.size + 1}`);
  const spans = trace.spans.map((span): Json => {
    const tags = span.attributes.map((a) => writeTag(a.key, a.value));
    if (span.kind !== 'unspecified') tags.push(writeTag('span.kind', span.kind));
    if (span.status !== 'unset') tags.push(writeTag('otel.status_code', span.status.toUpperCase()));
    if (span.status === 'error' && !span.attributes.some((a) => a.key === 'error'))
      tags.push(writeTag('error', true));
    if (span.statusMessage) tags.push(writeTag('otel.status_description', span.statusMessage));
    if (span.scope.name) tags.push(writeTag('otel.scope.name', span.scope.name));
    if (span.scope.version) tags.push(writeTag('otel.scope.version', span.scope.version));
    if (span.traceState) tags.push(writeTag('w3c.tracestate', span.traceState));
    const reference = (refType: string, traceID: string, spanID: string) => ({ refType, traceID, spanID });
    return {
      traceID: span.traceId,
      spanID: span.id,
      operationName: span.name,
      references: [
        ...(span.parentId ? [reference('CHILD_OF', span.traceId, span.parentId)] : []),
        ...span.links.map((l) => reference('FOLLOWS_FROM', l.traceId, l.spanId)),
      ],
      startTime: micros(trace.base + BigInt(Math.round(span.start))),
      duration: Math.floor(span.duration / 1000),
      tags,
      logs: span.events.map((e) => ({
        timestamp: micros(trace.base + BigInt(Math.round(e.time))),
        fields: [writeTag('event', e.name), ...e.attributes.map((a) => writeTag(a.key, a.value))],
      })),
      processID: ids.get(span.resource),
      warnings: null,
    };
  });
  const processes = Object.fromEntries(
    [...ids].map(([resource, id]) => [
      id,
      {
        serviceName: resource.service,
        tags: resource.attributes
          .filter((a) => a.key !== 'service.name')
          .map((a) => writeTag(a.key, a.value)),
      },
    ]),
  );
  return { data: [{ traceID: trace.id, spans, processes, warnings: null }] };
}
