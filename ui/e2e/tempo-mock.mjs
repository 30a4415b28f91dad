// A trace store within the browser: answers of Tempo's HTTP API for the page Explore → Traces.
import { broken, EVERY, numberOf, otlp, shape, spansOf, traceId, wide } from './tempo-spans.mjs';

export const WIDE = `beef${'0'.repeat(27)}1`;
export const BROKEN = `beef${'0'.repeat(27)}2`;

const START = 1_795_740_000;

const text = (s) => ({ stringValue: s });

function matches(query, k) {
  const { failed, whole, version } = shape(k);
  if (/status\s*=\s*error/.test(query.split('|')[0]) && !failed) return false;
  const set = query.split('| compare')[0];
  const version_ = /service\.version\s*(!?=)\s*"([^"]+)"/.exec(set);
  if (version_ && (version === version_[2]) !== (version_[1] === '=')) return false;
  const over = /duration > (\d+)(ns|us|ms|s)/.exec(set);
  const unit = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000 };
  return !over || whole > Number(over[1]) * unit[over[2]];
}

function search(params) {
  const limit = Number(params.get('limit') ?? 20);
  const traces = [];
  const last = Math.floor((Number(params.get('end')) * 1000) / EVERY) - 2;
  for (let k = last; k * EVERY >= Number(params.get('start')) * 1000 && traces.length < limit; k--) {
    if (!matches(params.get('q'), k)) continue;
    const spans = spansOf(k);
    const stats = {};
    for (const s of spans) {
      stats[s.service] ??= { spanCount: 0 };
      stats[s.service].spanCount++;
      if (s.status === 2) stats[s.service].errorCount = (stats[s.service].errorCount ?? 0) + 1;
    }
    const ns = (ms) => `${Math.round(ms)}000000`;
    traces.push({
      traceID: traceId(k),
      rootServiceName: 'web',
      rootTraceName: spans[0].name,
      startTimeUnixNano: ns(spans[0].at),
      durationMs: Math.round(spans[0].length),
      spanSets: [
        {
          matched: 1,
          spans: [
            {
              spanID: spans[0].id,
              name: spans[0].name,
              startTimeUnixNano: ns(spans[0].at),
              durationNanos: ns(spans[0].length),
              attributes: [{ key: 'http.route', value: text(spans[0].attributes['http.route']) }],
            },
          ],
        },
      ],
      serviceStats: stats,
    });
  }
  return { traces, metrics: { inspectedSpans: '18000', inspectedBytes: '1800000', totalBlocks: 1 } };
}

function inSteps(params) {
  const step = Number.parseFloat(params.get('step')) * 1000;
  const [start, end] = [Number(params.get('start')) * 1000, Number(params.get('end')) * 1000];
  const out = [];
  for (let t = start; t <= end; t += step)
    out.push([t, Math.ceil((t - step) / EVERY), Math.floor(t / EVERY), step]);
  return out;
}

function series(labels, samples) {
  return {
    labels: Object.entries(labels).map(([key, v]) => ({ key, value: typeof v === 'object' ? v : text(v) })),
    samples: samples.map(([t, value]) => ({ timestampMs: String(t), value })),
  };
}

function metrics(params) {
  const query = params.get('q');
  const now = Date.now();
  const steps = inSteps(params).filter(([t]) => t <= now);
  const each = (count) =>
    steps.map(([t, from, to, step]) => {
      const values = [];
      for (let k = from + 1; k <= to; k++) if (matches(query, k)) values.push(k);
      return [t, count(values, step)];
    });
  if (query.includes('| compare(')) return { series: compare(query, steps) };
  if (query.includes('resource.service.instance.id'))
    return {
      series: ['pay-0', 'pay-1'].map((id, i) =>
        series({ 'resource.service.instance.id': id, 'resource.host.name': 'nil', status: 'unset' }, [
          [steps.at(-1)?.[0] ?? now, query.includes('quantile') ? 0.9 - i / 2 : 400 + i],
        ]),
      ),
    };
  if (query.includes('quantile_over_time'))
    return {
      series: [0.5, 0.95, 0.99].map((p) =>
        series(
          { p: { doubleValue: p } },
          each((ks) => {
            const sorted = ks.map((k) => shape(k).whole / 1000).sort((a, b) => a - b);
            return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? 0;
          }),
        ),
      ),
    };
  if (query.includes('histogram_over_time')) {
    const buckets = new Map();
    for (const [t, from, to] of steps)
      for (let k = from + 1; k <= to; k++) {
        if (!matches(query, k)) continue;
        const bound = 2 ** Math.ceil(Math.log2(shape(k).whole * 1e6)) / 1e9;
        const counts = buckets.get(bound) ?? new Map();
        buckets.set(bound, counts);
        counts.set(t, (counts.get(t) ?? 0) + 1);
      }
    return {
      series: [...buckets].map(([b, counts]) => series({ __bucket: { doubleValue: b } }, [...counts])),
    };
  }
  if (/rate\(\)|count_over_time/.test(query))
    return {
      series: ['error', 'unset'].map((status) =>
        series(
          { status },
          each(
            (ks, step) => ks.filter((k) => shape(k).failed === (status === 'error')).length / (step / 1000),
          ),
        ),
      ),
    };
  return { series: [] };
}

function compare(query, steps) {
  const inner = /compare\(\{(.*)\}/.exec(query)[1];
  const counts = new Map();
  const add = (type, name, v) => {
    const key = `${type} ${name} ${v}`;
    const found = counts.get(key) ?? { type, name, v, n: 0 };
    counts.set(key, found);
    found.n++;
  };
  for (const [, from, to] of steps)
    for (let k = from + 1; k <= to; k++) {
      if (!matches(query, k)) continue;
      const type = matches(`{ ${inner} }`, k) ? 'selection' : 'baseline';
      const { version, route, slow } = shape(k);
      const fields = {
        'resource.service.version': version,
        'span.http.route': route,
        'span.rows': slow ? 900 + (k % 7) : 10 + (k % 5),
        name: `GET ${route}`,
      };
      for (const [name, v] of Object.entries(fields)) {
        add(type, name, v);
        add(`${type}_total`, name, 'nil');
      }
    }
  return [...counts.values()].map(({ type, name, v, n }) =>
    series({ __meta_type: type, [name]: typeof v === 'number' ? { intValue: String(v) } : v }, [
      [steps.at(-1)[0], n],
    ]),
  );
}

const TAGS = {
  scopes: [
    { name: 'resource', tags: ['service.name', 'service.namespace', 'service.version'] },
    { name: 'span', tags: ['http.route', 'http.status_code', 'db.system', 'rows'] },
    { name: 'intrinsic', tags: ['duration', 'kind', 'name', 'status'] },
  ],
};

function values(tag) {
  const list =
    { 'resource.service.name': ['web', 'pay', 'mail'], 'span.http.route': ['/cart', '/pay', '/list'] }[tag] ??
    [];
  return { tagValues: list.map((value) => ({ type: 'string', value })) };
}

/** Options: `empty` has no spans, `missing` no API, `wide` spans in the large trace. */
export async function mockTempo(page, options = {}) {
  const settings = { empty: false, missing: false, wide: 12_000, ...options };
  const calls = [];
  await page.route(/\/tempo\/api\//, async (route) => {
    const url = new URL(route.request().url());
    const path = url.pathname.split('/tempo/api/')[1];
    calls.push({ path, params: url.searchParams });
    if (settings.missing) return route.fulfill({ status: 404, body: 'not found' });
    const value = /^v2\/search\/tag\/(.+)\/values$/.exec(path);
    if (value) return route.fulfill({ json: settings.empty ? {} : values(decodeURIComponent(value[1])) });
    if (path === 'v2/search/tags') return route.fulfill({ json: settings.empty ? {} : TAGS });
    if (path === 'search' || path === 'metrics/query_range') {
      const q = url.searchParams.get('q');
      const wrong = q.indexOf('= =');
      if (wrong >= 0)
        return route.fulfill({
          status: 400,
          body: `parse error at line 1, col ${wrong + 3}: syntax error: unexpected =`,
        });
      return route.fulfill({
        json: path === 'search' ? search(url.searchParams) : metrics(url.searchParams),
      });
    }
    const trace = /^v2\/traces\/([0-9a-f]+)$/.exec(path);
    if (trace) {
      const id = trace[1];
      const rename = (body) => JSON.parse(JSON.stringify(body).replaceAll(traceId(START), id));
      if (id === WIDE)
        return route.fulfill({ json: { trace: rename(wide(START, settings.wide)), metrics: {} } });
      if (id === BROKEN) return route.fulfill({ json: { trace: rename(broken(START)), metrics: {} } });
      const k = numberOf(id);
      if (k === null) return route.fulfill({ status: 404, body: 'trace not found' });
      return route.fulfill({ json: { trace: otlp(k), metrics: {}, status: 'COMPLETE' } });
    }
    return route.fulfill({ status: 404, body: 'not found' });
  });
  return { calls, settings };
}
