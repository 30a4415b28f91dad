import { describe, expect, it } from 'vitest';
import { dependenciesOf, mapOf } from '../services/graph';
import type { Vector } from '../services/model';
import {
  connectionsOf,
  containersOf,
  edgeClass,
  namesOf,
  nodesOf,
  observedMap,
  observedServices,
  statementsOf,
  withObserved,
  withObservedCalls,
} from './model';
import { familyOf, requestQuantile, requestRate } from './queries';

const vector = (...items: [Record<string, string>, number][]): Vector =>
  items.map(([metric, value]) => ({ metric, value: [0, String(value)] }));

const NGINX = { machine_id: 'm', container_id: '/docker/nginx' };
const APP = { machine_id: 'm', container_id: '/system.slice/app.service' };
const DB = { machine_id: 'm', container_id: '/docker/db' };

describe('queries', () => {
  const families = [
    'container_http_inbound_requests_total',
    'container_http_requests_total',
    'container_postgres_queries_total',
    'container_nats_messages_total',
    'container_dns_requests_total',
    'container_net_tcp_retransmits_total',
  ].flatMap((name) => familyOf(name) ?? []);

  it('know protocols by the names of metrics', () => {
    expect(families.map(({ protocol, inbound }) => `${protocol} ${inbound}`)).toEqual([
      'http true',
      'http false',
      'postgres false',
      'nats false',
    ]);
  });

  it('put all protocols into one answer', () => {
    const scope = { container: '/a"b', window: '5m' };
    expect(requestRate(families, true, scope, true)).toMatch(
      /^label_replace\(sum by \(machine_id, container_id, app_id\) \(rate\(container_http_inbound_requests_total\{container_id="\/a\\"b",status=~"5xx/,
    );
    expect(requestRate(families, false, { ...scope, container: null }).split(' or ')).toHaveLength(3);
    const quantiles = requestQuantile(0.95, families, false, scope);
    expect(quantiles).toContain('container_postgres_queries_duration_seconds_total_bucket');
    expect(quantiles).not.toContain('nats');
    expect(requestRate([], true, scope)).toBe('');
  });

  it('show requests of protocols above HTTP once', () => {
    const both = [
      'container_http_requests_total',
      'container_s3_requests_total',
      'container_s3_inbound_requests_total',
    ];
    const rate = requestRate(
      both.flatMap((name) => familyOf(name) ?? []),
      false,
      { container: null, window: '5m' },
    );
    const of = (protocol: string) =>
      `sum by (machine_id, container_id, app_id, destination, actual_destination) (rate(container_${protocol}_requests_total[5m]))`;
    expect(rate).toBe(
      `label_replace((${of('http')} - (${of('s3')} or 0 * ${of('http')}) > 1e-9), "protocol", "http", "", "") or label_replace(${of('s3')}, "protocol", "s3", "", "")`,
    );
  });
});

describe('names', () => {
  it('are short where they are unique', () => {
    const all: Record<string, string>[] = [
      APP,
      { container_id: '/docker/x' },
      { container_id: '/k8s/a/x-1/c', app_id: '/k8s/a/x' },
    ];
    const name = namesOf(all);
    expect(all.map(name)).toEqual(['app', '/docker/x', '/k8s/a/x']);
  });
});

describe('map', () => {
  const to = (destination: string, actual_destination = destination) => ({ destination, actual_destination });
  const answers = {
    listens: vector(
      [{ ...DB, listen_addr: '172.17.0.2:5432' }, 1],
      [{ ...APP, listen_addr: '127.0.0.1:80' }, 1],
    ),
    rate: vector(
      [{ ...NGINX, ...to('127.0.0.1:80'), protocol: 'http' }, 10],
      [{ ...APP, ...to('10.0.0.9:5432', '172.17.0.2:5432'), protocol: 'postgres' }, 20],
      [{ ...APP, ...to('api.example.com:443', ''), protocol: 'http' }, 1],
    ),
    failures: vector([{ ...NGINX, ...to('127.0.0.1:80'), protocol: 'http' }, 1]),
    p95: vector([{ ...APP, ...to('10.0.0.9:5432', '172.17.0.2:5432'), protocol: 'postgres' }, 0.2]),
    active: vector(
      [{ ...APP, ...to('10.0.0.9:5432', '172.17.0.2:5432') }, 4],
      [{ ...NGINX, ...to('1.2.3.4:443') }, 2],
    ),
    retransmits: vector([{ ...APP, ...to('10.0.0.9:5432', '172.17.0.2:5432') }, 0.5]),
    answered: vector([APP, 10], [DB, 20]),
  };

  it('has calls between containers with rate, errors, latency, connections and retransmits', () => {
    const map = observedMap(answers);
    const edge = (from: string, end: string) => map.edges.find((e) => e.from === from && e.to === end);
    expect(edge('nginx', 'app')).toMatchObject({ type: 'http', rate: 10, failed: 1 });
    expect(edge('app', 'db')).toMatchObject({
      type: 'postgres',
      rate: 20,
      p95: 0.2,
      connections: 4,
      retransmits: 0.5,
    });
    expect(edge('app', 'api.example.com:443')).toMatchObject({ type: 'http', rate: 1 });
    expect(edge('nginx', '1.2.3.4:443')).toMatchObject({ type: 'tcp', rate: 0, connections: 2 });
    expect(map.nodes.map(({ id, kind }) => `${id} ${kind}`).sort()).toEqual([
      '1.2.3.4:443 external',
      'api.example.com:443 external',
      'app service',
      'db database',
      'nginx service',
    ]);
    expect(map.nodes.find(({ id }) => id === 'db')?.container).toBe('/docker/db');
  });

  it('has requests of a service to itself nowhere', () => {
    const map = observedMap({
      ...answers,
      rate: vector([{ ...APP, ...to('127.0.0.1:80'), protocol: 'http' }, 10]),
      answered: vector([APP, 10]),
    });
    expect(map.edges.filter(({ to: end }) => end === 'app')).toEqual([]);
  });

  it('has requests of clients that are not observed', () => {
    const map = observedMap({
      ...answers,
      answered: vector([NGINX, 7], [APP, 10.5], [{ ...DB, app_id: '/k8s/x/db2' }, 0]),
    });
    expect(map.edges.filter(({ from }) => from === 'user')).toMatchObject([{ to: 'nginx', rate: 7 }]);
    expect(map.nodes.find(({ id }) => id === 'user')).toMatchObject({ kind: 'external' });
  });

  it('has the container for a port that Docker passes on, not its proxy', () => {
    const proxy = { ...NGINX, container_id: '/system.slice/docker.service', listen_addr: '10.0.0.9:5432' };
    const container = { ...DB, listen_addr: '10.0.0.9:5432', proxy: 'dockerd' };
    for (const both of [vector([proxy, 1], [container, 1]), vector([container, 1], [proxy, 1])]) {
      const map = observedMap({
        ...answers,
        listens: both,
        rate: vector([{ ...APP, ...to('10.0.0.9:5432'), protocol: 'postgres' }, 20]),
        active: [],
        retransmits: [],
        answered: [],
      });
      expect(map.edges).toMatchObject([{ from: 'app', to: 'db' }]);
    }
  });

  it('takes addresses of loopback from the same machine only', () => {
    const map = observedMap({
      ...answers,
      rate: vector([{ ...NGINX, machine_id: 'other', ...to('127.0.0.1:80'), protocol: 'http' }, 1]),
      active: [],
      retransmits: [],
      answered: [],
    });
    expect(map.edges.map(({ to: end }) => end)).toEqual(['127.0.0.1:80']);
  });

  it('shows a call once when spans have it too', () => {
    const spans = mapOf(vector([{ client: 'nginx', server: 'app' }, 9]), [], []);
    const map = withObservedCalls(spans, observedMap(answers));
    expect(map.edges.filter(({ from, to: end }) => from === 'nginx' && end === 'app')).toMatchObject([
      { type: '', rate: 9 },
    ]);
    expect(map.nodes.filter(({ id }) => id === 'app')).toHaveLength(1);
    expect(map.nodes.find(({ id }) => id === 'db')).toMatchObject({ rate: 20 });
    expect(dependenciesOf(map, 'app').out[0]).toMatchObject({
      name: 'db',
      connections: 4,
      container: '/docker/db',
    });
  });

  it('shows a call once when a node agent sends its spans itself', () => {
    const observed = observedMap(answers);
    const spans = mapOf(
      vector([{ client: '/docker/nginx', server: '/system.slice/app.service' }, 9]),
      [],
      [],
    );
    const nginx = observed.nodes.find(({ id }) => id === 'nginx');
    expect(nginx?.container).toBe('/docker/nginx');
    const map = withObservedCalls(spans, observed);
    expect(map.edges).toEqual(observed.edges);
    expect(map.nodes.map(({ id }) => id).sort()).toEqual(observed.nodes.map(({ id }) => id).sort());
  });

  it('draws databases and messages as those of spans', () => {
    expect(['redis', 'kafka', 'tcp', 'http'].map(edgeClass)).toEqual([
      'database',
      'messaging_system',
      'virtual_node',
      'http',
    ]);
  });
});

describe('services', () => {
  const observed = observedServices({
    all: vector([NGINX, 1], [DB, 1]),
    rate: vector([{ ...NGINX, protocol: 'http' }, 8], [{ ...NGINX, protocol: 'redis' }, 2], [DB, 0]),
    failures: vector([{ ...NGINX, protocol: 'http' }, 1]),
    p50: [],
    p95: vector([{ ...NGINX, protocol: 'http' }, 0.1], [{ ...NGINX, protocol: 'redis' }, 0.3]),
    p99: [],
  });

  it('have the requests that their containers answer', () => {
    expect(observed).toMatchObject([
      {
        name: 'nginx',
        rate: 10,
        errors: 0.1,
        p95: 0.3,
        entry: true,
        container: '/docker/nginx',
        operations: [
          { name: 'http', rate: 8 },
          { name: 'redis', rate: 2 },
        ],
      },
    ]);
  });

  it('with spans keep the figures of these', () => {
    const span = { ...(observed[0] as (typeof observed)[0]), rate: 1, container: undefined };
    expect(withObserved([span], observed)).toEqual([span]);
    expect(withObserved([{ ...span, entry: false }], observed)).toEqual(observed);
    expect(withObserved([{ ...span, name: '/docker/nginx' }], observed)).toEqual(observed);
  });
});

describe('tables', () => {
  it('have a row for each container', () => {
    const [first] = containersOf({
      containers: vector([{ ...NGINX, image: 'nginx:1' }, 1]),
      types: vector([{ ...NGINX, application_type: 'nginx' }, 1]),
      cpu: vector([NGINX, 0.5]),
      memory: vector([NGINX, 1000]),
      rate: vector([{ ...NGINX, protocol: 'http' }, 4], [{ ...NGINX, protocol: 'redis' }, 4]),
      failures: vector([{ ...NGINX, protocol: 'http' }, 2]),
      p95: vector([{ ...NGINX, protocol: 'http' }, 1]),
      active: vector([{ ...NGINX, destination: 'a' }, 1], [{ ...NGINX, destination: 'b' }, 2]),
      retransmits: [],
      restarts: vector([NGINX, 3]),
    });
    expect(first).toMatchObject({
      id: '/docker/nginx',
      image: 'nginx:1',
      types: ['nginx'],
      cpu: 0.5,
      rate: 8,
      errors: 0.25,
      connections: 3,
      restarts: 3,
    });
  });

  it('have statements by time', () => {
    const a = { protocol: 'postgres', destination: 'x:5432', statement: 'SELECT ?' };
    const b = { ...a, statement: 'UPDATE t SET a = ?' };
    expect(statementsOf(vector([a, 0.1], [b, 0.4]), vector([a, 10], [b, 2]))).toMatchObject([
      { text: b.statement, calls: 2, mean: 0.2 },
      { text: a.statement, calls: 10, mean: 0.01 },
    ]);
  });

  it('have connections with those that failed', () => {
    const to = { destination: 'x:1', actual_destination: 'y:1' };
    expect(
      connectionsOf({
        active: vector([to, 2]),
        connects: vector([to, 1]),
        failed: vector([{ destination: 'x:1' }, 0.5], [{ destination: 'z:1' }, 0.1]),
        retransmits: [],
        sent: [],
        received: [],
      }),
    ).toMatchObject([
      { destination: 'x:1', actual: 'y:1', active: 2, failed: 0.5 },
      { destination: 'z:1', failed: 0.1 },
    ]);
  });

  it('have nodes with their memory in use', () => {
    const node = { machine_id: 'm', instance: 'i' };
    expect(
      nodesOf({
        all: vector([{ ...node, hostname: 'h', kernel_version: '6.1' }, 1]),
        cpu: vector([node, 0.5]),
        cores: vector([node, 2]),
        memory: vector([node, 100]),
        available: vector([node, 40]),
        received: [],
        sent: [],
        uptime: [],
        containers: vector([node, 7]),
      }),
    ).toMatchObject([{ name: 'h', used: 60, memory: 100, containers: 7, received: null }]);
  });
});
