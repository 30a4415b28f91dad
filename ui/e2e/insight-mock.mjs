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
    incident: 'mf2k9x1a',
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

const event = (minutes, kind, title, more = {}) => ({
  time: now() - minutes * 60,
  kind,
  title,
  text: '',
  by: '',
  entity: '',
  query: '',
  ...more,
});

/** An open incident with a timeline, and one that ended yesterday. */
const incidents = () => [
  {
    id: 'mf2k9x1a',
    state: 'open',
    severity: 'critical',
    title: 'app: Memory near its limit',
    message: 'The container uses 97% of its memory limit of 512 MiB and was ended 3 times in 30 min.',
    entity: ref(CONTAINER),
    cause: 'problem:memory-limit',
    query: 'container_resources_memory_rss_bytes / container_resources_memory_limit_bytes',
    causes: ['problem:memory-limit'],
    start: now() - 1500,
    lastSeen: now() - 10,
    end: null,
    acknowledgedBy: '',
    acknowledgedAt: null,
    affected: [ref(PAY), ref(WEB)],
    requestRate: 12.4,
    peakRate: 14.1,
    requests: 18_400,
    continuedIn: '',
    notes: 1,
    timeline: [
      event(38, 'deployment', 'pay deployed', {
        text: 'version 1.8.2',
        entity: PAY.id,
        query: 'target_info',
      }),
      event(25, 'problem', 'app: Memory near its limit', { entity: CONTAINER.id, query: 'up' }),
      event(24.5, 'opened', 'Incident opened'),
      event(24, 'problem', 'pay: Failed requests', { text: '9% of requests fail', entity: PAY.id }),
      event(23, 'alert firing', 'pay: alert HighErrors', { entity: PAY.id }),
      event(22, 'notified', 'Notified page/pagerduty[0]', { text: 'HighErrors', by: 'page/pagerduty[0]' }),
      event(15, 'note', 'Note', { text: 'Heap grows since 1.8.2.\nRolling back.', by: 'ann' }),
    ],
    omitted: 0,
  },
  {
    id: 'mf1a0000',
    state: 'ended',
    severity: 'warning',
    title: 'mail: Target down',
    message: 'target 10.0.0.7:25 of job mail does not answer scrapes',
    entity: ref(MAIL),
    cause: 'problem:TargetDown',
    query: 'up',
    causes: [],
    start: now() - 90_000,
    lastSeen: now() - 88_200,
    end: now() - 88_200,
    acknowledgedBy: 'bob',
    acknowledgedAt: now() - 89_000,
    affected: [ref(MAIL)],
    requestRate: 0,
    peakRate: 0,
    requests: 0,
    continuedIn: '',
    notes: 0,
    timeline: [event(1500, 'problem', 'mail: Target down'), event(1470, 'ended', 'Incident ended')],
    omitted: 0,
  },
];

/** The file of merges, categories and names; its entries are kept in `settings`. */
function answerEdited(route, settings) {
  const request = route.request();
  if (request.method() === 'POST') {
    const { section, kind, match, as } = request.postDataJSON();
    if (match === '')
      return route.fulfill({ status: 400, json: { status: 'error', error: 'match is empty' } });
    settings.edited.push({ section, kind, match, as });
  }
  if (request.method() === 'DELETE') settings.edited.splice(request.postDataJSON().line - 2, 1);
  const entries = settings.edited.map((one, i) => ({ ...one, line: i + 2 }));
  const text = entries.map(({ match, as }) => `  - {match: "${match}", as: "${as}"}`).join('\n');
  return route.fulfill(
    ok({ file: '/var/lib/tethys/entity-rules.yml', version: String(entries.length), entries, text }),
  );
}

const list = ({ timeline, omitted, ...rest }) => rest;

/** Answers of incidents; notes and acknowledgements are kept in `settings`. */
function answerIncidents(route, path, settings) {
  const all = settings.quiet ? [] : incidents();
  for (const one of all) {
    one.timeline.push(...settings.notes.filter(({ incident }) => incident === one.id));
    one.notes = one.timeline.filter(({ kind }) => kind === 'note').length;
    if (one.id === settings.acknowledged)
      Object.assign(one, { state: 'acknowledged', acknowledgedBy: 'bea', acknowledgedAt: now() });
  }
  const [, id, action] = path.split('/');
  const request = route.request();
  if (id === undefined) {
    const url = new URL(request.url());
    const [state, entity] = ['state', 'entity'].map((name) => url.searchParams.get(name));
    const found = all.filter(
      (one) => (!state || one.state === state) && (!entity || one.affected.some((of) => of.id === entity)),
    );
    return route.fulfill(ok({ incidents: found.map(list), matching: found.length, notices: [] }));
  }
  const found = all.find((one) => one.id === id);
  if (!found)
    return route.fulfill({
      status: 404,
      json: { status: 'error', errorType: 'not_found', error: `there is no incident "${id}"` },
    });
  if (action === 'notes') {
    const { author, text } = request.postDataJSON();
    const note = { ...event(0, 'note', 'Note', { by: author, text }), incident: id };
    settings.notes.push(note);
    found.timeline.push(note);
  }
  if (action === 'acknowledge') {
    settings.acknowledged = request.method() === 'DELETE' ? '' : id;
    const isSet = settings.acknowledged !== '';
    Object.assign(found, {
      state: isSet ? 'acknowledged' : 'open',
      acknowledgedBy: isSet ? request.postDataJSON().author : '',
      acknowledgedAt: isSet ? now() : null,
    });
  }
  return route.fulfill(ok(found));
}

const ok = (data) => ({ json: { status: 'success', data } });

/**
 * `quiet`: nothing fails. `bare`: a server that has no inspections yet (404) and whose model is not read (503).
 * `world`: other entities and relations.
 */
export async function mockInsight(page, options = {}) {
  const settings = {
    quiet: false,
    bare: false,
    world: null,
    notes: [],
    acknowledged: '',
    edited: [],
    ...options,
  };
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
    if (path === 'incidents' || path.startsWith('incidents/')) return answerIncidents(route, path, settings);
    if (path === 'rules')
      return route.fulfill(
        ok([
          { name: 'scraped-target', where: 'default-rules.yml:4:5', series: 12, applied: 12 },
          { name: 'batch', where: 'rules.yml:2:5', series: 0, applied: 0, problem: 'matches no series' },
        ]),
      );
    if (path === 'rules/edited') return answerEdited(route, settings);
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
