import { describe, expect, it } from 'vitest';
import type { Vector } from '../services/model';
import { connectionsOf, containersOf, nodesOf, statementsOf } from './model';
import { familyOf, requestQuantile, requestRate } from './queries';

const vector = (...items: [Record<string, string>, number][]): Vector =>
  items.map(([metric, value]) => ({ metric, value: [0, String(value)] }));

const NGINX = { machine_id: 'm', container_id: '/docker/nginx' };

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
