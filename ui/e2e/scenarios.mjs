// What a person does, step by step. A scenario fails when a step does, or when its page reports an error.
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { deliveries, manyTargets, ruleGroups, runningQueries, storage } from './fixtures.mjs';
import { PHONE, settled, until, violations } from './steps.mjs';

const PAGES = [
  ['/overview', 'Overview'],
  ['/query', 'Explore'],
  ['/host', null],
  ['/targets', 'Targets'],
  ['/pipelines', 'Flow'],
  ['/service-discovery', 'Discovery'],
  ['/alerts', 'Alerts'],
  ['/rules', 'Rules'],
  ['/alertmanager-discovery', 'Delivery'],
  ['/status', 'System'],
  ['/flags', 'System'],
  ['/config', 'System'],
  ['/tsdb-status', 'System'],
  ['/status/queries', 'System'],
  ['/status/cardinality?drop=instance', 'System'],
];

/** Both sides have one series a target, shared parts and a number aside. */
const JOIN = 'sum by (instance) (rate(up{job!="😀"}[5m])) + on(instance) group_right() up > -1';

const param = (page, name) => new URL(page.url()).searchParams.get(name);
const editor = (page, n = 0) => page.locator('.editor .cm-content').nth(n);

async function setQuery(page, text, n = 0) {
  await editor(page, n).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
  await page.keyboard.press('Escape');
}

async function api(baseUrl, path) {
  const answer = await fetch(`${baseUrl}/api/v1/${path}`);
  return (await answer.json()).data;
}

/** Whether the server has an endpoint that Prometheus has not. */
async function knows(baseUrl, path) {
  return (await fetch(`${baseUrl}/api/v1/${path}`)).status !== 404;
}

async function graph({ open, page }, expr, more = '') {
  await open(`/query?g0.expr=${encodeURIComponent(expr)}&g0.tab=graph&g0.range_input=15m${more}`);
  await page.waitForSelector('.chart canvas');
}

/** Waits until what is drawn is what the address asks for: until then a graph is moved by its old span. */
async function drawn(page) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"], .is-stale'));
}

async function drag(page, from, to, modifier) {
  const box = await page.locator('.chart .u-over').first().boundingBox();
  const y = box.y + box.height / 2;
  if (modifier) await page.keyboard.down(modifier);
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  for (let i = 1; i <= 8; i++) await page.mouse.move(box.x + box.width * (from + ((to - from) * i) / 8), y);
  await page.mouse.up();
  if (modifier) await page.keyboard.up(modifier);
}

export const scenarios = [
  {
    name: 'no page breaks a rule of accessibility',
    async run({ open, page }) {
      const found = [];
      for (const [path] of [
        ...PAGES,
        ['/query?g0.expr=up&g0.tab=graph'],
        ['/query?g0.expr=up&g0.tab=table'],
      ]) {
        await open(path);
        await settled(page);
        for (const violation of await violations(page)) found.push(`${path}: ${violation}`);
      }
      assert.deepEqual(found, []);
    },
  },
  {
    name: 'the overview opens first and lists targets that are down',
    async run({ open, page, shot }) {
      await open('/');
      await until('the start page is Overview', () => page.url().includes('/overview'));
      await page.getByRole('heading', { name: 'Problems' }).waitFor();
      await page.route('**/api/v1/targets?*', async (route) => {
        const response = await route.fetch();
        const body = await response.json();
        const [first] = body.data.activeTargets;
        body.data.activeTargets = [
          { ...first, scrapePool: 'db', health: 'down', lastError: 'connection refused' },
          { ...first, scrapePool: 'db' },
        ];
        await route.fulfill({ json: body });
      });
      await page.reload();
      const problem = page.locator('.problem', { hasText: 'db: 1 of 2 targets down' });
      await problem.getByText('connection refused').waitFor();
      await shot('overview');
      await problem.getByRole('link').click();
      await until(
        'its targets are shown',
        () => param(page, 'health') === 'down' && param(page, 'pool') === 'db',
      );
    },
  },
  {
    name: 'the search finds pages and metrics',
    async run({ open, page, shot }) {
      await open('/status');
      await settled(page);
      await page.keyboard.press('Control+k');
      const field = page.getByRole('combobox');
      await field.fill('silen');
      await page.keyboard.press('Escape');
      await until('closed', async () => (await page.locator('dialog').count()) === 0);
      await page.keyboard.press('Control+k');
      await field.fill('discovery');
      await page.locator('.find-item', { hasText: 'Discovery' }).first().waitFor();
      await page.keyboard.press('Enter');
      await until('on Discovery', () => page.url().includes('/service-discovery'));
      await page.keyboard.press('Control+k');
      await field.fill('scrape_duration_seconds');
      await page.locator('.find-item', { hasText: 'Metric' }).first().waitFor();
      await shot('search');
      await page.keyboard.press('Enter');
      await until('the metric is drawn', () => param(page, 'g0.expr') === 'scrape_duration_seconds');
    },
  },
  {
    name: 'every page opens, light',
    async run({ open, page, shot }) {
      for (const [path, title] of PAGES) {
        await open(path);
        await settled(page);
        if (title) assert.equal(await page.locator('main h1').first().textContent(), title, path);
        assert.equal(await page.locator('main .notice-error').count(), 0, `error shown on ${path}`);
        assert.ok((await overflow(page)) <= 0, `${path} scrolls sideways`);
        await shot(`light${path.replaceAll(/\W+/g, '-')}`);
      }
    },
  },
  {
    name: 'every page opens, dark',
    context: { colorScheme: 'dark' },
    async run({ open, page, shot }) {
      for (const [path] of PAGES) {
        await open(path);
        await settled(page);
        assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
        await shot(`dark${path.replaceAll(/\W+/g, '-')}`);
      }
    },
  },
  {
    name: 'every page fits a phone',
    context: PHONE,
    async run({ open, page, shot }) {
      for (const width of [390, 340]) {
        await page.setViewportSize({ width, height: 844 });
        for (const [path] of [
          ...PAGES,
          ['/query?g0.expr=up&g0.tab=graph'],
          ['/query?g0.expr=up&g0.tab=table'],
          [`/query?g0.expr=${encodeURIComponent(JOIN)}&g0.tab=explain&g0.analyze=1`],
          [`/query?g0.expr=${encodeURIComponent(JOIN)}&g0.tab=explain&g0.explain=parts`],
        ]) {
          await open(path);
          await settled(page);
          assert.ok((await overflow(page)) <= 0, `${path} is wider than ${width} px`);
          if (width === 390) await shot(`phone${path.replaceAll(/\W+/g, '-')}`);
        }
      }
    },
  },
  {
    name: 'a query is typed with completion and run',
    async run({ open, page, shot, baseUrl }) {
      const names = await api(baseUrl, 'label/__name__/values');
      const metric = names.includes('scrape_duration_seconds')
        ? 'scrape_duration_seconds'
        : names.sort((a, b) => b.length - a.length)[0];
      await open('/query');
      await editor(page).click();
      await page.keyboard.type(metric.slice(0, -3));
      const option = page.locator('.cm-tooltip-autocomplete li', { hasText: metric }).first();
      await option.waitFor();
      await shot('completion');
      await option.click();
      await page.keyboard.press('Enter');
      await page.waitForSelector('.chart canvas, .heatmap canvas');
      assert.equal(param(page, 'g0.expr'), metric);
      await page.locator('.panel-stats').waitFor();
    },
  },
  {
    name: 'help on functions and metrics',
    async run({ open, page, shot }) {
      await open('/query');
      await editor(page).click();
      await page.keyboard.type('sum by (job) (rate(up[5m]');
      await page.locator('.code-signature', { hasText: 'range-vector' }).waitFor();
      assert.equal(await page.locator('.code-signature b').textContent(), 'v range-vector');
      await page.locator('.cm-line span', { hasText: /^rate$/ }).hover();
      await page.locator('.code-help', { hasText: 'per second' }).waitFor();
      await shot('hover-help');
      await page.mouse.move(5, 5);
      await page.keyboard.press('Control+a');
      await page.keyboard.type('histogram_quantile(0.9, ');
      await until(
        'the second argument',
        async () => (await page.locator('.code-signature b').first().textContent()) === 'b instant-vector',
      );
    },
  },
  {
    name: 'a mistake is marked where it is, and the server says why',
    async run({ open, page, allow, shot }) {
      await open('/query');
      await setQuery(page, 'rate(up)');
      await page.locator('.cm-lintRange-error').first().waitFor();
      await page.locator('.cm-lintRange-error').first().hover();
      await page.locator('.cm-diagnostic').first().waitFor();
      await shot('inline-error');
      allow(/400 .*query_range/);
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.locator('.notice-error', { hasText: 'parse error' }).waitFor();
      await shot('query-error');
    },
  },
  {
    name: 'dragging zooms, shift and drag pans, double click zooms out',
    async run(t) {
      const { page, shot } = t;
      // Near the end: a server that has just begun has no samples elsewhere.
      await graph(t, 'up', '&g0.range_input=5m');
      await drag(page, 0.9, 0.98);
      await until('the zoom is in the address', () => param(page, 'g0.end_input'));
      const range = param(page, 'g0.range_input');
      assert.notEqual(range, '5m');
      await drawn(page);
      await shot('zoomed');
      const end = param(page, 'g0.end_input');
      await drag(page, 0.5, 0.6, 'Shift');
      await until('panning moved the end', () => param(page, 'g0.end_input') !== end);
      assert.equal(param(page, 'g0.range_input'), range);
      await drawn(page);
      await page.locator('.chart .u-over').first().dblclick();
      await until('zoomed out', () => param(page, 'g0.range_input') !== range);
      await page.goBack();
      await until('back undoes it', () => param(page, 'g0.range_input') === range);
      await page.goto(page.url().replace(/end_input=[^&]*/, 'end_input=2001-01-01+00%3A00%3A00'));
      await page.getByRole('main').getByRole('button', { name: 'Zoom out' }).last().click();
      await until('out of an empty range', () => param(page, 'g0.range_input') !== range);
    },
  },
  {
    name: 'the pointer reads values off the graph',
    async run(t) {
      const { page, shot } = t;
      await graph(t, 'scrape_duration_seconds');
      const box = await page.locator('.chart .u-over').boundingBox();
      await page.mouse.move(box.x + box.width * 0.98, box.y + box.height / 2);
      await page.locator('.chart-tip-row').first().waitFor();
      assert.match(await page.locator('.chart-tip-value').first().textContent(), /\d.*s$/);
      await shot('tooltip');
      await page.mouse.move(5, 5);
      await until('it goes away', async () => !(await page.locator('.chart-tip').first().isVisible()));
    },
  },
  {
    name: 'the legend isolates and toggles, and links keep it',
    async run(t) {
      const { page } = t;
      await graph(t, 'topk(3, {__name__=~"scrape_.*|up|process_.*"})');
      const names = page.locator('.legend-name');
      await until('several series', async () => (await names.count()) > 1);
      await names.first().click();
      await until('one alone', async () => (await page.locator('.legend-table .is-off').count()) >= 1);
      assert.ok(param(page, 'g0.only'));
      const off = await page.locator('.legend-table .is-off').count();
      await page.reload();
      await page.waitForSelector('.legend-table');
      await until(
        'still one alone',
        async () => (await page.locator('.legend-table .is-off').count()) === off,
      );
      await names.first().click();
      await until('all again', async () => (await page.locator('.legend-table .is-off').count()) === 0);
      await names.nth(1).click({ modifiers: ['Control'] });
      await until(
        'one switched off',
        async () => (await page.locator('.legend-table .is-off').count()) === 1,
      );
      assert.ok(param(page, 'g0.hide'));
    },
  },
  {
    name: 'stacked, unit, resolution and exemplars are in the address',
    async run(t) {
      const { page, shot } = t;
      await graph(t, 'scrape_duration_seconds');
      await page.getByRole('radio', { name: 'Stacked' }).click();
      await page.getByLabel('Unit').selectOption('bytes');
      await page.getByLabel('Resolution').selectOption('high');
      await page.getByRole('button', { name: 'start of the axis' }).click();
      await page.getByRole('button', { name: 'Exemplars' }).click();
      await until('all five', () => param(page, 'g0.show_exemplars') === '1');
      assert.equal(param(page, 'g0.y_axis_min'), '0');
      assert.equal(param(page, 'g0.display_mode'), 'stacked');
      assert.equal(param(page, 'g0.unit'), 'bytes');
      assert.equal(param(page, 'g0.res_density'), 'high');
      await shot('stacked');
      const before = page.url();
      await page.reload();
      await page.waitForSelector('.chart canvas');
      assert.equal(page.url(), before);
    },
  },
  {
    name: 'the axis starts at zero when asked',
    async run(t) {
      const { page } = t;
      await graph(t, 'time()');
      const canvas = page.locator('.chart canvas').first();
      const picture = () => canvas.evaluate((node) => node.toDataURL());
      const before = await picture();
      await page.getByRole('button', { name: 'start of the axis' }).click();
      await until('it is drawn anew', async () => (await picture()) !== before);
      assert.equal(param(page, 'g0.y_axis_min'), '0');
    },
  },
  {
    name: 'the table sorts, filters and evaluates at a moment',
    async run({ open, page, shot }) {
      await open(`/query?g0.expr=${encodeURIComponent('{job=~".+"}')}&g0.tab=table`);
      await page.waitForSelector('.table tbody tr');
      await page.getByRole('button', { name: 'value' }).click();
      await page.waitForSelector('th[aria-sort="descending"]');
      await shot('table');
      assert.ok((await page.locator('.table tbody tr').count()) < 120, 'long tables are virtual');
      await page.getByLabel('Filter series').fill('scrape_samples_scraped');
      await until('filtered', async () => (await page.locator('.table tbody tr').count()) < 20);
      await page.getByLabel('Evaluation time').fill('2001-01-01 00:00');
      await page.keyboard.press('Enter');
      await page.locator('.empty', { hasText: 'No data' }).waitFor();
      assert.equal(param(page, 'g0.moment_input')?.slice(0, 4), '2001');
      await shot('no-data');
    },
  },
  {
    name: 'a mistyped metric leads to metrics with similar names',
    async run({ open, page, shot }) {
      await open(`/query?g0.expr=${encodeURIComponent('rate(scrape_duration_second[5m])')}&g0.tab=table`);
      const empty = page.locator('.empty', { hasText: 'No metric named scrape_duration_second' });
      await empty.waitFor();
      await shot('mistyped-metric');
      await empty.getByRole('button', { name: 'scrape_duration_seconds' }).click();
      await page.waitForSelector('.table tbody tr');
      assert.equal(param(page, 'g0.expr'), 'rate(scrape_duration_seconds[5m])');
    },
  },
  {
    name: 'links of Prometheus open with their state',
    async run({ open, page }) {
      await open(
        '/graph?g0.expr=up&g0.tab=1&g0.stacked=0&g0.range_input=2h&g1.expr=scrape_duration_seconds&g1.tab=0&g1.range_input=2h&g1.stacked=1',
      );
      await page.waitForSelector('.table tbody tr');
      await page.waitForSelector('.chart canvas');
      assert.ok(page.url().includes('/query?'));
      assert.equal(await page.locator('.panel').count(), 2);
      assert.equal(await page.getByRole('radio', { name: 'Stacked' }).getAttribute('aria-checked'), 'true');
      await page.locator('.time-button', { hasText: 'Last 2 hours' }).waitFor();
    },
  },
  {
    name: 'a plan is explained, then measured',
    async run({ open, page, shot, baseUrl }) {
      await open(`/query?g0.expr=${encodeURIComponent(JOIN)}&g0.tab=graph&g0.range_input=15m`);
      await page.getByRole('radio', { name: 'Explain' }).click();
      assert.equal(param(page, 'g0.tab'), 'explain');
      if (!(await knows(baseUrl, 'explain?query=up'))) {
        await page.getByRole('tree', { name: 'Parts of the query' }).waitFor();
        await page.getByRole('radio', { name: 'Plan', exact: true }).click();
        await page.locator('.notice', { hasText: 'does not tell its plans' }).waitFor();
        await shot('explain-missing');
        return;
      }
      const rows = page.locator('.plan-row');
      await rows.first().waitFor();
      assert.ok((await rows.count()) >= 5);
      await rows.filter({ hasText: 'up{job!=' }).first().hover();
      // The place is told in bytes, the text is not made of them.
      await until('its place is marked', async () =>
        (await page.locator('.cm-marked').allTextContents()).join('').includes('rate(up{job!="😀"}[5m])'),
      );
      await page.getByRole('radio', { name: 'At one time' }).click();
      await until('planned for a moment', () => param(page, 'g0.explain_at') === 'moment');
      await page.getByRole('radio', { name: 'Over the range' }).click();
      await page.getByRole('button', { name: 'Analyze' }).click();
      await page.locator('.plan-summary .tile', { hasText: 'Samples read' }).waitFor();
      assert.equal(param(page, 'g0.analyze'), '1');
      assert.match(await page.locator('.plan-figure').first().textContent(), /\d.*s$/);
      await shot('explain');
      await rows.first().focus();
      await page.keyboard.press('ArrowDown');
      await until(
        'the next step has the focus',
        async () => (await rows.nth(1).getAttribute('tabindex')) === '0',
      );
      await page.keyboard.press('Home');
      const all = await rows.count();
      await page.keyboard.press('ArrowLeft');
      await until('all closed', async () => (await rows.count()) === 1);
      await page.keyboard.press('ArrowRight');
      await until('open again', async () => (await rows.count()) === all);
    },
  },
  {
    name: 'a query is taken apart, and series are seen to match',
    async run({ open, page, shot }) {
      await open(`/query?g0.expr=${encodeURIComponent(JOIN)}&g0.tab=table&g0.show_tree=1`);
      const parts = page.getByRole('treeitem');
      await until('six parts', async () => (await parts.count()) === 6);
      await until(
        'all asked',
        async () => (await page.locator('.part-state', { hasText: /series/ }).count()) === 6,
      );
      await parts.filter({ hasText: 'group_right' }).click();
      await page.locator('.match-matched').first().waitFor();
      assert.equal(param(page, 'g0.tab'), 'explain');
      assert.equal(param(page, 'g0.part'), '1');
      await page.getByRole('button', { name: /^Matched/ }).click();
      await until('only those', async () => (await page.locator('.match-right').count()) === 0);
      await shot('explain-parts');
      await page.locator('.part-label', { hasText: 'instance' }).first().click();
      await page.locator('.part-values dd').first().waitFor();
      await page.keyboard.press('Escape');
      await parts.last().click();
      await page.locator('.say', { hasText: 'Newest samples' }).waitFor();
    },
  },
  {
    name: 'matching that fails says why',
    async run({ open, page, allow, shot }) {
      allow(/422 .*\/query/);
      const expr =
        'up * on() scrape_duration_seconds{job=~".+"} or on() vector(1) * on() {__name__=~"scrape_.*"}';
      await open(`/query?g0.expr=${encodeURIComponent(expr)}&g0.tab=explain&g0.explain=parts&g0.part=4`);
      await page.locator('.part-failed').first().waitFor();
      await page.locator('.match-problem', { hasText: 'group_right()' }).first().waitFor();
      await shot('explain-problem');
    },
  },
  {
    name: 'panels are added, copied and removed',
    async run(t) {
      const { page } = t;
      await graph(t, 'up');
      await page.getByRole('button', { name: 'Add a query' }).click();
      await until('two panels', async () => (await page.locator('.panel').count()) === 2);
      await setQuery(page, '1 + 1', 1);
      await page.getByRole('button', { name: 'Run', exact: true }).nth(1).click();
      await until('the second has its query', () => param(page, 'g1.expr') === '1 + 1');
      await page.getByRole('button', { name: 'Remove this panel' }).first().click();
      await until('one panel', async () => (await page.locator('.panel').count()) === 1);
      assert.equal(param(page, 'g0.expr'), '1 + 1');
      await until('its editor holds its query', async () => (await editor(page).textContent()) === '1 + 1');
    },
  },
  {
    name: 'metrics are found and used',
    async run({ open, page, shot }) {
      await open('/query');
      await settled(page);
      await page.getByRole('button', { name: 'Browse metrics' }).first().click();
      const search = page.getByLabel('Search metrics by name or help');
      await until('the search has the focus', () =>
        search.evaluate((node) => node === document.activeElement),
      );
      await page.keyboard.type('scrape duration');
      await page.locator('.explorer-item').first().waitFor();
      await shot('metrics');
      await page.locator('.metric-details .suggestion').first().click();
      await page.waitForSelector('.chart canvas');
      assert.match(param(page, 'g0.expr'), /duration/);
    },
  },
  {
    name: 'queries are formatted and remembered',
    async run({ open, page }) {
      await open('/query');
      await setQuery(page, 'sum   by(job)(up)');
      await page.getByRole('button', { name: 'Format the query' }).click();
      await until('formatted', async () => (await editor(page).textContent()) === 'sum by (job) (up)');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.waitForSelector('.chart canvas');
      await page.getByRole('button', { name: 'Recent queries' }).click();
      await page.locator('.history-list .menu-item', { hasText: 'sum by (job) (up)' }).waitFor();
      await page.keyboard.press('Escape');
      await until('closed', async () => (await page.locator('.popover').count()) === 0);
    },
  },
  {
    name: 'time ranges: relative, absolute, wrong',
    async run(t) {
      const { page, shot } = t;
      await graph(t, 'up');
      await page.locator('.time-button').click();
      await shot('time-picker');
      await page.getByLabel('From').fill('yesterday-ish');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.locator('.form-error').waitFor();
      await page.getByLabel('From').fill('2026-01-01 00:00');
      await page.getByLabel('To', { exact: true }).fill('2026-01-01 06:00');
      await page.getByRole('button', { name: 'Apply' }).click();
      await until('six hours', () => param(page, 'g0.range_input') === '6h');
      await page.locator('.time-button').click();
      await page.getByRole('button', { name: 'Last 5 minutes' }).click();
      await until(
        'five minutes',
        () => param(page, 'g0.range_input') === '5m' && !param(page, 'g0.end_input'),
      );
      await page.getByLabel('Refresh every').selectOption('5000');
      await until('refresh in the address', () => param(page, 'refresh') === '5s');
    },
  },
  {
    name: 'a query that runs is seen and stopped',
    async run({ open, page, allow, shot, baseUrl }) {
      if (!(await knows(baseUrl, 'status/queries'))) {
        await open('/status/queries');
        await page.locator('.empty', { hasText: 'does not tell its queries' }).waitFor();
        return;
      }
      // Minutes of work, whatever the server holds: it is stopped.
      const expr = 'max_over_time(stddev_over_time(vector(time() % 97)[6h:1s])[6h:10ms])';
      const answer = fetch(`${baseUrl}/api/v1/query?query=${encodeURIComponent(expr)}&timeout=60s`);
      await open('/status/queries?order=max');
      const row = page.locator('.queries-table tr', { hasText: 'stddev_over_time' }).first();
      await row.getByRole('button', { name: /^Stop query/ }).click();
      await page.locator('.outcome', { hasText: /was stopped|had already ended/ }).waitFor();
      const body = await (await answer).json();
      assert.notEqual(body.status, 'success');
      await page.getByLabel('By', { exact: true }).selectOption('calls');
      await until('the order is in the address', () => param(page, 'order') === 'calls');
      await shot('queries-stopped');
      allow(/404 .*status\/queries\/99/);
      await page.route('**/api/v1/status/queries?*', (route) => route.fulfill({ json: runningQueries() }));
      await page.getByRole('button', { name: 'Stop query 99' }).waitFor();
      await page.locator('.badge', { hasText: 'waiting' }).waitFor();
      await shot('queries');
      await page.getByRole('button', { name: 'Stop query 99' }).click();
      await page.locator('.outcome', { hasText: 'had already ended' }).waitFor();
      await page.locator('.query-text').first().click();
      await page.locator('.explain').waitFor();
    },
  },
  {
    name: 'labels that are part of a metric are not recommended to be dropped',
    async run({ open, page, shot }) {
      const cost = (name, seriesIfDropped) => ({
        name,
        values: 12,
        series: 900,
        seriesIfDropped,
        memoryBytesSaved: 90_000,
      });
      await page.route('**/api/v1/status/cardinality*', (route) =>
        route.fulfill({
          json: {
            status: 'success',
            data: {
              parts: 1,
              series: 1000,
              relativeError: 0,
              memoryBytesPerSeries: 100,
              labelNames: 3,
              labels: [cost('le', 100), cost('quantile', 200), cost('path', 600)],
              label: 'path',
              values: 0,
              topValues: [],
              topPairs: [],
            },
          },
        }),
      );
      await open('/status/cardinality');
      const rows = page.locator('.label-costs tbody tr');
      await rows.first().waitFor();
      assert.match(await rows.first().textContent(), /^path/);
      for (const name of ['le', 'quantile']) {
        await page.getByRole('button', { name: `Why ${name} is kept` }).click();
        await page.locator('.drop-advice', { hasText: 'Do not drop it' }).first().waitFor();
        assert.equal(await page.locator('.rule-block').count(), 0, `no rule drops ${name}`);
        await shot(`cardinality-${name}`);
      }
      await page.getByRole('button', { name: 'How to drop path' }).click();
      await page.locator('.rule-block', { hasText: 'labeldrop' }).waitFor();
    },
  },
  {
    name: 'a page that does not exist leads to the start page',
    async run({ open, page, allow }) {
      allow(/404/);
      await open('/no-such-page');
      await page.getByRole('heading', { name: '404 page not found' }).waitFor();
      await page.getByRole('link', { name: 'Open the start page' }).click();
      await page.locator('.nav-item').first().waitFor();
    },
  },
  {
    name: 'series are followed to the label that makes them',
    async run({ open, page, allow, shot, baseUrl }) {
      await open('/status/cardinality?limit=100');
      await settled(page);
      if (!(await knows(baseUrl, 'status/cardinality?limit=1'))) {
        await page.locator('.notice', { hasText: 'only what is in its memory' }).waitFor();
        await page.locator('.top', { hasText: 'Label pairs' }).waitFor();
        return;
      }
      await page.getByRole('button', { name: 'How to drop instance' }).click();
      await page.locator('.rule-block', { hasText: 'labeldrop' }).waitFor();
      await page.getByLabel('Starts with').fill('scrape_dur');
      const metrics = page.locator('.top', { has: page.getByRole('heading', { name: 'Metrics' }) });
      await until('found', async () => (await metrics.locator('li').count()) === 1);
      await metrics.locator('.top-pick', { hasText: 'scrape_duration_seconds' }).click();
      await page.locator('.trail .chip', { hasText: 'scrape_duration_seconds' }).waitFor();
      await page.locator('.rule-block', { hasText: 'action: drop' }).waitFor();
      await page.locator('.label-costs .top-pick', { hasText: /^job$/ }).click();
      const jobs = page.locator('.top', { has: page.getByRole('heading', { name: 'Values of job' }) });
      await jobs.locator('.top-pick').first().click();
      await until('both are in the address', () => /__name__=.*,job=/.test(param(page, 'in') ?? ''));
      await shot('cardinality-inside');
      const before = page.url();
      await page.reload();
      await page.locator('.trail .chip', { hasText: 'job' }).waitFor();
      assert.equal(page.url(), before);
      await page.getByRole('button', { name: 'Without __name__=scrape_duration_seconds' }).click();
      await until('one fewer', async () => (await page.locator('.trail .chip').count()) === 1);
      await page.getByLabel('Series selector').fill('{job="there is none"}');
      await page.keyboard.press('Enter');
      await page.locator('.empty', { hasText: 'No series' }).waitFor();
      await page.getByRole('button', { name: 'Count all series' }).click();
      await page.locator('.label-costs tr').nth(1).waitFor();
      allow(/400 .*status\/cardinality/);
      await page.getByLabel('Series selector').fill('{job=');
      await page.keyboard.press('Enter');
      await page.locator('.notice-error').waitFor();
    },
  },
  {
    name: 'the store says what it holds',
    async run({ open, page, shot }) {
      await page.route('**/api/v1/status/storage', (route) => route.fulfill({ json: storage().status }));
      await page.route('**/api/v1/status/tsdb/blocks', (route) => route.fulfill({ json: storage().blocks }));
      await open('/status/storage');
      await page.locator('.tile', { hasText: 'in memory' }).waitFor();
      await page.locator('.top li', { hasText: 'Samples' }).waitFor();
      await page.locator('.notice', { hasText: 'written to blocks early' }).waitFor();
      await page.locator('.encodings tr', { hasText: 'constant' }).waitFor();
      const strips = page.locator('button.strip');
      assert.equal(await strips.count(), 9);
      assert.equal(await page.locator('button.strip-down').count(), 1);
      await page.locator('.downsampled tr', { hasText: '5m' }).getByText('after 12h').waitFor();
      await page.locator('.downsampled').getByText('no longer created').waitFor();
      await strips.first().hover();
      await page.locator('.strip-note', { hasText: 'level 3' }).waitFor();
      assert.equal(await page.locator('tr.is-chosen').count(), 1);
      await page.setViewportSize({ width: 1200, height: 1080 });
      await page.evaluate(() => window.scrollTo(0, 0));
      await shot('storage');
    },
  },
  {
    name: 'samples are deleted only after a look at them',
    async run({ open, page, shot }) {
      const sent = [];
      await page.route('**/api/v1/status/flags', (route) =>
        route.fulfill({ json: { status: 'success', data: { 'web.enable-admin-api': 'true' } } }),
      );
      await page.route('**/api/v1/admin/tsdb/**', (route) => {
        sent.push(`${route.request().url().split('/').pop()} ${route.request().postData() ?? ''}`);
        return route.request().url().endsWith('snapshot')
          ? route.fulfill({ json: { status: 'success', data: { name: '20261120T093000Z-1' } } })
          : route.fulfill({ status: 204 });
      });
      await open('/status/storage');
      await settled(page);
      const select = page.getByLabel('Series to delete');
      await select.fill('{job="there is none"}');
      await page.getByRole('button', { name: 'Delete…' }).click();
      await page.locator('.notice', { hasText: 'Nothing to delete' }).waitFor();
      await select.fill('up');
      await page.getByRole('button', { name: 'Delete…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Delete samples?' });
      await dialog.locator('.admin-series li', { hasText: 'up{' }).first().waitFor();
      await shot('delete');
      await dialog.getByRole('button', { name: 'Keep them' }).click();
      assert.deepEqual(sent, []);
      await page.getByRole('button', { name: 'Delete…' }).click();
      await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
      await page.locator('.notice', { hasText: 'no longer returned' }).waitFor();
      assert.match(sent[0], /^delete_series match%5B%5D=up/);
      await page.getByRole('button', { name: 'Take a snapshot' }).click();
      await page.locator('.notice', { hasText: 'snapshots/20261120T093000Z-1' }).waitFor();
    },
  },
  {
    name: 'the theme is toggled and kept',
    async run({ open, page }) {
      await open('/targets');
      await settled(page);
      await page.getByRole('button', { name: 'Dark theme' }).click();
      assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
      await page.reload();
      await settled(page);
      assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
      await page.keyboard.press('d');
      assert.equal(await page.getAttribute('html', 'data-theme'), 'light');
    },
  },
  {
    name: 'the keyboard alone is enough',
    async run({ open, page, shot }) {
      await open('/status');
      await settled(page);
      await page.keyboard.press('g');
      await page.keyboard.press('t');
      await until('on Targets', () => page.url().endsWith('/targets'));
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard and mouse' }).waitFor();
      await shot('shortcuts');
      await page.keyboard.press('Escape');
      await until('closed', async () => (await page.locator('dialog[open]').count()) === 0);
      await page.keyboard.press('g');
      await page.keyboard.press('e');
      await until('on Explore', () => page.url().includes('/query'));
      await page.waitForSelector('.editor .cm-content');
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press('/');
      await until('the query has the focus', () =>
        editor(page).evaluate((node) => node === document.activeElement),
      );
    },
  },
  {
    name: 'a host is drawn',
    async run({ open, page, shot, baseUrl }) {
      const hosts = (await api(baseUrl, 'query?query=node_uname_info')).result;
      await open('/host');
      await settled(page);
      if (hosts.length === 0) {
        await page.locator('.empty', { hasText: /host|samples/ }).waitFor();
        return;
      }
      await until('pictures', async () => (await page.locator('.host-card .chart canvas').count()) >= 6);
      await page.locator('.tile', { hasText: 'Uptime' }).waitFor();
      await shot('host', { fullPage: true });
      await drag(page, 0.5, 0.9);
      await until('all pictures zoom', () => param(page, 'end'));
      await page.getByRole('link', { name: 'Open Load in Explore' }).click();
      await page.waitForSelector('.panel .chart canvas');
      assert.ok((await page.locator('.panel').count()) >= 3);
    },
  },
  {
    name: 'thousands of targets stay quick',
    async run({ open, page, shot }) {
      await page.route('**/api/v1/targets?*', (route) => route.fulfill({ json: manyTargets(5000) }));
      await open('/targets');
      await settled(page);
      await page.locator('.health-lead', { hasText: 'down' }).waitFor();
      assert.ok((await page.locator('.target').count()) < 80, 'the list is virtual');
      await shot('targets-many');
      await page.getByRole('button', { name: /^Down/ }).click();
      await until('only those down', async () => (await page.locator('.target-up').count()) === 0);
      await page.getByLabel('Search by address, label or error').fill('host-4901');
      await until('found', async () => (await page.locator('.target').count()) === 1);
      await page.locator('.target-open').click();
      await page.locator('.label-table', { hasText: '__meta_' }).waitFor();
      assert.equal(param(page, 'health'), 'down');
    },
  },
  {
    name: 'alerts and rules are found, and the address keeps how',
    async run({ open, page, shot }) {
      await page.route('**/api/v1/rules*', (route) => route.fulfill({ json: ruleGroups() }));
      await page.route('**/api/v1/alertmanagers', (route) =>
        route.fulfill({
          json: {
            status: 'success',
            data: {
              activeAlertmanagers: deliveries().map(({ url }) => ({ url })),
              droppedAlertmanagers: [{ url: 'http://old:9093/api/v2/alerts' }],
            },
          },
        }),
      );
      await page.route('**/api/v1/status/alertmanagers', (route) =>
        route.fulfill({ json: { status: 'success', data: { alertmanagers: deliveries() } } }),
      );
      await open('/alerts');
      await page.locator('.alert-firing .alert-instance').first().waitFor();
      await shot('alerts');
      await page.locator('.pill', { hasText: 'pending' }).click();
      await until('only those', async () => (await page.locator('.alert-rule').count()) === 1);
      assert.equal(param(page, 'state'), 'pending');
      await page.reload();
      await page.locator('.alert-pending').waitFor();
      assert.equal(await page.locator('.alert-rule').count(), 1);
      await page.getByRole('link', { name: 'Rules', exact: true }).click();
      await page.locator('.rule').first().waitFor();
      await shot('rules');
      await page.locator('.pill', { hasText: 'failing' }).click();
      await until('one fails', async () => (await page.locator('.rule').count()) === 1);
      await page.locator('.notice-error', { hasText: 'many-to-many' }).waitFor();
      await page.locator('.pill', { hasText: 'failing' }).click();
      await page.getByLabel('Kind').selectOption('recording');
      await page.getByLabel('Search rules').fill('cpu mode');
      await until('found', async () => (await page.locator('.rule').count()) === 1);
      assert.equal(param(page, 'type'), 'recording');
      await page.getByRole('navigation', { name: 'Alerts' }).getByRole('link', { name: 'Routing' }).click();
      const delivery = page.getByRole('link', { name: 'Delivery' });
      if ((await delivery.count()) > 0) await delivery.click();
      await page.locator('.manager-list li', { hasText: 'old:9093' }).waitFor();
      const rows = page.locator('.manager');
      await rows.first().waitFor();
      assert.equal(await rows.count(), 2);
      // Who fails stands first, with all that is known of it.
      const said = await rows.first().textContent();
      for (const part of [
        'failing',
        'alertmanager-1:9093',
        'connection refused',
        'Failing since',
        'last delivery 20',
        '17 queued',
        '4 dropped: 4 out of date',
      ])
        assert.ok(said.includes(part), `${part} in ${said}`);
      assert.ok((await rows.last().textContent()).includes('Last delivery'));
      assert.equal(await page.locator('.notice-error').count(), 0, 'one still hears of alerts');
      await shot('alertmanagers');
      // A server that does not tell how it goes, as Prometheus: the addresses alone.
      await page.unroute('**/api/v1/status/alertmanagers');
      await page.route('**/api/v1/status/alertmanagers', (route) =>
        route.fulfill({ status: 404, body: '404 page not found' }),
      );
      await page.reload();
      await page.locator('.manager-list li', { hasText: 'alertmanager-0' }).waitFor();
      assert.equal(await rows.count(), 0);
    },
  },
  {
    name: 'relabelling is followed rule by rule',
    async run({ open, page, shot }) {
      const steps = [
        {
          rule: {
            action: 'replace',
            source_labels: ['job'],
            regex: '(.*)',
            target_label: 'team',
            replacement: 'sea',
          },
          output: { __address__: 'a:1', job: 'x', team: 'sea' },
          keep: true,
        },
        { rule: { action: 'keep', source_labels: ['team'], regex: 'ice' }, output: {}, keep: false },
      ];
      await page.route('**/api/v1/targets/relabel_steps?*', (route) =>
        route.fulfill({ json: { status: 'success', data: { steps } } }),
      );
      await page.route('**/api/v1/scrape_pools/config?*', (route) =>
        route.fulfill({ json: { status: 'success', data: { yaml: 'job_name: x\n' } } }),
      );
      await open('/service-discovery');
      await settled(page);
      const pool = page.locator('.discovery-head').first();
      if ((await pool.getAttribute('aria-expanded')) === 'false') await pool.click();
      await page.getByRole('button', { name: 'Show rules' }).first().click();
      await page.locator('.relabel ins', { hasText: 'sea' }).waitFor();
      await page.locator('.relabel li', { hasText: 'drops the target' }).waitFor();
      await shot('relabel');
      await page
        .getByRole('button', { name: /^Configuration of/ })
        .first()
        .click();
      await page.locator('dialog .yaml-line', { hasText: 'job_name' }).waitFor();
    },
  },
  {
    name: 'a server that starts, and one that is gone',
    async run({ open, page, allow, shot }) {
      allow(/50[0-9]|ERR_|Failed to load/);
      let state = 'starting';
      await page.route('**/-/ready', (route) =>
        state === 'starting'
          ? route.fulfill({ status: 503, body: 'Service Unavailable' })
          : state === 'gone'
            ? route.abort()
            : route.continue(),
      );
      await page.route('**/api/v1/**', (route) => {
        if (state === 'ready') return route.continue();
        if (state === 'gone') return route.abort();
        if (route.request().url().endsWith('walreplay')) {
          return route.fulfill({ json: { status: 'success', data: { min: 10, max: 29, current: 14 } } });
        }
        return route.fulfill({ status: 503, body: 'Service Unavailable' });
      });
      await open('/targets');
      await page.locator('.starting', { hasText: 'segment 5 of 20' }).waitFor();
      await shot('starting');
      state = 'ready';
      await page.locator('.health-lead, .empty').first().waitFor();
      state = 'gone';
      await page.reload();
      await page.locator('.banner').waitFor();
      await page.locator('.notice-error').first().waitFor();
      await shot('unreachable');
      state = 'ready';
      await until(
        'it recovers by itself',
        async () =>
          (await page.locator('.notice-error').count()) === 0 &&
          (await page.locator('.banner').count()) === 0,
      );
    },
  },
  {
    name: 'the server has something to say',
    async run({ open, page, shot }) {
      const notice = {
        text: 'Configuration reload has failed.',
        date: new Date().toISOString(),
        active: true,
      };
      await page.route('**/api/v1/notifications', (route) =>
        route.fulfill({ json: { status: 'success', data: [notice] } }),
      );
      await open('/status');
      await page.locator('.banner', { hasText: notice.text }).waitFor();
      await shot('notice');
      await page.getByRole('button', { name: 'Hide' }).click();
      await until('hidden', async () => (await page.locator('.banner').count()) === 0);
    },
  },
  {
    name: 'nothing is configured',
    async run({ open, page, shot }) {
      const answers = {
        targets: { activeTargets: [], droppedTargets: [], droppedTargetCounts: {} },
        rules: { groups: [] },
        alerts: { alerts: [] },
        alertmanagers: { activeAlertmanagers: [], droppedAlertmanagers: [] },
        'status/alertmanagers': { alertmanagers: [] },
        'label/__name__/values': [],
        query: { resultType: 'vector', result: [] },
      };
      for (const [path, data] of Object.entries(answers)) {
        await page.route(
          (url) => url.pathname.endsWith(`/api/v1/${path}`),
          (route) => route.fulfill({ json: { status: 'success', data } }),
        );
      }
      for (const path of [
        '/query',
        '/host',
        '/targets',
        '/service-discovery',
        '/alerts',
        '/rules',
        '/alertmanager-discovery',
      ]) {
        await open(path);
        await settled(page);
        await page.locator('.empty').first().waitFor();
        await shot(`empty${path.replaceAll('/', '-')}`);
      }
    },
  },
  {
    name: 'everything works under a route prefix',
    async run({ page, baseUrl }) {
      // Stands in for --web.route-prefix: the server strips the prefix and writes it into <base href>.
      const prefix = '/team/metrics';
      const leaks = [];
      await page.route(
        () => true,
        async (route) => {
          const url = new URL(route.request().url());
          if (!url.pathname.startsWith(`${prefix}/`)) {
            leaks.push(url.pathname);
            return route.abort();
          }
          const response = await route.fetch({
            url: baseUrl + url.pathname.slice(prefix.length) + url.search,
          });
          if (!(response.headers()['content-type'] ?? '').includes('text/html'))
            return route.fulfill({ response });
          return route.fulfill({
            response,
            body: (await response.text()).replace('<base href="/" />', `<base href="${prefix}/" />`),
          });
        },
      );
      await page.goto(`${baseUrl}${prefix}/status/flags`);
      await page.waitForSelector('.table tbody tr');
      await page.getByRole('link', { name: 'Data' }).click();
      await until('still under the prefix', () => page.url().endsWith(`${prefix}/targets`));
      await settled(page);
      await page.goto(`${baseUrl}${prefix}/query?g0.expr=up&g0.tab=graph`);
      await page.waitForSelector('.chart canvas');
      await page.waitForSelector('.editor .cm-content');
      assert.deepEqual(
        leaks.filter((path) => path !== '/favicon.ico'),
        [],
      );
    },
  },
];
