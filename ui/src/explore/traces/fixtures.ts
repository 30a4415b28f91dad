/** Traces for the tests. */
import { NO_SCOPE, type RawSpan, type Resource, type Trace, toTraces } from './model';

const BASE = 1_795_746_000_000_000_000n;
const resources = new Map<string, Resource>();

function resource(service: string): Resource {
  const found = resources.get(service);
  if (found) return found;
  const made = { service, attributes: [{ key: 'service.name', value: service }] };
  resources.set(service, made);
  return made;
}

export interface Shape extends Partial<Omit<RawSpan, 'resource'>> {
  id: string;
  service?: string;
  /** ms after the base. */
  at?: number;
  /** ms. */
  lasts?: number;
}

export function raw(shape: Shape): RawSpan {
  const { service = 'shop', at = 0, lasts = 10, ...rest } = shape;
  return {
    traceId: 'a'.repeat(32),
    parentId: '',
    name: rest.id,
    kind: 'internal',
    status: 'unset',
    statusMessage: '',
    traceState: '',
    attributes: [],
    events: [],
    links: [],
    scope: NO_SCOPE,
    dropped: 0,
    startNs: BASE + BigInt(Math.round(at * 1e6)),
    endNs: BASE + BigInt(Math.round((at + lasts) * 1e6)),
    resource: resource(service),
    ...rest,
  };
}

export const trace = (...shapes: Shape[]): Trace => toTraces(shapes.map(raw))[0] as Trace;
