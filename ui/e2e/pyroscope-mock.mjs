// A profile store within the browser: answers of Pyroscope's querier for the page Explore → Profiles.
export const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const HEAP = 'memory:inuse_space:bytes:space:bytes';
const SECOND = 1_000_000_000;

/** Stacks of the shop, root first, with seconds of version 1 and of version 2, in which sign is slow. */
const STACKS = [
  [['main.main', 'net/http.(*conn).serve', 'shop/cart.Total', 'shop/cart.sum'], 20, 20],
  [['main.main', 'net/http.(*conn).serve', 'shop/pay.Charge', 'crypto/rsa.sign'], 10, 60],
  [['main.main', 'net/http.(*conn).serve', 'shop/pay.Charge', 'encoding/json.Marshal'], 15, 15],
  [
    ['main.main', 'net/http.(*conn).serve', 'shop/list.Render', 'html/template.Execute', 'runtime.mallocgc'],
    25,
    25,
  ],
  [['runtime.gcBgMarkWorker', 'runtime.scanobject', 'runtime.mallocgc'], 12, 12],
];

function tree(column) {
  const root = { name: 'total', total: column.map(() => 0), self: column.map(() => 0), children: new Map() };
  for (const [stack, ...values] of STACKS) {
    const own = column.map((c) => values[c] * SECOND);
    let at = root;
    const add = (to) =>
      own.forEach((v, i) => {
        at[to][i] += v;
      });
    add('total');
    for (const name of stack) {
      if (!at.children.has(name))
        at.children.set(name, { name, total: own.map(() => 0), self: own.map(() => 0), children: new Map() });
      at = at.children.get(name);
      add('total');
    }
    add('self');
  }
  return root;
}

/** Levels as Pyroscope encodes them: distances from the end of the node before. */
function flamegraph(column) {
  const names = [];
  const levels = [];
  let row = [{ node: tree(column), offsets: column.map(() => 0) }];
  while (row.length > 0) {
    const next = [];
    const values = [];
    const ends = column.map(() => 0);
    for (const { node, offsets } of row) {
      if (!names.includes(node.name)) names.push(node.name);
      column.forEach((_, i) => {
        values.push(String(offsets[i] - ends[i]), String(node.total[i]), String(node.self[i]));
        ends[i] = offsets[i] + node.total[i];
      });
      values.push(String(names.indexOf(node.name)));
      const at = offsets.map((o, i) => o + node.self[i]);
      for (const child of node.children.values()) {
        next.push({ node: child, offsets: [...at] });
        child.total.forEach((t, i) => {
          at[i] += t;
        });
      }
    }
    levels.push({ values });
    row = next;
  }
  return { names, levels };
}

const versionOf = (selector) => (/version="1"/.test(selector) ? 0 : 1);

export async function mockPyroscope(page, options = {}) {
  const settings = { empty: false, missing: false, ...options };
  const calls = [];
  await page.route(/\/pyroscope\/querier\.v1\.QuerierService\//, async (route) => {
    const method = new URL(route.request().url()).pathname.split('/').at(-1);
    const body = route.request().postDataJSON();
    calls.push({ method, body });
    if (settings.missing) return route.fulfill({ status: 404, body: 'not found' });
    if (method === 'GetProfileStats')
      return route.fulfill({ json: settings.empty ? {} : { dataIngested: true } });
    if (method === 'Series')
      return route.fulfill({
        json: {
          labelsSet: ['1', '2'].flatMap((version) =>
            [CPU, HEAP].flatMap((type) =>
              ['cart', 'shop'].map((service) => ({
                labels: [
                  { name: '__profile_type__', value: type },
                  { name: 'service_name', value: service },
                  { name: 'version', value: version },
                ],
              })),
            ),
          ),
        },
      });
    const selector = body.labelSelector ?? '';
    if (/= =/.test(selector))
      return route.fulfill({
        status: 400,
        json: { code: 'invalid_argument', message: '1:3: parse error: unexpected "="' },
      });
    if (method === 'SelectSeries') {
      const step = body.step * 1000;
      const points = [];
      for (let t = Math.ceil(body.start / step) * step; t <= body.end; t += step)
        points.push({
          timestamp: String(t),
          value: (0.5 + 0.3 * Math.sin(t / 400_000)) * body.step * SECOND,
        });
      const labels = body.groupBy.map((name) => ({ name, value: 'shop' })); // has the largest total
      return route.fulfill({ json: { series: [{ labels, points }] } });
    }
    if (method === 'SelectMergeStacktraces' && body.spanSelector?.[0].startsWith('f'))
      return route.fulfill({ json: { flamegraph: {} } });
    if (method === 'SelectMergeStacktraces')
      return route.fulfill({ json: { flamegraph: flamegraph([versionOf(selector)]) } });
    if (method === 'Diff')
      return route.fulfill({
        json: {
          flamegraph: flamegraph([versionOf(body.left.labelSelector), versionOf(body.right.labelSelector)]),
        },
      });
    return route.fulfill({ status: 404, body: 'not found' });
  });
  return { calls, settings };
}
