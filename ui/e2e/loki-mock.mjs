// A log store within the browser: answers of Loki's HTTP API for the page Explore → Logs, from entries that follow from their time.

import { EVERY, entryAt, fieldOf, parsedOf } from './loki-entries.mjs';

const unquote = (text) => (text[0] === '`' ? text.slice(1, -1) : JSON.parse(text));
const STRING = '("(?:[^"\\\\]|\\\\.)*"|`[^`]*`)';

/** Reads selector, line filters and comparisons; null where the query has an error. */
function readQuery(query) {
  const open = query.indexOf('{');
  const close = query.indexOf('}', open);
  if (open < 0 || close < 0) return null;
  const tests = [];
  const matchers = query
    .slice(open + 1, close)
    .matchAll(new RegExp(`(\\w+)\\s*(=~|!~|!=|=)\\s*${STRING}`, 'g'));
  for (const [, name, op, text] of matchers) {
    const value = unquote(text);
    const whole = op.includes('~') ? new RegExp(`^(?:${value})$`) : null;
    tests.push(
      (e) =>
        (whole ? whole.test(e.labels[name] ?? '') : (e.labels[name] ?? '') === value) !== op.startsWith('!'),
    );
  }
  const rest = query.slice(close + 1).replace(/\[[^\]]*\].*$/s, '');
  for (const [, op, text] of rest.matchAll(new RegExp(`(\\|=|!=|\\|~|!~|\\|>|!>)\\s*${STRING}`, 'g'))) {
    const value = unquote(text);
    const before = rest.slice(0, rest.indexOf(op + (rest.includes(`${op} `) ? ' ' : '') + text)).trimEnd();
    if (op === '!=' && /\|\s*\w+$/.test(before)) continue;
    const found = op.endsWith('>')
      ? (e) => e.pattern === value
      : op.endsWith('~')
        ? (e) => new RegExp(value.replace('(?i)', ''), value.startsWith('(?i)') ? 'i' : '').test(e.text)
        : (e) => e.text.includes(value);
    tests.push((e) => found(e) !== op.startsWith('!'));
  }
  for (const [, name, op, text] of rest.matchAll(new RegExp(`\\|\\s*(\\w+)\\s*(!=|=)\\s*${STRING}`, 'g'))) {
    const value = unquote(text);
    tests.push((e) => ((fieldOf(e, name) ?? '') === value) === (op === '='));
  }
  const parser = /\|\s*(json|logfmt)\b/.exec(rest)?.[1];
  return { test: (e) => tests.every((t) => t(e)), parser };
}

function* between(start, end, backward) {
  const first = Math.ceil(start / EVERY);
  const last = Math.ceil(end / EVERY) - 1;
  for (let i = 0; i <= last - first; i++) yield backward ? last - i : first + i;
}

const ms = (text) => (/^\d{16,}$/.test(text) ? Number(text.slice(0, -6)) : Number(text) * 1000);

function streams(params) {
  const query = readQuery(params.get('query'));
  const [start, end] = [params.get('start'), params.get('end')];
  const limit = Number(params.get('limit') ?? 100);
  const backward = params.get('direction') !== 'forward';
  const result = new Map();
  let count = 0;
  for (const k of between(ms(start) - EVERY, ms(end) + EVERY, backward)) {
    const e = entryAt(k);
    if (e.ns.length < start.length || e.ns < start || e.ns >= end || !query.test(e)) continue;
    const key = JSON.stringify(e.labels);
    const stream = result.get(key) ?? { stream: e.labels, values: [] };
    result.set(key, stream);
    const parsed = query.parser ? { parsed: parsedOf(e) } : {};
    stream.values.push([e.ns, e.text, { structuredMetadata: e.metadata, ...parsed }]);
    if (++count >= limit) break;
  }
  const stats = {
    summary: { totalLinesProcessed: count, totalBytesProcessed: count * 140, execTime: 0.012 },
  };
  return { resultType: 'streams', encodingFlags: ['categorize-labels'], result: [...result.values()], stats };
}

/** sum by (…) (count_over_time(…)), whatever the functions are called. */
function counts(text, at) {
  const query = readQuery(text);
  const names =
    /by\s*\(([^)]*)\)/
      .exec(text)?.[1]
      .split(',')
      .map((n) => n.trim())
      .filter(Boolean) ?? [];
  const groups = new Map();
  for (const [t, start, end] of at) {
    for (const k of between(start, end, false)) {
      const e = entryAt(k);
      if (!query.test(e)) continue;
      const metric = {};
      for (const n of names) {
        const value = fieldOf(e, n);
        if (value !== undefined) metric[n] = value;
      }
      const key = JSON.stringify(metric);
      const group = groups.get(key) ?? { metric, counts: new Map() };
      groups.set(key, group);
      group.counts.set(t, (group.counts.get(t) ?? 0) + 1);
    }
  }
  return [...groups.values()];
}

const range = (text) => {
  const [, n, unit] = /\[(\d+)(ms|s|m|h|d)[^\]]*\]/.exec(text) ?? [];
  return Number(n ?? 60) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? 's'];
};

const isMetric = (query) => /\[\w+\]/.test(query) && !query.trim().startsWith('{');

function queryRange(params) {
  const query = params.get('query');
  if (!isMetric(query)) return streams(params);
  const step = Number(params.get('step').replace('ms', ''));
  const window = range(query);
  const at = [];
  for (let t = ms(params.get('start')); t <= ms(params.get('end')); t += step)
    at.push([t / 1000, t - window, t]);
  return {
    resultType: 'matrix',
    result: counts(query, at).map((g) => ({
      metric: g.metric,
      values: [...g.counts].map(([t, n]) => [t, String(n)]),
    })),
  };
}

function query(params) {
  const text = params.get('query');
  const t = ms(params.get('time'));
  const limit = Number(/topk\((\d+)/.exec(text)?.[1] ?? 1000);
  return {
    resultType: 'vector',
    result: counts(text, [[t / 1000, t - Math.min(range(text), 3_600_000), t]])
      .map((g) => ({ metric: g.metric, value: [t / 1000, String([...g.counts.values()][0])] }))
      .sort((a, b) => Number(b.value[1]) - Number(a.value[1]))
      .slice(0, limit),
  };
}

const VALUES = {
  service_name: ['gateway', 'shop', 'sshd', 'worker'],
  namespace: ['host', 'prod'],
  pod: ['gateway-0', 'gateway-1', 'gateway-2', 'shop-0', 'shop-1', 'worker-0'],
};

/** Patterns of the range; the one of stack traces is not in ranges that ended long ago. */
function patterns(params, newSince) {
  const parsed = readQuery(params.get('query'));
  const [start, end] = [ms(params.get('start')), ms(params.get('end'))];
  const step = Number(params.get('step').replace('ms', ''));
  const found = new Map();
  for (const k of between(start, end, false)) {
    const e = entryAt(k);
    if (!parsed.test(e) || (e.pattern.startsWith('java') && e.ms < newSince)) continue;
    const item = found.get(e.pattern) ?? {
      pattern: e.pattern,
      level: e.metadata.detected_level,
      samples: new Map(),
    };
    found.set(e.pattern, item);
    const t = Math.floor(e.ms / step) * (step / 1000);
    item.samples.set(t, (item.samples.get(t) ?? 0) + 1);
  }
  return [...found.values()].map((item) => ({ ...item, samples: [...item.samples] }));
}

const FIELDS = [
  { label: 'detected_level', type: 'string', cardinality: 5, parsers: null },
  { label: 'status', type: 'int', cardinality: 1, parsers: ['logfmt'] },
  { label: 'path', type: 'string', cardinality: 900, parsers: ['logfmt'] },
  { label: 'msg', type: 'string', cardinality: 40, parsers: ['json'] },
  { label: 'customer_country', type: 'string', cardinality: 3, parsers: ['json'] },
  { label: 'trace_id', type: 'string', cardinality: 14_000, parsers: null },
];

class Refused extends Error {}

function answer(path, params, options) {
  const text = params.get('query') ?? '';
  if (/\bjsn\b/.test(text))
    throw new Refused(
      `parse error at line 1, col ${text.indexOf('jsn') + 1}: unknown stage jsn. Did you mean json?`,
    );
  const ok = (data) => ({ status: 'success', data });
  if (path === 'labels') return ok(options.empty ? [] : Object.keys(VALUES));
  const values = /^label\/(\w+)\/values$/.exec(path);
  if (values) return ok(VALUES[values[1]] ?? []);
  const fieldValues = /^detected_field\/(\w+)\/values$/.exec(path);
  if (fieldValues) return { values: ['200', '404'], limit: 200 };
  if (path === 'query_range') return ok(queryRange(params));
  if (path === 'query') return ok(query(params));
  if (path === 'patterns') return ok(patterns(params, options.newSince));
  if (path === 'index/stats') return { streams: 8, chunks: 31, bytes: 12_400_000, entries: 14_400 };
  if (path === 'detected_labels')
    return {
      detectedLabels: Object.entries(VALUES).map(([label, all]) => ({ label, cardinality: all.length })),
    };
  if (path === 'detected_fields') return { fields: FIELDS, limit: 500 };
  if (path === 'format_query') return ok(text.replace(/\s*\|\s*/g, ' | '));
  return null;
}

/**
 * Answers what the page asks. `options`: empty (no entry), missing (no log store), newSince (ms), rate (lines a second
 * of the live tail).
 */
export async function mockLoki(page, options = {}) {
  const settings = { newSince: Date.now() - 1_800_000, rate: 40, ...options };
  const calls = [];
  await page.route(/\/-\/ready$/, (route) => route.fulfill({ status: 200, body: 'ready' }));
  await page.route(/\/api\/v1\/(?!.*loki)/, (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path.includes('/loki/')) return route.fallback();
    const data = path.endsWith('/labels')
      ? ['__name__', 'job', 'pod', 'namespace']
      : path.endsWith('/query')
        ? { resultType: 'vector', result: [] }
        : path.endsWith('buildinfo')
          ? { version: '0', revision: '' }
          : [];
    return route.fulfill({ json: { status: 'success', data } });
  });
  await page.route(/\/loki\/api\/v1\//, (route) => {
    const request = route.request();
    const url = new URL(request.url());
    const path = url.pathname.split('/loki/api/v1/')[1];
    const params = request.method() === 'POST' ? new URLSearchParams(request.postData()) : url.searchParams;
    calls.push({ path, params, headers: request.headers() });
    if (settings.missing) return route.fulfill({ status: 404, body: 'not found' });
    try {
      const body = answer(path, params, settings);
      return body ? route.fulfill({ json: body }) : route.fulfill({ status: 404, body: 'not found' });
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      return route.fulfill({ status: 400, contentType: 'text/plain', body: e.message });
    }
  });
  await page.addInitScript(fakeTail, tailFrames(settings.rate));
  return { calls, settings };
}

/** Frames ten times a second, as many lines as the rate asks for; their times are filled in when they are sent. */
function tailFrames(rate) {
  const first = Math.floor(Date.now() / EVERY);
  return Array.from({ length: 10 }, (_, frame) => {
    const found = new Map();
    for (let i = 0; i < rate / 10; i++) {
      const e = entryAt(first + frame * 1000 + i);
      const key = JSON.stringify(e.labels);
      const stream = found.get(key) ?? { stream: e.labels, values: [] };
      found.set(key, stream);
      const below = String(i).padStart(6, '0');
      stream.values.push([`@now@${below}`, e.text, { structuredMetadata: e.metadata }]);
    }
    return JSON.stringify({ streams: [...found.values()], dropped_entries: [] });
  });
}

/** Runs within the page: a socket of the browser's driver would be slower than what is to be shown. */
function fakeTail(frames) {
  const Real = window.WebSocket;
  window.WebSocket = class {
    constructor(url) {
      // biome-ignore lint/correctness/noConstructorReturn: other sockets are the browser's own.
      if (!String(url).includes('/loki/api/v1/tail')) return new Real(url);
      let sent = 0;
      setTimeout(() => this.onopen?.());
      this.timer = setInterval(() => {
        const frame = frames[sent++ % frames.length];
        this.onmessage?.({ data: frame.replaceAll('@now@', String(Date.now())) });
      }, 100);
    }

    close() {
      clearInterval(this.timer);
    }
  };
}
