// Explore → Logs against the log store of the server: entries are pushed to it first.
import assert from 'node:assert/strict';
import { until } from './steps.mjs';

const rows = (page) => page.locator('.logs-row');
const param = (page, name) => new URL(page.url()).searchParams.get(name);

/** Six hundred entries of the last ten minutes, in two streams. */
async function push(baseUrl) {
  const now = Date.now();
  const values = { shop: [], gateway: [] };
  for (let i = 0; i < 600; i++) {
    const ns = `${now - (600 - i) * 1000}000000`;
    if (i % 3 === 0)
      values.shop.push([
        ns,
        JSON.stringify({ level: i % 30 === 0 ? 'error' : 'info', msg: `order ${i} placed`, total: i / 10 }),
        { trace_id: String(i).padStart(16, '0') },
      ]);
    else values.gateway.push([ns, `level=warn method=GET path=/api/items/${i} duration=${i}ms`]);
  }
  const streams = Object.entries(values).map(([name, own]) => ({
    stream: { service_name: name },
    values: own,
  }));
  const sent = await fetch(`${baseUrl}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ streams }),
  });
  assert.equal(sent.status, 204, await sent.text());
}

export const scenarios = [
  {
    name: 'log store: the first entries open the page, a field filters them',
    async run({ open, page, shot, baseUrl, allow }) {
      // Older servers do not detect fields.
      allow(/404 .*\/loki\/api\/v1\/detected_/);
      await open('/explore/logs');
      await page.getByText('No logs received yet').waitFor();
      await push(baseUrl);
      await rows(page).first().waitFor();
      assert.equal(param(page, 'query'), '{service_name=~".+"}');
      await page.locator('.logs-level', { hasText: 'warn' }).getByText('400').waitFor();
      await shot('log-store');
      await page.goto(
        `${baseUrl}/explore/logs?query=${encodeURIComponent('{service_name="shop"} |= "order" | json')}`,
      );
      const row = rows(page).first();
      await row.locator('.logs-open').click();
      assert.equal(await row.locator('mark').first().textContent(), 'order');
      await row.getByLabel('Structured metadata').getByText('trace_id', { exact: true }).waitFor();
      const level = row.getByLabel('Parsed fields').locator('.logs-field-row', { hasText: 'level' }).first();
      await level.getByLabel('Filter out').click();
      await until('the filter', () => param(page, 'query').endsWith('| level!="info"'));
      await page.getByText('20 lines loaded').waitFor();
      await rows(page).first().locator('.logs-open').click();
      await page.getByText('Surrounding lines').first().click();
      await page.locator('.logs-context-line.is-current').waitFor();
      assert.ok((await page.locator('.logs-context-line').count()) > 20);
    },
  },
  {
    name: 'log store: a metric query is drawn, an error marked',
    async run({ open, page, shot, allow }) {
      allow(/400/);
      await open(
        `/explore/logs?query=${encodeURIComponent('sum by (service_name) (rate({service_name=~".+"}[1m]))')}`,
      );
      await page.locator('.legend-table tbody tr').nth(1).waitFor();
      await shot('log-store-metric');
      await open(`/explore/logs?query=${encodeURIComponent('{service_name="shop"} | json |')}`);
      await page.locator('.notice-error').first().waitFor();
      await page.locator('.cm-lintRange-error').waitFor();
    },
  },
  {
    name: 'log store: an alert of a query is shown with the rules and removed there',
    async run({ open, page, shot }) {
      await open(`/explore/logs?query=${encodeURIComponent('{service_name="shop"} |= "order"')}`);
      await page.getByRole('button', { name: 'Alert', exact: true }).click();
      await page.getByLabel('Name').fill('Too many / orders');
      await page.getByRole('button', { name: 'Create alert' }).click();
      await page.getByRole('link', { name: 'Show the rules' }).click();
      const group = page.locator('.rule-group', { hasText: 'Too many / orders' });
      await group.getByText('Created by Explore').waitFor();
      await shot('log-store-rule');
      const dialog = page.getByRole('dialog', { name: 'Remove rule group Too many / orders?' });
      await group.getByRole('button', { name: 'Remove' }).click();
      await dialog.getByRole('button', { name: 'Keep it' }).click();
      assert.equal(await group.count(), 1);
      await page.goto(page.url().replace('/rules', '/alerts'));
      await page.locator('.alert-rule', { hasText: 'Too many / orders' }).getByRole('button').first().click();
      await page.getByRole('button', { name: 'Remove' }).click();
      await dialog.getByRole('button', { name: 'Remove it' }).click();
      await until('the alert is gone', async () => (await page.locator('.alert-rule').count()) === 0);
    },
  },
];
