// Entities, problems, health and objectives of a small shop within the browser: answers of `/api/v1/insight`.

const entity = (kind, name, series = [], attributes = {}, id = `${kind}:${name}`) => ({
  id,
  kind,
  name,
  attributes,
  keys: [name],
  series,
});
const ref = ({ id, kind, name }) => ({ id, kind, name });
const relation = (kind, from, to) => ({ kind, from: from.id, to: to.id });

const SHOP = { namespace: 'shop' };
const WEB = entity('service', 'web', [{ service: 'web' }], {
  ...SHOP,
  team: 'storefront',
  category: 'application',
});
const PAY = entity('service', 'pay', [{ service: 'pay' }], {
  ...SHOP,
  owner: 'payments',
  category: 'application',
});
const CART = entity('service', 'cart', [{ service: 'cart' }], {
  ...SHOP,
  team: 'storefront',
  category: 'application',
});
const MAIL = entity('service', 'mail', [{ service: 'mail' }], { namespace: 'notify', team: 'messaging' });
const CRON = entity('service', 'nightly', [], { namespace: 'notify', team: 'messaging' });
const POD = entity(
  'instance',
  'pay-6d5f7c9b84-x2x7p',
  [{ namespace: 'shop', pod: 'pay-6d5f7c9b84-x2x7p' }],
  SHOP,
  'instance:pod:/shop/pay-6d5f7c9b84-x2x7p',
);
const WORKLOAD = entity(
  'workload',
  'pay',
  [],
  { ...SHOP, type: 'Deployment' },
  'workload:/shop/Deployment/pay',
);
const CONTAINER = entity(
  'container',
  'app',
  [{ machine_id: '3d1219c7', container_id: '/k8s/shop/pay-6d5f7c9b84-x2x7p/app' }],
  { ...SHOP, image: 'registry.example/pay:1.8.2' },
  'container:machine:3d1219c7/k8s/shop/pay-6d5f7c9b84-x2x7p/app',
);
const NODE = entity(
  'node',
  'shop-1',
  [{ machine_id: '3d1219c7' }],
  { kernel: '6.12.9' },
  'node:machine:3d1219c7',
);
const DATABASE = entity(
  'database_instance',
  'orders',
  [{ job: 'postgres', instance: '10.0.0.9:5432' }],
  { system: 'postgres' },
  'database_instance:address:10.0.0.9:5432',
);
const ENTITIES = [WEB, PAY, CART, MAIL, CRON, POD, WORKLOAD, CONTAINER, NODE, DATABASE];
const RELATIONS = [
  relation('part_of', CONTAINER, POD),
  relation('part_of', POD, PAY),
  relation('part_of', POD, WORKLOAD),
  relation('runs_on', PAY, WORKLOAD),
  relation('runs_on', POD, NODE),
  relation('calls', WEB, PAY),
  relation('calls', PAY, DATABASE),
  relation('calls', PAY, MAIL),
];

const now = () => Math.floor(Date.now() / 1000);

const problems = () => [
  {
    id: 'memory-limit container:app',
    inspection: 'memory-limit',
    title: 'Memory near its limit',
    category: 'memory',
    severity: 'critical',
    entity: ref(CONTAINER),
    affected: [ref(PAY), ref(WEB)],
    requests: 12.4,
    since: now() - 1500,
    lastSeen: now() - 10,
    value: 0.97,
    threshold: 0.9,
    unit: 'ratio',
    message: 'The container uses 97% of its memory limit of 512 MiB and was ended 3 times in 30 min.',
    remedy: 'Raise the memory limit or find the growth in the heap profile.',
    query: 'container_resources_memory_rss_bytes / container_resources_memory_limit_bytes',
    symptoms: [
      { inspection: 'errors', entity: ref(PAY), message: '9% of requests fail' },
      { inspection: 'latency', entity: ref(WEB), message: 'p95 rose from 60 ms to 180 ms' },
    ],
  },
  {
    id: 'connections database_instance:orders',
    inspection: 'database-connections',
    title: 'Connections near their limit',
    category: 'database',
    severity: 'warning',
    entity: ref(DATABASE),
    affected: [],
    requests: null,
    since: now() - 7300,
    lastSeen: now() - 10,
    value: 88,
    threshold: 80,
    unit: 'connections',
    message: '88 of 100 connections are open.',
    remedy: 'Use a connection pool or raise max_connections.',
    query: 'sum(pg_stat_activity_count)',
    symptoms: [],
  },
];

const inspection = (id, category, kinds, checked, findings) => ({
  id,
  title: id,
  category,
  kinds,
  threshold: 1,
  unit: '',
  checked,
  findings,
  error: null,
  explanation: `Explains ${id}.`,
});

const INSPECTIONS = [
  inspection('memory-limit', 'memory', ['container'], 1, 1),
  inspection('database-connections', 'database', ['database_instance'], 1, 1),
  inspection('errors', 'requests', ['service'], 4, 1),
  inspection('latency', 'requests', ['service'], 4, 1),
  inspection('disk-space', 'storage', ['node'], 0, 0),
];

const HEALTH = [
  [WEB, 'warning', { latency: 'warning' }],
  [PAY, 'critical', { errors: 'critical', memory: 'critical' }],
  [CART, 'ok', {}],
  [CONTAINER, 'critical', { memory: 'critical' }],
  [NODE, 'ok', { cpu: 'ok' }],
  [DATABASE, 'warning', { database: 'warning' }],
].map(([of, status, categories]) => ({ id: of.id, status, categories }));

const objective = (name, of, target, ratio, state) => ({
  name,
  entity: of && ref(of),
  source: 'file',
  target,
  window: 30 * 86_400,
  ratio,
  budget: ratio === null ? null : Math.max(0, 1 - (1 - ratio) / (1 - target)),
  burn: [
    { window: '5m', rate: state === 'burning' ? 14.2 : 0.3 },
    { window: '1h', rate: state === 'burning' ? 6.1 : 0.4 },
  ],
  state,
  query: 'sum(rate(traces_spanmetrics_calls_total[5m]))',
});

const OBJECTIVES = [
  objective('availability', PAY, 0.995, 0.9931, 'burning'),
  objective('availability', WEB, 0.99, 0.996, 'ok'),
  objective('delivery', MAIL, 0.99, null, 'no data'),
];

const ok = (data) => ({ json: { status: 'success', data } });

/**
 * `quiet`: nothing fails. `bare`: a server that has no inspections yet (404) and whose model is not read (503).
 * `world`: other entities and relations.
 */
export async function mockInsight(page, options = {}) {
  const settings = { quiet: false, bare: false, world: null, ...options };
  await page.route(/\/api\/v1\/insight\//, (route) => {
    const path = decodeURIComponent(new URL(route.request().url()).pathname.replace(/^.*\/insight\//, ''));
    const { entities, relations } = settings.world ?? { entities: ENTITIES, relations: RELATIONS };
    if (settings.bare)
      return path === 'world'
        ? route.fulfill({
            status: 503,
            json: {
              status: 'error',
              errorType: 'unavailable',
              error: 'entities are not known yet; ask again in some seconds',
            },
          })
        : route.fulfill({ status: 404, body: '404 page not found' });
    if (path === 'world')
      return route.fulfill(ok({ start: '2026-01-01T00:00:00Z', entities, relations, problems: [] }));
    if (path === 'problems')
      return route.fulfill(
        ok({
          evaluated: now() - 5,
          problems: settings.quiet ? [] : problems(),
          unknown: [{ inspection: 'disk-space', reason: 'no series of node_filesystem_avail_bytes' }],
          failures: [],
        }),
      );
    if (path === 'inspections') return route.fulfill(ok({ inspections: INSPECTIONS }));
    if (path === 'health') return route.fulfill(ok({ entities: settings.world ? [] : HEALTH }));
    if (path === 'objectives')
      return route.fulfill(ok({ objectives: settings.world ? [] : OBJECTIVES, problems: [] }));
    if (path === 'source') return route.fulfill(ok({ sources: [] }));
    if (path.startsWith('entity/')) {
      const id = path.slice('entity/'.length);
      const found = entities.find((one) => one.id === id);
      if (!found)
        return route.fulfill({
          status: 404,
          json: {
            status: 'error',
            errorType: 'not_found',
            error: `there is no entity "${id}" at this time`,
          },
        });
      return route.fulfill(
        ok({
          entity: found,
          validity: [{ from: '2026-01-01T00:00:00Z' }],
          outgoing: relations.filter(({ from }) => from === id),
          incoming: relations.filter(({ to }) => to === id),
        }),
      );
    }
    return route.fallback();
  });
  return settings;
}

/** A landscape of 300 services in 12 namespaces with 900 calls, the same on every run. */
export function landscape(services = 300, calls = 900) {
  let seed = 11;
  const next = (n) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % n;
  };
  const namespaces = 12;
  const name = (i) => `${['billing', 'search', 'media', 'users'][i % 4]}-service-${i}`;
  const edges = new Map();
  const call = (from, to) =>
    edges.set(`${from} ${to}`, [
      name(from),
      name(to),
      '',
      next(90) + 1,
      next(23) === 0 ? 4 : 0,
      0.02 + next(40) / 100,
    ]);
  for (let i = 60; i < services; i++) call(i - 60, i);
  while (edges.size < calls) {
    // Most calls lead from a tier to the next one, and stay within a namespace.
    const from = next(services);
    const tier = Math.floor(from / 60);
    const inside = next(3) > 0;
    let to = Math.min(services - 1, (tier + 1) * 60 + next(60));
    if (inside) to -= (to - from) % namespaces;
    if (to <= from || to >= services || to < 0) continue;
    call(from, to);
  }
  return {
    edges: [...edges.values()],
    namespace: (of) => `team-${Number(of.replace(/^.*-/, '')) % namespaces}`,
  };
}
