// Span metrics and a service graph within the browser: answers of PromQL for the pages of services.

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

function answer(query, edges) {
  const only = /service="([^"]+)"/.exec(query)?.[1];
  const q = Number(/histogram_quantile\(([\d.]+)/.exec(query)?.[1] ?? 0);
  if (query.includes('traces_service_graph'))
    return edges.map(([client, server, connection_type, rate, failed, p95]) => [
      { client, server, ...(connection_type ? { connection_type } : {}) },
      q ? p95 : query.includes('failed_total') ? failed : rate,
    ]);
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
  if (/^sum by \(service\) \(rate\(traces_spanmetrics_calls_total\[/.test(query))
    out.push([{ service: 'batch' }, 1]);
  return out;
}

export async function mockSpanMetrics(page, options = {}) {
  const settings = { empty: false, crowd: false, ...options };
  await page.route(/\/api\/v1\/query(_range)?/, async (route) => {
    const request = route.request();
    if (request.url().includes('/loki/')) return route.fallback();
    const params =
      request.method() === 'POST'
        ? new URLSearchParams(request.postData())
        : new URL(request.url()).searchParams;
    const query = params.get('query') ?? '';
    if (!query.includes('traces_')) return route.fallback();
    const rows = settings.empty ? [] : answer(query, settings.crowd ? CROWD : EDGES);
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
