// Services, their calls and span metrics within the browser: answers of the API and of PromQL for the pages of services.

const SERVICES = {
  web: { rate: 40, errors: 0.004, p95: 0.18, operations: ['GET /cart', 'GET /list', 'POST /order'] },
  pay: { rate: 12, errors: 0.09, p95: 0.92, operations: ['charge'] },
  cart: { rate: 30, errors: 0.02, p95: 0.03, operations: ['GetCart', 'AddItem'] },
  mail: { rate: 2, errors: 0, p95: 0.4, operations: ['send receipt'] },
};

const EDGES = [
  ['user', 'web', 'virtual_node', 40, 0.2, 0.18],
  ['web', 'cart', '', 30, 0.6, 0.03],
  ['web', 'pay', '', 12, 1.1, 0.92],
  ['cart', 'redis', 'database', 60, 0, 0.002],
  ['pay', 'postgresql', 'database', 24, 0, 0.6],
  ['pay', 'mail', 'messaging_system', 2, 0, 0.4],
];

/** As many services as a hairball needs. */
const CROWD = Array.from({ length: 260 }, (_, i) => [
  `${['pay', 'shop', 'ship', 'data'][i % 4]}-${i % 90}`,
  `${['pay', 'shop', 'ship', 'data'][(i * 7) % 4]}-${(i * 11 + 3) % 90}`,
  '',
  (i % 13) + 1,
  i % 17 === 0 ? 1 : 0,
  0.1,
]);

const latency = (p95) => ({ p50: p95 * 0.3, p95, p99: p95 * 1.6 });
const NO_LATENCY = { p50: null, p95: null, p99: null };

function services() {
  const service = (name, more) => ({
    name,
    takesRequests: true,
    observedOnly: false,
    rate: 0,
    failed: 0,
    latency: NO_LATENCY,
    operations: [],
    containers: [],
    ...more,
  });
  return [
    ...Object.entries(SERVICES).map(([name, s]) =>
      service(name, {
        rate: s.rate,
        failed: s.rate * s.errors,
        latency: latency(s.p95),
        operations: s.operations.map((operation, i) => ({
          name: operation,
          rate: s.rate * [0.6, 0.3, 0.1][i],
        })),
      }),
    ),
    service('batch', { takesRequests: false }),
  ];
}

const KINDS = { database: 'database', virtual_node: 'external' };

/** Answer of `/services/map` for rows of client, server, type, rate, failures and p95. */
export function mapAnswer(edges) {
  const nodes = new Map();
  for (const [from, to, type] of edges) {
    nodes.set(from, { name: from, kind: from === 'user' ? 'external' : 'service', namespace: '' });
    if (!nodes.has(to)) nodes.set(to, { name: to, kind: KINDS[type] ?? 'service', namespace: '' });
  }
  return {
    nodes: [...nodes.values()],
    edges: edges.map(([from, to, type, rate, failed, p95, more = {}]) => ({
      from,
      to,
      type,
      connection: type,
      rate,
      failed,
      clientLatency: latency(p95 * 1.2),
      serverLatency: latency(p95),
      ...more,
    })),
  };
}

function answer(query) {
  const only = /service="([^"]+)"/.exec(query)?.[1];
  const q = Number(/histogram_quantile\(([\d.]+)/.exec(query)?.[1] ?? 0);
  const out = [];
  for (const [service, s] of Object.entries(SERVICES)) {
    if (only && only !== service) continue;
    const figure = (share) =>
      q
        ? s.p95 * { 0.5: 0.3, 0.95: 1, 0.99: 1.6 }[q]
        : /\) \/ sum/.test(query)
          ? s.errors
          : query.includes('STATUS_CODE_ERROR')
            ? s.rate * s.errors * share
            : s.rate * share;
    if (/by \(service, span_name/.test(query))
      s.operations.forEach((span_name, i) => {
        out.push([{ service, span_name }, figure([0.6, 0.3, 0.1][i] ?? 0.05)]);
      });
    else out.push([{ service }, figure(1)]);
  }
  return out;
}

export async function mockSpanMetrics(page, options = {}) {
  const settings = { empty: false, crowd: false, ...options };
  await page.route(/\/api\/v1\/services(\/map)?(\?|$)/, (route) => {
    const map = new URL(route.request().url()).pathname.endsWith('/map');
    const edges = settings.empty ? [] : settings.crowd ? CROWD : EDGES;
    const data = map ? mapAnswer(edges) : settings.empty ? [] : services();
    return route.fulfill({ json: { status: 'success', data } });
  });
  await page.route(/\/api\/v1\/query(_range)?/, async (route) => {
    const request = route.request();
    if (request.url().includes('/loki/')) return route.fallback();
    const params =
      request.method() === 'POST'
        ? new URLSearchParams(request.postData())
        : new URL(request.url()).searchParams;
    const query = params.get('query') ?? '';
    if (!query.includes('traces_')) return route.fallback();
    const rows = settings.empty ? [] : answer(query);
    const range = new URL(request.url()).pathname.endsWith('query_range');
    const time = Number(params.get('time') ?? params.get('end'));
    const result = rows.map(([metric, value]) => {
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
