/** Zipkin's JSON of spans, version 2: one list of spans, or a list of traces. */
import {
  type Attribute,
  asArray,
  asText,
  NO_SCOPE,
  normalId,
  type RawSpan,
  type Resource,
  type SpanKind,
  toBigInt,
  UNKNOWN_SERVICE,
} from './model';

type Json = Record<string, unknown>;

const isSpan = (one: unknown): boolean =>
  one !== null &&
  typeof one === 'object' &&
  typeof (one as Json).traceId === 'string' &&
  typeof (one as Json).id === 'string';

export const isZipkin = (body: unknown): boolean =>
  Array.isArray(body) &&
  body.length > 0 &&
  body.every((one) => (Array.isArray(one) ? one.every(isSpan) : isSpan(one)));

function resourceOf(endpoint: Json | undefined, known: Map<string, Resource>): Resource {
  const service = asText(endpoint?.serviceName) || UNKNOWN_SERVICE;
  const address = asText(endpoint?.ipv4 ?? endpoint?.ipv6);
  const port = endpoint?.port === undefined ? '' : asText(endpoint.port);
  const key = `${service} ${address} ${port}`;
  const found = known.get(key);
  if (found) return found;
  const attributes: Attribute[] = [{ key: 'service.name', value: service }];
  if (address) attributes.push({ key: 'net.host.ip', value: address });
  if (port) attributes.push({ key: 'net.host.port', value: port });
  const resource = { service, attributes };
  known.set(key, resource);
  return resource;
}

function peer(endpoint: Json | undefined): Attribute[] {
  const out: Attribute[] = [];
  if (endpoint?.serviceName) out.push({ key: 'peer.service', value: asText(endpoint.serviceName) });
  const address = asText(endpoint?.ipv4 ?? endpoint?.ipv6);
  if (address) out.push({ key: 'net.peer.ip', value: address });
  if (endpoint?.port !== undefined) out.push({ key: 'net.peer.port', value: asText(endpoint.port) });
  return out;
}

function readSpan(span: Json, known: Map<string, Resource>): RawSpan {
  const tags = Object.entries((span.tags ?? {}) as Record<string, unknown>).map(
    ([key, value]): Attribute => ({ key, value: asText(value) }),
  );
  const error = tags.find((t) => t.key === 'error');
  const startNs = toBigInt(span.timestamp) * 1000n;
  return {
    traceId: normalId(asText(span.traceId), 32),
    id: normalId(asText(span.id), 16),
    parentId: normalId(asText(span.parentId), 16),
    name: asText(span.name),
    kind: (asText(span.kind).toLowerCase() || 'unspecified') as SpanKind,
    status: error && error.value !== 'false' ? 'error' : 'unset',
    statusMessage: error && error.value !== 'true' && error.value !== 'false' ? asText(error.value) : '',
    startNs,
    endNs: startNs + toBigInt(span.duration) * 1000n,
    traceState: '',
    attributes: [...tags, ...peer(span.remoteEndpoint as Json | undefined)],
    events: asArray<Json>(span.annotations).map((a) => ({
      timeNs: toBigInt(a.timestamp) * 1000n,
      name: asText(a.value),
      attributes: [],
    })),
    links: [],
    resource: resourceOf(span.localEndpoint as Json | undefined, known),
    scope: NO_SCOPE,
    dropped: 0,
  };
}

export function readZipkin(body: unknown): RawSpan[] {
  const known = new Map<string, Resource>();
  return (asArray<Json | Json[]>(body).flat() as Json[]).map((span) => readSpan(span, known));
}
