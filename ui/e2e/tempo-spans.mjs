// Traces of a small shop that follow from their number: one each second. Every 20th is slow because of one version of `pay`; every 25th fails.

export const EVERY = 1000;

const hex = (n, length) => n.toString(16).padStart(length, '0');
export const traceId = (k) => `cafe${hex(k, 28)}`;
export const numberOf = (id) => (/^cafe[0-9a-f]{28}$/.test(id) ? Number.parseInt(id.slice(4), 16) : null);

const ns = (ms) => String(BigInt(Math.round(ms * 1000)) * 1000n);

function shape(k) {
  const slow = k % 20 === 0;
  const failed = k % 25 === 0;
  const base = 40 + (k % 17) * 3;
  return {
    slow,
    failed,
    whole: base + (slow ? 900 : 0),
    version: slow ? '2.1' : '2.0',
    route: ['/cart', '/pay', '/list'][k % 3],
  };
}

/** The spans of a trace: service, name, kind, start and length in ms, parent, attributes. */
export function spansOf(k) {
  const at = k * EVERY;
  const { slow, failed, whole, version, route } = shape(k);
  const spans = [];
  const add = (service, name, kind, start, length, parent, attributes = {}, status = 0) => {
    spans.push({
      id: hex((k % 4096) * 4096 + spans.length + 1, 16),
      service,
      name,
      kind,
      at: at + start,
      length,
      parent: parent === null ? '' : spans[parent].id,
      attributes,
      status,
    });
    return spans.length - 1;
  };
  const root = add(
    'web',
    `GET ${route}`,
    2,
    0,
    whole,
    null,
    { 'http.route': route, 'http.status_code': failed ? 500 : 200 },
    failed ? 2 : 0,
  );
  const call = add('web', 'POST pay', 3, 4, whole - 10, root, { 'peer.service': 'pay' });
  const pay = add(
    'pay',
    'charge',
    2,
    6,
    whole - 14,
    call,
    { 'service.version': version, rows: slow ? 900 + (k % 7) : 10 + (k % 5) },
    failed ? 2 : 0,
  );
  add('pay', 'SELECT accounts', 3, 8, whole - 30, pay, {
    'db.system': 'postgresql',
    'db.statement': 'SELECT * FROM accounts WHERE id = $1',
  });
  add('mail', 'send receipt', 4, whole - 12, 30, pay);
  return spans;
}

const value = (v) =>
  typeof v === 'number'
    ? { intValue: String(v) }
    : typeof v === 'boolean'
      ? { boolValue: v }
      : { stringValue: v };
const attributes = (map) => Object.entries(map).map(([key, v]) => ({ key, value: value(v) }));

/** The trace as the API answers it. */
export function otlp(k, spans = spansOf(k), id = traceId(k)) {
  const services = [...new Set(spans.map((s) => s.service))];
  return {
    resourceSpans: services.map((service) => ({
      resource: {
        attributes: attributes({
          'service.name': service,
          'service.namespace': 'prod',
          'service.instance.id': `${service}-0`,
        }),
      },
      scopeSpans: [
        {
          scope: { name: 'demo', version: '1.0' },
          spans: spans
            .filter((s) => s.service === service)
            .map((s) => ({
              traceId: id,
              spanId: s.id,
              ...(s.parent ? { parentSpanId: s.parent } : {}),
              name: s.name,
              kind: s.kind,
              startTimeUnixNano: ns(s.at),
              endTimeUnixNano: ns(s.at + s.length),
              attributes: attributes(s.attributes),
              events:
                s.status === 2
                  ? [
                      {
                        timeUnixNano: ns(s.at + s.length / 2),
                        name: 'exception',
                        attributes: attributes({
                          'exception.type': 'PaymentDeclined',
                          'exception.stacktrace': 'PaymentDeclined: card\n  at Pay.charge(Pay.java:42)',
                        }),
                      },
                    ]
                  : [],
              links: s.name === 'send receipt' ? [{ traceId: traceId(k - 1), spanId: hex(1, 16) }] : [],
              status: s.status === 2 ? { code: 2, message: 'card declined' } : {},
            })),
        },
      ],
    })),
  };
}

/** One trace of many spans: 100 levels wide and deep. */
export function wide(k, count) {
  const spans = [];
  for (let i = 0; i < count; i++) {
    const parent = i === 0 ? -1 : i % 10 === 0 ? Math.floor(i / 10) - 1 : i - 1;
    spans.push({
      id: hex(i + 1, 16),
      service: `service-${i % 12}`,
      name: `step ${i}`,
      kind: 1,
      at: k * EVERY + (i * 900) / count,
      length: 1000 - (i * 900) / count,
      parent: parent < 0 ? '' : hex(parent + 1, 16),
      attributes: { n: i },
      status: i % 997 === 996 ? 2 : 0,
    });
  }
  return otlp(k, spans);
}

/** Missing parent, duplicate id, a cycle, and a clock that is behind. */
export function broken(k) {
  const at = k * EVERY;
  const span = (id, parent, service, start, length) => ({
    id: hex(id, 16),
    parent: parent ? hex(parent, 16) : '',
    service,
    name: `op ${id}`,
    kind: 1,
    at: at + start,
    length,
    attributes: {},
    status: 0,
  });
  return otlp(k, [
    span(1, 0, 'web', 100, 100),
    span(2, 1, 'pay', 20, 50),
    span(3, 99, 'mail', 120, 10),
    span(4, 1, 'web', 110, 5),
    span(4, 1, 'web', 110, 5),
    span(5, 6, 'job', 130, 5),
    span(6, 5, 'job', 131, 5),
  ]);
}

export { shape };
