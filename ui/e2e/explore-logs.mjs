// Explore → Logs, against answers of Loki's API that are made within the browser (loki-mock.mjs).
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { mockLoki } from './loki-mock.mjs';
import { PHONE, settled, until } from './steps.mjs';

const param = (page, name) => new URL(page.url()).searchParams.get(name);
const rows = (page) => page.locator('.logs-row');
const address = (query, more = '') => `/explore/logs?query=${encodeURIComponent(query)}${more}`;
const ALL = '{service_name=~".+"}';
const SHOP = '{service_name="shop"}';

async function type(page, text) {
  await page.locator('.editor .cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

async function openRow(page, text) {
  const row = rows(page).filter({ hasText: text }).first();
  const button = row.locator('.logs-open');
  if ((await button.getAttribute('aria-expanded')) === 'false') await button.click();
  await row.locator('.logs-details').waitFor();
  return row;
}

/** Opens the page on a query and waits for its entries. */
async function logs({ open, page }, query, more = '', options = {}) {
  const mock = await mockLoki(page, options);
  await open(address(query, more));
  await rows(page).first().waitFor();
  return mock;
}

export const scenarios = [
  {
    name: 'logs: the first visit shows all entries, with their volume by level',
    async run({ open, page, shot }) {
      const { calls } = await mockLoki(page);
      await open('/query');
      await page.getByLabel('Signals').getByText('Logs').click();
      await rows(page).first().waitFor();
      assert.equal(param(page, 'query'), ALL);
      await page.locator('.logs-volume .chart canvas').waitFor();
      await page.locator('.logs-level', { hasText: 'critical' }).waitFor();
      const asked = calls.find((call) => call.path === 'query_range' && call.params.get('direction'));
      assert.equal(asked.headers['x-loki-response-encoding-flags'], 'categorize-labels');
      assert.match(
        await rows(page).first().locator('.logs-time').textContent(),
        /^[\d-]* ?\d\d:\d\d:\d\d\.\d{3}$/,
      );
      await shot('explore-logs');
    },
  },
  {
    name: 'logs: a query is completed, run, and its error marked at its place',
    async run({ open, page, shot }) {
      await mockLoki(page);
      await open(address(ALL));
      await rows(page).first().waitFor();
      await type(page, '{service');
      await page.locator('.cm-tooltip-autocomplete li', { hasText: 'service_name' }).click();
      await page.keyboard.type('="sh');
      await page.locator('.cm-tooltip-autocomplete li', { hasText: 'shop' }).waitFor();
      await shot('explore-logs-completion');
      await page.locator('.cm-tooltip-autocomplete li', { hasText: 'shop' }).click();
      assert.equal(await page.locator('.editor .cm-content').textContent(), SHOP);
      await page.keyboard.press('Control+Enter');
      await until('only the shop', () => param(page, 'query') === SHOP);
    },
  },
  {
    name: 'logs: an error is marked where it is',
    async run({ open, page, shot, allow }) {
      allow(/400/);
      await mockLoki(page);
      await open(address('{service_name="shop"} | jsn'));
      await page.locator('.notice-error', { hasText: 'Did you mean json?' }).first().waitFor();
      const mark = page.locator('.cm-lintRange-error');
      await mark.waitFor();
      assert.equal(await mark.textContent(), 'jsn');
      await shot('explore-logs-error');
    },
  },
  {
    name: 'logs: a row shows labels, metadata and fields, and filters by them',
    async run(context) {
      const { page, shot } = context;
      await logs(context, `${SHOP} |= "declined"`);
      assert.equal(await rows(page).first().locator('mark').first().textContent(), 'declined');
      const row = await openRow(page, 'payment declined');
      await row.getByLabel('JSON fields').getByText('code', { exact: true }).waitFor();
      await row.getByLabel('Structured metadata').getByText('trace_id').first().waitFor();
      await row.getByLabel('Stream labels').getByText('namespace').waitFor();
      assert.match(await row.locator('.logs-whole pre').textContent(), /\n {2}"code": 402/);
      assert.match(await row.locator('.logs-details-tools').textContent(), /Trace [0-9a-f]{16}/);
      await row.getByText('Related metrics').waitFor();
      await shot('explore-logs-details');
      await row
        .getByLabel('JSON fields')
        .locator('.logs-field-row', { hasText: 'code' })
        .getByLabel('Filter for')
        .click();
      await until('the filter', () => param(page, 'query').endsWith('| json | code="402"'));
      await rows(page).first().waitFor();
      const other = await openRow(page, 'payment declined');
      await other
        .getByLabel('Stream labels')
        .locator('.logs-field-row', { hasText: 'namespace' })
        .getByLabel('Add column')
        .click();
      await until('the column', () => param(page, 'columns') === 'namespace');
    },
  },
  {
    name: 'logs: stack traces are folded, colours rendered',
    async run(context) {
      const { page, shot } = context;
      await logs(context, `${ALL} |= "IllegalState"`);
      const row = await openRow(page, 'IllegalState');
      assert.match(await row.locator('.logs-row-main').textContent(), /\+9 lines/);
      const fold = row.getByRole('button', { name: '5 stack frames' });
      await fold.click();
      await row.getByText('Ledger.java:118').waitFor();
      await shot('explore-logs-trace');
      await page.goto(
        page.url().replace(/query=[^&]*/, `query=${encodeURIComponent('{service_name="worker"}')}`),
      );
      await rows(page).first().locator('.ansi-cyan', { hasText: 'DEBUG' }).waitFor();
      assert.ok(!(await rows(page).first().textContent()).includes('[36m'));
    },
  },
  {
    name: 'logs: dragging over the volume zooms, its legend hides levels',
    async run(context) {
      const { page } = context;
      await logs(context, ALL);
      const over = page.locator('.logs-volume .u-over');
      const box = await over.boundingBox();
      await page.mouse.move(box.x + box.width * 0.4, box.y + 30);
      await page.mouse.down();
      for (let i = 1; i <= 6; i++) await page.mouse.move(box.x + box.width * (0.4 + i * 0.03), box.y + 30);
      await page.mouse.up();
      await until('a shorter range', () => param(page, 'end') !== null);
      await page.locator('.logs-level', { hasText: 'info' }).click();
      await until('info hidden', () => param(page, 'hide') === 'info');
      await until('no info row', async () => (await page.locator('.logs-row.level-info').count()) === 0);
      assert.ok((await rows(page).count()) > 0);
    },
  },
  {
    name: 'logs: 100,000 lines scroll, with few rows in the document',
    async run(context) {
      const { page } = context;
      await logs(context, ALL, '&range=8h&limit=100000&wrap=0&facets=0');
      await page.getByText('100,000 lines loaded').waitFor();
      const list = page.getByLabel('Log lines');
      const last = await page.evaluate(async () => {
        const node = document.querySelector('.logs-scroll');
        for (let i = 0; i <= 40; i++) {
          node.scrollTop = (node.scrollHeight * i) / 40;
          await new Promise((done) => requestAnimationFrame(done));
          const count = document.querySelectorAll('.logs-row').length;
          if (count > 150) throw new Error(`${count} rows in the document`);
        }
        return node.scrollHeight;
      });
      assert.ok(last > 2_000_000, `the list is ${last} px high`);
      await until('the last rows', async () =>
        /9\d,?\d{3}|100,?000/.test(
          (await list.locator('.logs-open').last().getAttribute('aria-label')) ?? '',
        ),
      );
    },
  },
  {
    name: 'logs: older lines follow at the end, without gap or repetition',
    async run(context) {
      const { page } = context;
      const { calls } = await logs(context, SHOP, '&limit=100&facets=0');
      await page.getByText('100 lines loaded').waitFor();
      await page.evaluate(() => {
        const node = document.querySelector('.logs-scroll');
        node.scrollTop = node.scrollHeight;
      });
      await until(
        'the next page is read',
        () => calls.filter((c) => c.path === 'query_range' && c.params.get('limit') === '100').length > 1,
      );
      await page.getByLabel('Order').selectOption('forward');
      await until('oldest first', () => param(page, 'direction') === 'forward');
    },
  },
  {
    name: 'logs: table with columns, and facets with counts',
    async run(context) {
      const { page, shot } = context;
      await mockLoki(page);
      await context.open(address(ALL, '&view=table&columns=service_name,pod'));
      await page.locator('.logs-table tbody tr').nth(3).waitFor();
      await page
        .getByLabel('Facets')
        .getByRole('button', { name: /service_name/ })
        .click();
      const value = page.locator('.logs-facet-value', { hasText: 'gateway' });
      await value.waitFor();
      await shot('explore-logs-table');
      await page.getByLabel('Exclude gateway').click();
      await until('excluded', () => param(page, 'query') === '{service_name=~".+", service_name!="gateway"}');
      await page.locator('.logs-facet-value', { hasText: 'error' }).click();
      await until('filtered', () => param(page, 'query').endsWith('| detected_level="error"'));
    },
  },
  {
    name: 'logs: patterns with trend and news; a press filters',
    async run({ open, page, shot }) {
      await mockLoki(page);
      await open(address(ALL, '&view=patterns'));
      const fresh = page.locator('.logs-pattern-table tr', { hasText: 'IllegalState' });
      await fresh.getByText('New since').waitFor();
      assert.equal(await page.getByText('New since').count(), 1);
      await page.locator('.logs-trend rect').first().waitFor({ state: 'attached' });
      await shot('explore-logs-patterns');
      await page
        .locator('.logs-pattern-table tr', { hasText: 'slow request' })
        .getByLabel('Filter out')
        .click();
      await until('excluded', () => param(page, 'query').includes('!> '));
      await rows(page).first().waitFor();
    },
  },
  {
    name: 'logs: patterns of the filtered lines, and an alert on them',
    async run({ open, page, shot }) {
      const { calls } = await mockLoki(page);
      const filtered = `${ALL} | detected_level="error"`;
      await open(address(`${filtered} | json`, '&view=patterns'));
      await page.getByText(`patterns of ${filtered}`).waitFor();
      const asked = calls.find((call) => call.path === 'patterns');
      assert.equal(asked.params.get('query'), filtered);
      await page.getByRole('button', { name: 'Alert', exact: true }).click();
      await page.getByLabel('Name').fill('Failures');
      await page.getByLabel('Lines above').fill('10');
      await shot('explore-logs-alert');
      let rule = '';
      await page.route('**/loki/api/v1/rules/**', async (route) => {
        rule = route.request().postData();
        await route.fulfill({ status: 202, body: '{}' });
      });
      await page.route('**/prometheus/api/v1/rules', (route) =>
        route.fulfill({ status: 200, body: '{"data":{"groups":[]}}' }),
      );
      await page.getByRole('button', { name: 'Create alert' }).click();
      await page.getByText('Show the rules').waitFor();
      assert.match(JSON.parse(rule).rules[0].expr, /detected_level="error" \| json .*\[5m\]\)\) > 10$/);
    },
  },
  {
    name: 'logs: live tail at 5,000 lines a second, paused and resumed',
    async run({ open, page, shot }) {
      await mockLoki(page, { rate: 5000 });
      await open(address(ALL, '&view=live&wrap=0'));
      await page.locator('.logs-status.is-live').waitFor();
      await rows(page).first().waitFor();
      await until('the buffer is full', async () =>
        /10,000 lines/.test(await page.locator('.logs-live').textContent()),
      );
      assert.ok((await rows(page).count()) < 150);
      await shot('explore-logs-live');
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText(/\d waiting/).waitFor();
      const text = await rows(page).last().textContent();
      await page.locator('.logs-skipped').waitFor();
      assert.match(await page.locator('.logs-skipped').textContent(), /[\d,]+ lines skipped/);
      assert.equal(await rows(page).last().textContent(), text, 'a paused list stands still');
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.locator('.logs-status.is-live').waitFor();
    },
  },
  {
    name: 'logs: a link to one line, and the lines around it',
    async run(context) {
      const { page, shot } = context;
      await logs(context, SHOP);
      await openRow(page, 'payment declined');
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.getByLabel('Copy link').click();
      const link = await until('the link', () => page.evaluate(() => navigator.clipboard.readText()));
      assert.match(link, /line=\d+_\w+/);
      await page.goto(link);
      await page.getByText('Linked line', { exact: true }).waitFor();
      const row = page.locator('.logs-row.is-current');
      await row.locator('.logs-details').waitFor();
      assert.match(await row.textContent(), /payment declined/);
      await row.getByText('Surrounding lines').click();
      const dialog = page.locator('dialog');
      await dialog.locator('.logs-context-line.is-current').waitFor();
      const before = await dialog.locator('.logs-context-line').count();
      assert.ok(before > 20, `${before} lines`);
      await shot('explore-logs-context');
      await dialog.getByRole('radio', { name: 'Same pod' }).click();
      await dialog.locator('code', { hasText: 'namespace="prod"' }).waitFor();
      await dialog.getByText('Earlier lines').click();
      await until('more lines', async () => (await dialog.locator('.logs-context-line').count()) > before);
    },
  },
  {
    name: 'logs: the builder and the code stay in step',
    async run(context) {
      const { page, shot } = context;
      await logs(context, `${SHOP} |= "order" | json`, '&builder=1');
      const builder = page.getByLabel('Builder', { exact: true });
      assert.equal(await builder.getByLabel('Value').first().inputValue(), 'shop');
      assert.equal(await builder.getByLabel('Text').inputValue(), 'order');
      await builder.getByLabel('Text').fill('declined');
      await builder.getByLabel('Text').press('Enter');
      const code = page.locator('.editor .cm-content');
      await until('the code', async () => (await code.textContent()) === `${SHOP} |= "declined" | json`);
      await builder.getByLabel('Add stage').selectOption('| decolorize');
      await until('the stage', async () => (await code.textContent()).endsWith('| json | decolorize'));
      await shot('explore-logs-builder');
      await type(page, '{namespace="host"}');
      await until(
        'the form',
        async () => (await builder.getByLabel('Value').first().inputValue()) === 'host',
      );
    },
  },
  {
    name: 'logs: a metric query is drawn, and a point leads to its entries',
    async run({ open, page, shot }) {
      await mockLoki(page);
      await open(address('sum by (service_name) (count_over_time({service_name=~".+"}[1m]))'));
      const over = page.locator('.chart .u-over').first();
      await over.waitFor();
      await page.locator('.legend-table tbody tr').nth(3).waitFor();
      await shot('explore-logs-metric');
      const box = await over.boundingBox();
      await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5);
      await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.5);
      await page.getByRole('button', { name: 'Show logs' }).click();
      await until('a log query', () =>
        /^\{service_name=~"\.\+", service_name="\w+"\}$/.test(param(page, 'query')),
      );
      assert.equal(param(page, 'range'), '1m');
      await rows(page).first().waitFor();
      await page.goBack();
      await page.getByRole('radio', { name: 'Table' }).click();
      await page.getByLabel('Result', { exact: true }).last().getByText('gateway').waitFor();
    },
  },
  {
    name: 'logs: a point of a metric leads to the logs with its labels',
    async run({ open, page }) {
      await mockLoki(page);
      await page.route(/\/api\/v1\/query_range/, (route) => {
        if (route.request().url().includes('/loki/')) return route.fallback();
        const asked = new URL(route.request().url()).searchParams;
        const values = [];
        for (
          let t = Number(asked.get('start'));
          t <= Number(asked.get('end'));
          t += Number(asked.get('step'))
        )
          values.push([t, '5']);
        const result = [{ metric: { __name__: 'up', job: 'shop', pod: 'shop-0' }, values }];
        return route.fulfill({ json: { status: 'success', data: { resultType: 'matrix', result } } });
      });
      await open('/query?g0.expr=up&g0.tab=graph&g0.range_input=1h');
      const over = page.locator('.chart .u-over').first();
      await over.waitFor();
      const box = await over.boundingBox();
      await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5);
      await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.5);
      await page.getByRole('link', { name: 'Show logs' }).click();
      await rows(page).first().waitFor();
      assert.equal(param(page, 'query'), '{pod="shop-0"}');
      assert.equal(param(page, 'range'), '10m');
    },
  },
  {
    name: 'logs: without any entry the page says how to send some',
    async run({ open, page, shot }) {
      const mock = await mockLoki(page, { empty: true });
      await open('/explore/logs');
      await page.getByText('No logs received yet').waitFor();
      for (const way of ['Loki push', 'OTLP', 'Pipeline exporter'])
        await page.getByLabel(way, { exact: true }).getByLabel('Copy command').waitFor();
      await shot('explore-logs-empty');
      mock.settings.empty = false;
      await rows(page).first().waitFor();
    },
  },
  {
    name: 'logs: a server without a log store is named',
    async run({ open, page, allow }) {
      allow(/404/);
      await mockLoki(page, { missing: true });
      await open('/explore/logs');
      await page.getByRole('heading', { name: 'No log store' }).waitFor();
    },
  },
  {
    name: 'logs: every view, dark',
    context: { colorScheme: 'dark' },
    async run(context) {
      const { page, shot, open } = context;
      await logs(context, ALL);
      await page.locator('.logs-volume .chart canvas').waitFor();
      await openRow(page, 'order placed');
      await shot('explore-logs-dark');
      await open(address(ALL, '&view=patterns'));
      await page.getByText('New since').waitFor();
      await shot('explore-logs-dark-patterns');
    },
  },
  {
    name: 'logs: every view fits a phone',
    context: PHONE,
    async run(context) {
      const { page, shot, open } = context;
      await mockLoki(page);
      for (const view of ['list', 'table', 'patterns', 'live']) {
        await open(address(ALL, `&view=${view}`));
        await page.locator('.logs-row, .logs-table tbody tr').first().waitFor();
        await settled(page);
        await until(`${view} is not wider than a phone`, async () => (await overflow(page)) <= 0);
        await shot(`explore-logs-phone-${view}`);
      }
      await open(address(ALL, '&facets=0&builder=1'));
      await openRow(page, 'order placed');
      await until('details fit', async () => (await overflow(page)) <= 0);
      await shot('explore-logs-phone-details');
    },
  },
];
