// Metrics of a node agent within the browser: answers for the pages of nodes, containers and services.
import { mapAnswer } from './services-mock.mjs';

const MACHINE = { machine_id: '3d1219c7' };
const of = (container_id) => ({ ...MACHINE, container_id });
const WEB = of('/docker/web');
const PAY = of('/system.slice/pay.service');
const DB = of('/docker/postgres');
const CACHE = of('/process/redis-server');

const to = (address, actual = address) => ({ destination: address, actual_destination: actual });

const LISTENS = [
  [{ ...WEB, listen_addr: '0.0.0.0:80' }, 1],
  [{ ...PAY, listen_addr: '10.0.0.5:8080' }, 1],
  [{ ...DB, listen_addr: '172.17.0.2:5432' }, 1],
  [{ ...CACHE, listen_addr: '127.0.0.1:6379' }, 1],
];

// Container, destination, protocol, requests a second, share of failures, p95.
const CALLS = [
  [WEB, to('10.0.0.5:8080'), 'http', 40, 0.08, 0.4],
  [PAY, to('10.0.0.9:5432', '172.17.0.2:5432'), 'postgres', 90, 0, 0.03],
  [PAY, to('127.0.0.1:6379'), 'redis', 300, 0, 0.001],
];

const INBOUND = [
  [WEB, 'http', 42, 0.07, 0.45],
  [PAY, 'http', 40, 0.08, 0.4],
  [DB, 'postgres', 90, 0, 0.03],
  [CACHE, 'redis', 300, 0, 0.001],
];

const COUNTERS = [
  'container_http_requests_total',
  'container_http_inbound_requests_total',
  'container_postgres_queries_total',
  'container_postgres_inbound_queries_total',
  'container_redis_queries_total',
  'container_redis_inbound_queries_total',
];

const STATEMENTS = [
  ['SELECT * FROM orders WHERE customer = ? ORDER BY created DESC LIMIT ?', 0.8, 4],
  ['UPDATE accounts SET balance = balance - ? WHERE id = ?', 0.2, 40],
  ['SELECT ?', 0.001, 46],
];

const NAMES = new Map([
  [WEB, 'web'],
  [PAY, 'pay'],
  [DB, 'postgres'],
  [CACHE, 'redis-server'],
]);

/** Answer of `/services`: no service sends spans. */
const services = () =>
  INBOUND.map(([who, protocol, rate, errors, p95]) => ({
    name: NAMES.get(who),
    takesRequests: true,
    observedOnly: true,
    rate,
    failed: rate * errors,
    latency: { p50: p95 * 0.3, p95, p99: p95 * 1.8 },
    operations: [{ name: protocol, rate }],
    containers: [{ id: who.container_id, machine: who.machine_id, application: '', image: '' }],
  }));

/** Answer of `/services/map`: who calls web is not observed. */
function map() {
  const over = (connections, retransmits = 0) => ({ connections, retransmits });
  const calls = mapAnswer([
    ['web', 'pay', 'http', 40, 3.2, 0.4, { connection: '', ...over(2) }],
    ['pay', 'postgres', 'postgres', 90, 0, 0.03, { connection: 'database', ...over(3, 0.4) }],
    ['pay', 'redis-server', 'redis', 300, 0, 0.001, { connection: 'database', ...over(4) }],
    ['pay', '203.0.113.7:443', 'tcp', 0, 0, 0, { connection: 'virtual_node', ...over(3) }],
    ['user', 'web', '', 42, 0, 0.4],
  ]);
  const containers = new Map([...NAMES].map(([who, name]) => [name, who.container_id]));
  for (const node of calls.nodes) {
    const container = containers.get(node.name);
    if (container) node.container = container;
    else node.kind = 'external';
  }
  return calls;
}

function requests(query, inbound) {
  const q = Number(/histogram_quantile\(([\d.]+)/.exec(query)?.[1] ?? 0);
  const figure = (rate, errors, p95) =>
    q ? p95 * { 0.5: 0.3, 0.95: 1, 0.99: 1.8 }[q] : query.includes('status=~') ? rate * errors : rate;
  return inbound
    ? INBOUND.map(([who, protocol, ...rest]) => [{ ...who, protocol }, figure(...rest)])
    : CALLS.map(([who, where, protocol, ...rest]) => [{ ...who, ...where, protocol }, figure(...rest)]);
}

function edges(query) {
  const own = CALLS.map(([who, where], i) => [{ ...who, ...where }, i + 2]);
  const others = [[{ ...PAY, ...to('203.0.113.7:443') }, 3]];
  if (query.includes('_active_connections')) return [...own, ...others];
  if (query.includes('_retransmits')) return [[{ ...PAY, ...CALLS[1][1] }, 0.4]];
  if (query.includes('_failed_connects')) return [[{ ...PAY, destination: '203.0.113.9:25' }, 0.2]];
  return [...own, ...others].map(([labels, n]) => [labels, n * (query.includes('bytes') ? 20_000 : 0.1)]);
}

function rows(query) {
  if (query.startsWith('count by (__name__)')) return COUNTERS.map((__name__) => [{ __name__ }, 1]);
  if (query.includes('container_net_tcp_listen_info')) return LISTENS;
  if (query.includes('container_net_')) return edges(query);
  if (query.includes('tethys_container_statement'))
    return STATEMENTS.map(([statement, time, calls]) => [
      { protocol: 'postgres', destination: '10.0.0.9:5432', statement },
      query.startsWith('topk') ? time : calls,
    ]);
  if (/container_[a-z]+_(inbound_)?(requests|queries)/.test(query))
    return requests(query, query.includes('_inbound_'));
  const all = [WEB, PAY, DB, CACHE];
  if (query.includes('container_application_type'))
    return ['nginx', 'java', 'postgres', 'redis'].map((application_type, i) => [
      { ...all[i], application_type },
      1,
    ]);
  if (query.startsWith('count by (machine_id, instance)')) return [[{ ...MACHINE, instance: 'shop-1' }, 4]];
  if (query.includes('container_info'))
    return all.map((one, i) => [{ ...one, ...(i % 2 ? {} : { image: 'registry.example/app:1.4' }) }, 1]);
  // A process outside of units has no resources of its own.
  if (query.includes('container_resources_cpu')) return all.slice(0, 3).map((one, i) => [one, 0.4 / (i + 1)]);
  if (query.includes('container_resources_memory'))
    return all.slice(0, 3).map((one, i) => [one, 3e8 * (i + 1)]);
  if (query.includes('container_restarts_total')) return [[PAY, 2]];
  if (query.includes('container_oom_kills_total')) return [[PAY, 1]];
  const node = { ...MACHINE, instance: 'shop-1' };
  if (query.includes('node_info'))
    return [[{ ...node, hostname: 'shop-1', kernel_version: '6.12.30-generic' }, 1]];
  const value = {
    node_resources_cpu_usage: 0.42,
    node_resources_cpu_logical: 8,
    node_resources_memory_total: 16e9,
    node_resources_memory_available: 6e9,
    node_net_received: 2e6,
    node_net_transmitted: 5e5,
    node_uptime: 864_000,
  };
  for (const [name, n] of Object.entries(value)) if (query.includes(name)) return [[node, n]];
  return [];
}

const NODE_AGENT = /container_|node_info|node_resources|node_net_|node_uptime/;

export async function mockNodeAgent(page, options = {}) {
  const settings = { empty: false, ...options };
  await page.route(/\/api\/v1\/services(\/map)?(\?|$)/, (route) =>
    settings.empty
      ? route.fallback()
      : route.fulfill({
          json: {
            status: 'success',
            data: new URL(route.request().url()).pathname.endsWith('/map') ? map() : services(),
          },
        }),
  );
  await page.route(/\/api\/v1\/query(_range)?/, async (route) => {
    const request = route.request();
    if (request.url().includes('/loki/')) return route.fallback();
    const params =
      request.method() === 'POST'
        ? new URLSearchParams(request.postData())
        : new URL(request.url()).searchParams;
    const query = params.get('query') ?? '';
    if (!NODE_AGENT.test(query)) return route.fallback();
    const only = /container_id="([^"]+)"/.exec(query)?.[1];
    let found = settings.empty ? [] : rows(query);
    if (only && !query.includes('statement')) found = found.filter(([m]) => m.container_id === only);
    const range = new URL(request.url()).pathname.endsWith('query_range');
    if (range && query.startsWith('sum(')) {
      const total = found.reduce((n, [, v]) => n + v, 0);
      found = found.length > 0 ? [[{}, total]] : [];
    }
    const time = Number(params.get('time') ?? params.get('end'));
    const result = found.map(([metric, value]) => {
      if (!range) return { metric, value: [time, String(value)] };
      const values = [];
      for (let t = Number(params.get('start')), i = 0; t <= time; t += Number(params.get('step')), i++)
        values.push([t, String(value * (0.8 + 0.2 * Math.sin(i / 4)))]);
      return { metric, values };
    });
    return route.fulfill({
      json: { status: 'success', data: { resultType: range ? 'matrix' : 'vector', result } },
    });
  });
  return settings;
}
