// Dashboards: import, panels, variables, editing, export, on a server with its store. Metrics are computed by PromQL, logs and traces are made within the browser.
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { mockLoki } from './loki-mock.mjs';
import { PHONE, settled, until, violations } from './steps.mjs';
import { mockTempo } from './tempo-mock.mjs';

const params = (page, name) => new URL(page.url()).searchParams.getAll(name);

async function clean(page, what, known = /^$/) {
  await settled(page);
  const found = (await violations(page)).filter((one) => !known.test(one));
  assert.deepEqual(found, [], `${what}: ${found.join('\n')}`);
}

const SERIES =
  'label_replace(vector(3), "job", "api", "", "") or label_replace(vector(7), "job", "web", "", "") or label_replace(vector(90), "job", "db", "", "")';

const panel = (id, type, title, x, y, w, h, more) => ({ id, type, title, gridPos: { x, y, w, h }, ...more });
const metric = (expr, more = {}) => ({
  refId: 'A',
  datasource: { type: 'prometheus' },
  expr,
  legendFormat: '{{job}}',
  ...more,
});

/** A model with a member that no program knows. */
const MODEL = {
  uid: 'e2e-shop',
  title: 'Shop',
  tags: ['e2e', 'shop'],
  schemaVersion: 39,
  time: { from: 'now-30m', to: 'now' },
  ofAnotherProgram: { kept: [1, 2.5] },
  templating: {
    list: [
      {
        name: 'job',
        type: 'custom',
        query: 'api, web, db',
        multi: true,
        includeAll: true,
        current: { value: ['$__all'] },
      },
      { name: 'limit', label: 'Limit', type: 'textbox', query: '0' },
    ],
  },
  panels: [
    panel(1, 'timeseries', 'Requests of $job', 0, 0, 12, 8, {
      targets: [metric(`(${SERIES}) > $limit`)],
      fieldConfig: { defaults: { unit: 'reqps', custom: { axisPlacement: 'right' } }, overrides: [] },
    }),
    panel(2, 'stat', 'Disk', 12, 0, 6, 4, {
      targets: [metric('vector(0.93)', { legendFormat: '' })],
      fieldConfig: {
        defaults: {
          unit: 'percentunit',
          thresholds: {
            mode: 'absolute',
            steps: [
              { value: null, color: 'green' },
              { value: 0.9, color: 'red' },
            ],
          },
        },
        overrides: [],
      },
    }),
    panel(3, 'gauge', 'Load', 18, 0, 6, 4, {
      targets: [metric('vector(40)', { legendFormat: '' })],
      fieldConfig: { defaults: { unit: 'percent', min: 0, max: 100 }, overrides: [] },
    }),
    panel(4, 'bargauge', 'Jobs', 12, 4, 12, 4, { targets: [metric(SERIES)] }),
    panel(5, 'table', 'Values', 0, 8, 12, 7, {
      targets: [metric(SERIES, { instant: true, format: 'table' })],
      transformations: [
        {
          id: 'organize',
          options: { excludeByName: { Time: true }, renameByName: { job: 'Service', Value: 'Requests' } },
        },
      ],
    }),
    panel(6, 'text', 'Notes', 12, 8, 12, 7, {
      options: {
        mode: 'markdown',
        content:
          '## Runbook\n\n* **call** the team\n\n<img src=x onerror="window.hacked = 1"> [x](javascript:alert(1)) [docs](https://example.org)',
      },
    }),
    panel(7, 'geomap', 'Map', 0, 15, 12, 4, { targets: [metric('up')] }),
    panel(8, 'row', 'Row of $job', 0, 19, 24, 1, { repeat: 'job', collapsed: false, panels: [] }),
    panel(9, 'stat', 'Only $job', 0, 20, 8, 4, {
      targets: [metric(`(${SERIES}) and on (job) label_replace(vector(1), "job", "$job", "", "")`)],
      options: { textMode: 'value' },
    }),
  ],
};

async function importModel(page, open, model) {
  await open('/dashboards');
  await settled(page);
  await page.getByRole('button', { name: 'Import' }).first().click();
  await page.getByLabel('JSON of Grafana').fill(JSON.stringify(model));
}

async function removeAll(page) {
  await page.evaluate(async () => {
    const base = new URL(document.baseURI).pathname;
    const list = await (await fetch(`${base}api/v1/dashboards`)).json();
    for (const d of list.data.dashboards)
      await fetch(`${base}api/v1/dashboards/${d.uid}?version=${d.version}`, { method: 'DELETE' });
  });
}

export const scenarios = [
  {
    name: 'dashboards: import names what is not shown and keeps the file',
    async run({ open, page, shot, baseUrl }) {
      await importModel(page, open, MODEL);
      const report = page.getByLabel('Import report');
      await report.getByText('panel type geomap').waitFor();
      await report.getByText('second axis').waitFor();
      await page.getByLabel('Folder (optional)').fill('Tests');
      await clean(page, 'import');
      await shot('dashboards-import');
      await page.getByRole('button', { name: 'Import', exact: true }).last().click();
      await page.getByRole('heading', { name: 'Shop', level: 1 }).waitFor();
      await page.getByLabel('Requests of All', { exact: true }).locator('canvas').waitFor();
      await page.getByLabel('Disk', { exact: true }).getByText('93%').waitFor();
      await page
        .getByLabel('Load: 40%')
        .or(page.getByLabel('Load', { exact: true }).getByText('40%'))
        .first()
        .waitFor();
      await page.getByLabel('Jobs', { exact: true }).getByText('web').waitFor();
      const table = page.getByRole('region', { name: 'Values table' }).locator('table');
      assert.deepEqual(await table.locator('th').allTextContents(), ['Service', 'Requests']);
      assert.equal(await table.locator('tbody tr').count(), 3);
      const notes = page.getByLabel('Notes', { exact: true });
      await notes.getByText('Runbook').waitFor();
      assert.equal(await notes.locator('img').count(), 0);
      assert.deepEqual(
        await notes.locator('a').evaluateAll((all) => all.map((a) => a.getAttribute('href'))),
        ['https://example.org'],
      );
      assert.equal(await page.evaluate(() => window.hacked), undefined);
      await page.getByText('Not shown: panel type geomap').waitFor();
      await page.getByRole('heading', { name: 'Row of db' }).waitFor();
      await clean(page, 'dashboard');
      await shot('dashboard', { fullPage: true });
      const exported = await page.request.get(`${baseUrl}/api/v1/dashboards/e2e-shop/export`);
      assert.deepEqual(await exported.json(), MODEL);
    },
  },
  {
    name: 'dashboards: variables change panels and the address',
    async run({ open, page }) {
      await open('/dashboards/e2e-shop');
      await page.getByLabel('Only api', { exact: true }).scrollIntoViewIfNeeded();
      await page.getByLabel('Only api', { exact: true }).getByText('3', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'job: All' }).click();
      const values = page.getByRole('group', { name: 'Values', exact: true });
      await values.getByRole('button', { name: 'web' }).click();
      await values.getByRole('button', { name: 'db' }).click();
      await until('both in the address', () => params(page, 'var-job').join() === 'web,db');
      await page.getByLabel('Requests of web + db', { exact: true }).waitFor();
      await until(
        'rows of both',
        async () => (await page.getByRole('heading', { name: /^Row of/ }).count()) === 2,
      );
      await page.reload();
      await page.getByLabel('Requests of web + db', { exact: true }).waitFor();
      await page.getByLabel('Only db', { exact: true }).scrollIntoViewIfNeeded();
      await page.getByLabel('Only db', { exact: true }).getByText('90', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Row of db' }).click();
      await page.getByLabel('Only db', { exact: true }).waitFor({ state: 'detached' });
    },
  },
  {
    name: 'dashboards: panels are edited, moved, resized and saved',
    async run({ open, page, shot, baseUrl, allow }) {
      allow(/409/);
      await open('/dashboards/e2e-shop');
      await settled(page);
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByRole('button', { name: 'Edit Disk' }).click();
      const dialog = page.getByRole('dialog', { name: 'Edit panel' });
      await dialog.getByLabel('Title').fill('Disk used');
      await dialog.getByLabel('Decimals').fill('1');
      await dialog.getByText('93.0%').waitFor();
      await clean(page, 'panel form');
      await shot('dashboard-panel-form');
      await dialog.getByRole('button', { name: 'Apply' }).click();
      await page.getByRole('button', { name: /^Resize Load/ }).press('ArrowDown');
      await page.getByRole('button', { name: /^Move Notes/ }).press('ArrowDown');
      await page.getByRole('button', { name: 'Remove Map' }).click();
      await page.getByRole('button', { name: 'Add panel' }).click();
      await dialog.getByLabel('Title').fill('Added');
      await dialog.getByLabel('Kind').selectOption('stat');
      await dialog.getByRole('button', { name: 'Apply' }).click();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('button', { name: 'Edit', exact: true }).waitFor();
      await page.getByLabel('Disk used', { exact: true }).getByText('93.0%').waitFor();
      const saved = (await (await page.request.get(`${baseUrl}/api/v1/dashboards/e2e-shop`)).json()).data;
      assert.equal(saved.version, 2);
      assert.deepEqual(saved.dashboard.ofAnotherProgram, MODEL.ofAnotherProgram);
      const titles = saved.dashboard.panels.map((p) => p.title);
      assert.ok(!titles.includes('Map') && titles.includes('Added'), titles.join());
      assert.equal(saved.dashboard.panels.find((p) => p.id === 3).gridPos.h, 5);
      assert.equal(
        saved.dashboard.panels.find((p) => p.id === 1).fieldConfig.defaults.custom.axisPlacement,
        'right',
      );

      // Another user saves while this page is open.
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByRole('button', { name: 'Add row' }).click();
      const other = await page.request.put(`${baseUrl}/api/v1/dashboards/e2e-shop?version=2`, {
        data: { ...saved.dashboard, title: 'Shop of another user' },
      });
      assert.equal(other.status(), 200);
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('has version 3, the change was made from version 2').waitFor();
      await page.getByRole('button', { name: 'Load the newer version' }).click();
      await page.getByRole('heading', { name: 'Shop of another user' }).waitFor();
    },
  },
  {
    name: 'dashboards: logs and traces; a query of Explore is added',
    async run({ open, page, shot, baseUrl }) {
      await mockLoki(page);
      await mockTempo(page);
      // The mocks answer the whole API of metrics; here it is the server's.
      await page.route(/\/api\/v1\/(dashboards|query)/, (route) =>
        route.request().url().includes('/loki/') ? route.fallback() : route.continue(),
      );
      const made = await page.request.post(`${baseUrl}/api/v1/dashboards?overwrite=true`, {
        data: {
          uid: 'e2e-events',
          title: 'Events',
          panels: [
            panel(1, 'logs', 'Lines', 0, 0, 12, 10, {
              targets: [{ refId: 'A', datasource: { type: 'loki' }, expr: '{service_name=~".+"}' }],
            }),
            panel(2, 'traces', 'Found', 12, 0, 12, 10, {
              targets: [
                {
                  refId: 'A',
                  datasource: { type: 'tempo' },
                  queryType: 'traceql',
                  query: '{ kind = server }',
                },
              ],
            }),
          ],
        },
      });
      assert.equal(made.status(), 200);
      await open('/dashboards/e2e-events');
      await page.getByLabel('Lines', { exact: true }).locator('.logs-row').first().waitFor();
      await page.getByLabel('Found', { exact: true }).locator('tbody tr').first().waitFor();
      // The row around the button takes the press as well.
      await clean(page, 'events', /^target-size: .*logs-open/);
      await shot('dashboard-events');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: /^Search pages/ }).fill('Events');
      await page.getByRole('option', { name: /Dashboard.*Events/ }).waitFor();
      await page.keyboard.press('Escape');
      await open('/query?g0.expr=vector(42)&g0.tab=graph');
      await page.getByRole('button', { name: 'Add to dashboard' }).click();
      const dialog = page.getByRole('dialog', { name: 'Add to dashboard' });
      await dialog.getByLabel('Dashboard', { exact: true }).selectOption('e2e-events');
      await dialog.getByLabel('Panel title').fill('From Explore');
      await dialog.getByRole('button', { name: 'Add panel' }).click();
      await dialog.getByRole('link', { name: 'Events' }).click();
      await page.getByLabel('From Explore', { exact: true }).locator('canvas').waitFor();
    },
  },
  {
    name: 'dashboards: list, search and tags; dark, and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot }) {
      await open('/dashboards');
      await page.getByRole('link', { name: 'Events' }).waitFor();
      await page.getByLabel('Filter dashboards').fill('another');
      await until('one dashboard', async () => (await page.locator('main tbody tr').count()) === 1);
      await page.getByLabel('Filter dashboards').fill('');
      await page.getByRole('button', { name: 'e2e', exact: true }).click();
      await until('one with the tag', async () => (await page.locator('main tbody tr').count()) === 1);
      for (const path of ['/dashboards', '/dashboards/e2e-shop']) {
        await open(path);
        await settled(page);
        await until(`${path} is not wider than a phone`, async () => (await overflow(page)) <= 0);
        await clean(page, path);
        await shot(`dashboards-phone${path.replaceAll('/', '-')}`, { fullPage: true });
      }
      await removeAll(page);
      await open('/dashboards');
      await page.getByRole('heading', { name: 'No dashboards' }).waitFor();
    },
  },
];
