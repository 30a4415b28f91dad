import { describe, expect, it } from 'vitest';
import type { Entity } from '../insight/types';
import { indexOf } from '../insight/world';
import {
  annotated,
  dependenciesOf,
  edgeHealth,
  type Grouping,
  gapOf,
  MAX_NODES,
  type MapAnswer,
  MOST_NODES,
  mapOf,
  type ServiceMap,
  simplified,
} from './graph';
import { instancesOf } from './instances';
import { healthOf, operationsOf, type ServiceAnswer, servicesOf, sortedBy, type Vector } from './model';
import { failures, quantile, rate, windowOf } from './queries';

const vector = (...items: [Record<string, string>, number | string][]): Vector =>
  items.map(([metric, value]) => ({ metric, value: [0, String(value)] }));

describe('queries', () => {
  const scope = { service: 'a "b"', window: '5m' };

  it('count requests of servers and consumers', () => {
    expect(rate({ service: null, window: '5m' })).toBe(
      'sum by (service) (rate(traces_spanmetrics_calls_total{span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"}[5m]))',
    );
    expect(failures(scope, true)).toContain('status_code="STATUS_CODE_ERROR",service="a \\"b\\""');
    expect(quantile(0.95, scope, true)).toMatch(
      /^histogram_quantile\(0\.95, sum by \(service, span_name, le\)/,
    );
  });
});

describe('windowOf', () => {
  it('covers no more time than there are samples, and at least a minute', () => {
    expect(windowOf(3_600_000, null)).toBe('5m');
    expect(windowOf(3_600_000, 20_000)).toBe('1m');
    expect(windowOf(3_600_000, 62_000)).toBe('1m15s');
    expect(windowOf(3_600_000, 299_990)).toBe('5m');
    expect(windowOf(30_000, 299_990)).toBe('30s');
  });
});

describe('services', () => {
  const none = { p50: null, p95: null, p99: null };
  const service = (name: string, more: Partial<ServiceAnswer>): ServiceAnswer => ({
    name,
    takesRequests: true,
    observedOnly: false,
    rate: 0,
    failed: 0,
    latency: none,
    operations: [],
    containers: [{ id: '/docker/web', machine: 'm', application: '', image: '' }],
    ...more,
  });
  const answers = [
    service('web', {
      rate: 4,
      failed: 1,
      latency: { ...none, p50: 0.1 },
      operations: [
        { name: 'a', rate: 3 },
        { name: 'b', rate: 1 },
      ],
    }),
    service('job', { takesRequests: false }),
  ];

  it('have figures where they take requests', () => {
    const [web, job] = sortedBy(servicesOf(answers), 'rate');
    expect(web).toMatchObject({ name: 'web', rate: 4, errors: 0.25, p50: 0.1, p95: null, entry: true });
    expect(web?.operations.map((o) => o.name)).toEqual(['a', 'b']);
    expect(job).toMatchObject({ name: 'job', rate: 0, errors: 0, entry: false });
  });

  it('link to their container where only the node agent sees them', () => {
    const [spans, observed] = servicesOf([service('a', {}), service('b', { observedOnly: true })]);
    expect(spans?.container).toBeUndefined();
    expect(observed?.container).toBe('/docker/web');
  });

  it('are sorted by figure, then by name', () => {
    expect(sortedBy(servicesOf(answers), 'rate').map((s) => s.name)).toEqual(['web', 'job']);
    expect(sortedBy(servicesOf(answers), 'p95').map((s) => s.name)).toEqual(['job', 'web']);
  });

  it('have operations', () => {
    const of = (name: string) => ({ service: 'web', span_name: name });
    const list = operationsOf({
      rate: vector([of('x'), 1], [of('y'), 2]),
      failures: vector([of('x'), 1]),
      p50: vector(),
      p95: vector([of('x'), 3]),
      p99: vector(),
    });
    expect(list.map((o) => [o.name, o.errors, o.p95])).toEqual([
      ['y', 0, null],
      ['x', 1, 3],
    ]);
  });

  it('are healthy up to a share of errors', () => {
    expect([0, 0.01, 0.02, 0.2].map(healthOf)).toEqual(['ok', 'ok', 'warning', 'failing']);
  });

  it('have instances', () => {
    const series = (labels: Record<string, string>, value: number) => ({
      labels,
      typed: {},
      samples: [{ time: 0, value }],
    });
    const of = (id: string, status: string) => ({
      'resource.service.instance.id': id,
      'resource.host.name': 'nil',
      status,
    });
    expect(
      instancesOf(
        [series(of('a', 'unset'), 9), series(of('a', 'error'), 1), series(of('b', 'unset'), 20)],
        [series({ 'resource.service.instance.id': 'a' }, 0.5)],
      ),
    ).toEqual([
      { instance: 'b', host: '', requests: 20, errors: 0, p95: null },
      { instance: 'a', host: '', requests: 10, errors: 0.1, p95: 0.5 },
    ]);
  });
});

const none = { p50: null, p95: null, p99: null };

const edge = (
  from: string,
  to: string,
  type = '',
  more: Partial<MapAnswer['edges'][number]> = {},
): MapAnswer['edges'][number] => ({
  from,
  to,
  type,
  connection: type,
  rate: 1,
  failed: 0,
  clientLatency: none,
  serverLatency: none,
  ...more,
});

type Kind = MapAnswer['nodes'][number]['kind'];

/** Map of edges; nodes without a kind are services. */
const mapWith = (
  edges: MapAnswer['edges'],
  kinds: Record<string, Kind> = {},
  namespace: (name: string) => string = () => '',
) =>
  mapOf({
    nodes: [...new Set(edges.flatMap(({ from, to }) => [from, to]))].map((name) => ({
      name,
      kind: kinds[name] ?? 'service',
      namespace: namespace(name),
    })),
    edges,
  });

const grouped = (map: ServiceMap, by: Grouping = 'namespace', open: string[] = [], closed: string[] = []) =>
  simplified(map, by, { open: new Set(open), closed: new Set(closed) });

describe('map', () => {
  const map = mapWith(
    [
      edge('user', 'web', 'virtual_node', { rate: 10 }),
      edge('web', 'pay', '', { rate: 4, failed: 1, serverLatency: { ...none, p95: 0.2 } }),
      edge('pay', 'db', 'database', { rate: 8 }),
      edge('pay', 'queue', 'messaging_system'),
    ],
    { user: 'external', db: 'database' },
  );

  it('has nodes with kind and figures of what arrives', () => {
    const node = (name: string) => map.nodes.find((n) => n.name === name);
    expect(map.nodes.map((n) => [n.name, n.kind])).toEqual([
      ['user', 'external'],
      ['web', 'service'],
      ['pay', 'service'],
      ['db', 'database'],
      ['queue', 'service'],
    ]);
    expect(node('pay')).toMatchObject({ rate: 4, errors: 0.25, p95: 0.2 });
    expect(map.edges.map(edgeHealth)).toEqual(['ok', 'failing', 'ok', 'ok']);
  });

  it('shows the duration of the server, else that of the client', () => {
    const slow = { ...none, p95: 0.5 };
    const both = mapWith([
      edge('a', 'b', 'http', { clientLatency: slow }),
      edge('b', 'c', '', { clientLatency: slow, serverLatency: { ...none, p95: 0.01 } }),
    ]);
    expect(both.edges.map(({ p95 }) => p95)).toEqual([0.5, 0.01]);
  });

  it('gives the dependencies of a service', () => {
    const { in: callers, out } = dependenciesOf(map, 'pay');
    expect(callers.map((d) => [d.name, d.errors])).toEqual([['web', 0.25]]);
    expect(out.map((d) => d.name)).toEqual(['db', 'queue']);
  });

  it('stays as it is while it is small', () => {
    expect(grouped(map)).toEqual({ ...map, groups: [] });
  });

  it('groups leaves of a service first', () => {
    const many = mapWith(
      Array.from({ length: 60 }, (_, i) =>
        edge('web', `host${i}`, 'database', i === 3 ? { failed: 1, serverLatency: { ...none, p95: 2 } } : {}),
      ),
    );
    const small = grouped(many);
    expect(small.nodes.map((n) => [n.name, n.kind])).toEqual([
      ['web', 'service'],
      ['Called by web (60)', 'group'],
    ]);
    expect(small.edges).toHaveLength(1);
    expect(small.edges[0]).toMatchObject({ rate: 60, failed: 1, p95: 2 });
    expect(small.nodes[1]?.members).toHaveLength(60);
  });

  it('groups by namespace or prefix, and keeps an expanded group open', () => {
    const team = (i: number) => (i < 30 ? 'pay' : 'mail');
    const ring = Array.from({ length: 60 }, (_, i) =>
      edge(`${team(i)}-${i}`, `${team((i + 1) % 60)}-${(i + 1) % 60}`),
    );
    const whole = mapWith(ring, {}, (name) => (name.startsWith('pay') ? 'money' : ''));
    expect(grouped(whole).nodes.map((n) => n.name)).toEqual(['money (30)', 'mail (30)']);
    const open = grouped(whole, 'namespace', ['namespace:money']);
    expect(open.nodes).toHaveLength(31);
    expect(open.groups.map(({ name, members }) => [name, members.length])).toEqual([['money', 30]]);
    const all = grouped(whole, 'namespace', ['all'], ['namespace:mail']);
    expect(all.nodes).toHaveLength(31);
    expect(grouped(whole, 'namespace', ['all']).nodes).toHaveLength(60);
  });

  it('never has more nodes than the limit', () => {
    const names = Array.from({ length: 300 }, (_, i) => `s${String.fromCharCode(97 + (i % 26))}${i}`);
    const ends = new Set(
      Array.from(
        { length: 2000 },
        (_, i) => `${names[(i * 7) % 300] as string} ${names[(i * 13 + 5) % 300] as string}`,
      ),
    );
    const whole = mapWith(
      [...ends].map((pair, i) => {
        const [from = '', to = ''] = pair.split(' ');
        return edge(from, to, '', { rate: i });
      }),
    );
    const small = grouped(whole);
    expect(small.nodes.length).toBeLessThanOrEqual(MAX_NODES);
    expect(small.nodes.reduce((n, node) => n + node.members.length, 0)).toBe(whole.nodes.length);
    const known = new Set(small.nodes.map((n) => n.id));
    expect(small.edges.every((e) => known.has(e.from) && known.has(e.to))).toBe(true);
  });

  it('draws a bounded number of nodes even when all groups are open', () => {
    const huge = mapWith(Array.from({ length: 3000 }, (_, i) => edge(`s${i}`, `s${i + 1}`)));
    expect(grouped(huge, 'none', ['all']).nodes.length).toBeLessThanOrEqual(MOST_NODES);
  });

  it('shows groups of a small map open until they are collapsed', () => {
    const namespaces = mapWith([edge('a', 'b'), edge('b', 'c')], {}, (name) => (name === 'a' ? 'x' : 'y'));
    expect(grouped(namespaces).groups.map(({ name }) => name)).toEqual(['y']);
    expect(grouped(namespaces, 'namespace', [], ['namespace:y']).nodes.map(({ name }) => name)).toEqual([
      'a',
      'y (2)',
    ]);
  });

  it('takes namespace, team and health from entities; a group has the worst', () => {
    const entity = (name: string): Entity => ({
      id: `service:${name}`,
      kind: 'service',
      name,
      attributes: { namespace: 'shop', team: 'money' },
      keys: [],
      series: [],
    });
    const index = indexOf({ start: '', problems: [], relations: [], entities: ['web', 'pay'].map(entity) });
    const health = new Map([
      ['service:pay', { id: 'service:pay', status: 'critical' as const, categories: {} }],
    ]);
    const known = annotated(map, index, health);
    expect(known.nodes.map(({ namespace, team, status }) => [namespace, team, status]).slice(1, 3)).toEqual([
      ['shop', 'money', 'unknown'],
      ['shop', 'money', 'critical'],
    ]);
    const shop = grouped(known, 'team', [], ['team:money']);
    expect(shop.nodes.find(({ kind }) => kind === 'group')).toMatchObject({
      name: 'money (2)',
      status: 'critical',
    });
  });

  it('tells the gap between client and callee where both measure', () => {
    const [both, client, consumer] = mapWith([
      edge('a', 'b', '', { clientLatency: { ...none, p95: 0.5 }, serverLatency: { ...none, p95: 0.2 } }),
      edge('b', 'c', '', { clientLatency: { ...none, p95: 0.5 } }),
      edge('c', 'd', '', { clientLatency: { ...none, p95: 0.1 }, serverLatency: { ...none, p95: 0.2 } }),
    ]).edges;
    expect(both && gapOf(both)).toBeCloseTo(0.3);
    expect(client && gapOf(client)).toBeNull();
    expect(consumer && gapOf(consumer)).toBeNull();
  });
});
