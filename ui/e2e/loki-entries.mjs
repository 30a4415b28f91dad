// Entries of a log store that follow from their time: the same time has the same entry in every run.

/** One entry every 250 ms. */
export const EVERY = 250;

/** A number that looks random and is always the same for k. */
function mix(k) {
  let h = Math.imul(k ^ (k >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

const hex = (k, length) =>
  (
    mix(k).toString(16) +
    mix(k + 7)
      .toString(16)
      .padStart(8, '0')
  )
    .padEnd(length, '0')
    .slice(0, length);

const TRACE = `java.lang.IllegalStateException: stock of sku-17 is negative
\tat shop.stock.Ledger.take(Ledger.java:118)
\tat shop.stock.Ledger.reserve(Ledger.java:74)
\tat shop.order.Checkout.reserve(Checkout.java:201)
\tat shop.order.Checkout.place(Checkout.java:90)
\tat shop.http.Orders.post(Orders.java:44)
Caused by: java.sql.SQLTransientException: deadlock detected
\tat org.postgresql.core.QueryExecutor.receive(QueryExecutor.java:2713)
\tat org.postgresql.core.QueryExecutor.process(QueryExecutor.java:2401)
\tat org.postgresql.core.QueryExecutor.execute(QueryExecutor.java:368)`;

/** Kinds of lines with how often they occur, in a thousand. */
const KINDS = [
  {
    often: 420,
    labels: (k) => ({ service_name: 'gateway', namespace: 'prod', pod: `gateway-${k % 3}` }),
    line: (k) => ({
      level: 'info',
      text: `level=info method=GET path=/api/items/${mix(k) % 900} status=200 duration=${(mix(k) % 900) / 10}ms bytes=${mix(k + 1) % 9000}`,
      pattern: 'level=info method=GET path=/api/items/<_> status=200 duration=<_> bytes=<_>',
    }),
  },
  {
    often: 230,
    labels: (k) => ({ service_name: 'shop', namespace: 'prod', pod: `shop-${k % 2}` }),
    line: (k) => ({
      level: 'info',
      text: JSON.stringify({
        level: 'info',
        msg: 'order placed',
        order: 1_000_000_000_000 + mix(k),
        customer: { id: mix(k) % 700, country: ['de', 'fr', 'jp'][k % 3] },
        total: (mix(k) % 20_000) / 100,
      }),
      pattern:
        '{"level":"info","msg":"order placed","order":<_>,"customer":{"id":<_>,"country":"<_>"},"total":<_>}',
    }),
  },
  {
    often: 150,
    labels: () => ({ service_name: 'worker', namespace: 'prod', pod: 'worker-0' }),
    line: (k) => ({
      level: 'debug',
      text: `\x1b[36mDEBUG\x1b[0m queue \x1b[1mmail\x1b[0m drained in ${mix(k) % 90} ms`,
      pattern: 'DEBUG queue mail drained in <_> ms',
    }),
  },
  {
    often: 90,
    labels: (k) => ({ service_name: 'gateway', namespace: 'prod', pod: `gateway-${k % 3}` }),
    line: (k) => ({
      level: 'warn',
      text: `level=warn msg="slow request" path=/api/search duration=${1000 + (mix(k) % 4000)}ms limit=1s`,
      pattern: 'level=warn msg="slow request" path=/api/search duration=<_> limit=1s',
    }),
  },
  {
    often: 60,
    labels: () => ({ service_name: 'sshd', namespace: 'host', pod: '' }),
    line: (k) => ({
      level: 'info',
      text: `Accepted publickey for deploy from 10.0.${mix(k) % 250}.${mix(k + 1) % 250} port ${20_000 + (mix(k) % 40_000)} ssh2`,
      pattern: 'Accepted publickey for deploy from <_> port <_> ssh2',
    }),
  },
  {
    often: 38,
    labels: (k) => ({ service_name: 'shop', namespace: 'prod', pod: `shop-${k % 2}` }),
    line: (k) => ({
      level: 'error',
      text: JSON.stringify({
        level: 'error',
        msg: `payment declined for order ${mix(k) % 99_999}`,
        code: 402,
        trace: hex(k, 16),
      }),
      pattern: '{"level":"error","msg":"payment declined for order <_>","code":402,"trace":"<_>"}',
    }),
  },
  {
    often: 12,
    labels: (k) => ({ service_name: 'shop', namespace: 'prod', pod: `shop-${k % 2}` }),
    line: () => ({
      level: 'critical',
      text: TRACE,
      pattern: 'java.lang.IllegalStateException: stock of <_> is negative',
    }),
  },
];

/** Entries are asked for again and again; those of some days fit. */
const MAX_KEPT = 300_000;
const kept = new Map();

export function entryAt(k) {
  let entry = kept.get(k);
  if (!entry) {
    if (kept.size >= MAX_KEPT) kept.clear();
    entry = makeEntry(k);
    kept.set(k, entry);
  }
  return entry;
}

function makeEntry(k) {
  let draw = mix(k) % 1000;
  const kind =
    KINDS.find((one) => {
      draw -= one.often;
      return draw < 0;
    }) ?? KINDS[0];
  const { level, text, pattern } = kind.line(k);
  const labels = Object.fromEntries(Object.entries(kind.labels(mix(k + 3))).filter(([, v]) => v !== ''));
  return {
    ms: k * EVERY,
    ns: `${k * EVERY}${String(mix(k) % 1_000_000).padStart(6, '0')}`,
    labels,
    metadata: { detected_level: level, trace_id: hex(k, 16) },
    text,
    pattern,
  };
}

export function parsedOf(entry) {
  if (entry.text.startsWith('{')) {
    const { customer, ...flat } = JSON.parse(entry.text);
    return Object.fromEntries(
      Object.entries({
        ...flat,
        ...(customer ? { customer_id: customer.id, customer_country: customer.country } : {}),
      }).map(([n, v]) => [n, String(v)]),
    );
  }
  return Object.fromEntries(
    [...entry.text.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, name, a, b]) => [name, a ?? b]),
  );
}

export function fieldOf(entry, name) {
  const known = entry.metadata[name] ?? entry.labels[name];
  if (known !== undefined) return known;
  entry.parsed ??= parsedOf(entry);
  return entry.parsed[name];
}
