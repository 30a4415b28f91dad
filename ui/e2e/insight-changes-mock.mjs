// Deployments, their comparisons, risks and costs of the shop of insight-mock.mjs: answers of `/api/v1/insight`.

const now = () => Math.floor(Date.now() / 1000);
const service = (name) => ({ id: `service:${name}`, kind: 'service', name });

const deployment = (id, name, changes, ago, took, status, instances) => ({
  id,
  service: service(name),
  start: now() - ago,
  end: took === null ? null : now() - ago + took,
  status,
  changes,
  instancesBefore: instances,
  instancesAfter: instances,
});

export const deployments = () => [
  deployment(
    'new-1',
    'web',
    [{ kind: 'version', subject: '', before: ['2.3.0'], after: '2.4.0' }],
    240,
    null,
    'in progress',
    3,
  ),
  deployment(
    'pay-1',
    'pay',
    [
      { kind: 'version', subject: '', before: ['1.8.1'], after: '1.8.2' },
      { kind: 'image', subject: 'registry.example/pay', before: ['1.8.1'], after: '1.8.2' },
    ],
    2700,
    95,
    'complete',
    2,
  ),
];

const figure = (id, title, unit, before, after, judgement, extra = {}) => ({
  id,
  title,
  category: 'requests',
  unit,
  before,
  after,
  dayBefore: before,
  limit: before === null ? null : before / 10,
  judgement,
  language: 'promql',
  query: `sum(rate(traces_spanmetrics_calls_total{service="pay"}[1800s])) # ${id}`,
  note: '',
  ...extra,
});

const list = (id, title, unit, items, note = '') => ({
  id,
  title,
  unit,
  compared: 40,
  language: id === 'log_patterns' ? 'logql' : id === 'functions' ? 'profile' : 'traceql',
  query:
    id === 'failing_spans' ? '{ resource.service.name = "pay" && status = error }' : '{service_name="pay"}',
  note,
  items,
});

const comparison = (id) => {
  const found = deployments().find((one) => one.id === id);
  if (!found) return null;
  const window = (from) => ({ from: now() - from, to: now() - from + 1800 });
  if (found.status === 'in progress')
    return {
      deployment: found,
      before: null,
      after: null,
      dayBefore: null,
      reason: 'less than 3 minutes have passed since; ask again then',
      rule: '',
      figures: [],
      lists: [],
    };
  return {
    deployment: found,
    before: window(4560),
    after: window(2545),
    dayBefore: window(2545 + 86_400),
    reason: '',
    rule: 'A figure has changed if its median differs by more than the usual spread.',
    figures: [
      figure('request_rate', 'Requests', 'per_second', 12.1, 12.4, 'same'),
      figure('error_ratio', 'Failed requests', 'ratio', 0.001, 0.09, 'worse'),
      figure('duration_p99', 'Duration p99', 'seconds', 0.12, 0.31, 'worse'),
      figure('cpu', 'Processor per instance', 'cores', 0.4, 0.8, 'usual'),
      figure('memory', 'Memory per instance', 'bytes', 3e8, 2.1e8, 'better'),
      figure('oom_kills', 'Ended for lack of memory', 'count', null, null, 'not observed', {
        note: 'no data before and after',
      }),
    ],
    lists: [
      list('log_patterns', 'Log patterns', 'count', [
        { name: 'card <_> refused: null currency', before: 0, after: 214, judgement: 'new' },
      ]),
      list('failing_spans', 'Failing spans', 'count', [
        { name: 'POST /charge · 500 · null currency', before: 2, after: 210, judgement: 'grown' },
      ]),
      list('attributes', 'Attributes of requests', 'ratio', [], 'no data before and after'),
      list('functions', 'Functions by processor time', 'ratio', [
        { name: 'money.Format', before: 0.04, after: 0.22, judgement: 'grown' },
      ]),
    ],
  };
};

const risk = (inspection, title, name, severity, message, remedy) => ({
  risk: {
    id: `${inspection}:service:${name}`,
    inspection,
    title,
    category: 'availability',
    severity,
    entity: service(name),
    instances: [],
    affected: [],
    requests: 0,
    since: now() - 90_000,
    lastSeen: now() - 20,
    value: 1,
    threshold: 2,
    unit: 'count',
    message,
    remedy,
    query: 'tethys_service_instances',
    symptoms: [],
  },
  dismissed: null,
});

const RISKS = () => [
  risk(
    'ExposedDatabase',
    'Database on a public address',
    'orders',
    'critical',
    'database orders listens on 1 public addresses',
    'Bind orders to a private address.',
  ),
  risk(
    'SingleInstance',
    'Single instance',
    'mail',
    'warning',
    'mail has one instance: its end is the end of the service',
    'Run at least two instances of mail on different nodes.',
  ),
  risk(
    'SingleInstance',
    'Single instance',
    'nightly',
    'warning',
    'nightly has one instance: its end is the end of the service',
    'Run at least two instances of nightly on different nodes.',
  ),
];

const costs = (prices) => {
  const money = (value) => (prices ? value : null);
  return {
    prices: prices ? { name: 'example', from: '2026-01-01', currency: 'EUR' } : null,
    from: now() - 86_400,
    to: now(),
    nodes: [
      {
        entity: { id: 'node:machine:3d1219c7', kind: 'node', name: 'shop-1' },
        cores: 8,
        memoryGib: 32,
        total: money(0.72),
        used: money(0.21),
        requested: money(0.4),
        idle: money(0.51),
        note: prices ? '' : 'no price list is valid',
      },
    ],
    services: ['pay', 'web', 'cart'].map((name, i) => ({
      entity: service(name),
      cores: 1.2 / (i + 1),
      memoryGib: 2 / (i + 1),
      total: money(0.1 / (i + 1)),
      used: money(0.09 / (i + 1)),
      requested: money(0.16 / (i + 1)),
      disk: null,
      zones: money(0.01 / (i + 1)),
      internet: null,
    })),
    workloads: [],
    notices: [],
  };
};

const ok = (data) => ({ json: { status: 'success', data } });

/** Answers the paths of deployments, risks and costs; `prices` false: a server without a price list. */
export async function mockChanges(page, options = {}) {
  const settings = { prices: true, ...options };
  const risks = RISKS();
  await page.route(/\/api\/v1\/insight\/(deployments|risks|costs)/, (route) => {
    const url = new URL(route.request().url());
    const path = url.pathname.replace(/^.*\/insight\//, '');
    if (path === 'deployments') {
      const wanted = url.searchParams.get('service');
      return route.fulfill(
        ok({
          start: '2026-01-01T00:00:00Z',
          deployments: deployments().filter(
            (one) => !wanted || one.service.id === wanted || one.service.name === wanted,
          ),
        }),
      );
    }
    if (path.startsWith('deployments/')) {
      const found = comparison(path.slice('deployments/'.length));
      return found
        ? route.fulfill(ok(found))
        : route.fulfill({
            status: 404,
            json: { status: 'error', errorType: 'not_found', error: 'there is no deployment in the history' },
          });
    }
    if (path === 'costs') return route.fulfill(ok(costs(settings.prices)));
    if (path === 'risks') return route.fulfill(ok({ evaluated: now(), risks, failures: [], notices: [] }));
    const form = new URLSearchParams(route.request().postData() ?? '');
    const one = risks.find(({ risk: { id } }) => id === form.get('id'));
    if (one)
      one.dismissed =
        path === 'risks/dismiss' ? { reason: form.get('reason'), person: 'ann', time: now() } : null;
    return route.fulfill(ok({}));
  });
  return settings;
}
