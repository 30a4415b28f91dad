// The pages of what reads logs, with the configuration of BrowserCollectorTest.
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { PHONE, settled, until } from './steps.mjs';

const heading = (page) => page.locator('main h1').textContent();

export const scenarios = [
  {
    name: 'logs: the start page leads to what is read, and how far',
    async run({ open, page, shot }) {
      await open('/');
      const row = page.locator('tr', { hasText: 'app.log' });
      await row.waitFor();
      assert.equal(new URL(page.url()).pathname, '/targets');
      await until('all delivered', async () =>
        (await page.locator('.page-lead').textContent()).includes('all delivered'),
      );
      await row.getByText('shop', { exact: true }).first().waitFor();
      assert.equal(await row.locator('.log-progress').getAttribute('aria-label'), '100% delivered');
      await page.getByText('Other sources').waitFor();
      await page.locator('tr', { hasText: 'till.log' }).waitFor();
      await shot('logs-targets');
      await page.getByLabel('Search files').fill('till');
      await row.waitFor({ state: 'detached' });
      await page.reload();
      await page.locator('tr', { hasText: 'till.log' }).waitFor();
      assert.equal(await page.locator('.log-files tbody tr').count(), 1, 'the address keeps the words');
    },
  },
  {
    name: 'logs: what discovery found, and why something is not read',
    async run({ open, page, shot }) {
      await open('/service-discovery');
      await page.getByText('no path for target').waitFor();
      await page.locator('.discovery-row', { hasText: '__path__' }).first().getByText('1 file').waitFor();
      await shot('logs-discovery');
      await page.getByLabel('Search labels').fill('app=lost');
      await until('one job', async () => (await page.locator('.discovery-pool').count()) === 1);
    },
  },
  {
    name: 'logs: what was dropped and why',
    async run({ open, page, shot }) {
      await open('/dropped');
      const row = page.locator('tr', { hasText: 'noise' });
      await row.waitFor();
      assert.match(await row.textContent(), /2 entries/);
      await page.getByText('Dropped on purpose').waitFor();
      await page.locator('tr', { hasText: 'longer than limits_config.max_line_size' }).first().waitFor();
      await shot('logs-dropped');
    },
  },
  {
    name: 'logs: patterns with their counts, by severity',
    async run({ open, page, shot }) {
      await open('/patterns');
      const row = page.locator('.log-patterns tbody tr', { hasText: 'cannot reach' });
      await row.waitFor();
      assert.match(await row.textContent(), /^40/);
      await shot('logs-patterns');
      await page.locator('.log-severity', { hasText: 'warning' }).click();
      await row.waitFor({ state: 'detached' });
      await page.locator('.log-patterns tbody tr', { hasText: 'slow request' }).waitFor();
      assert.match(page.url(), /severity=warning/);
    },
  },
  {
    name: 'logs: lines of one’s own go through the stages',
    async run({ open, page, shot }) {
      await open('/inspect?job=shop');
      await page.getByLabel('Test lines').fill('level=error msg="cannot reach db-9"\nlevel=debug msg=noise');
      await page.getByRole('button', { name: 'Try' }).click();
      const traces = page.getByLabel('Results').locator('.log-trace');
      await traces.first().waitFor();
      assert.equal(await traces.count(), 2);
      assert.match(await traces.first().locator('.relabel').textContent(), /label level/);
      await traces.nth(1).getByText('dropped or buffered').waitFor();
      await traces.nth(1).getByText('No stage emits an entry now.').waitFor();
      await shot('logs-inspect');
    },
  },
  {
    name: 'logs: entries are shown as they pass',
    async run({ open, page, shot, feed }) {
      await open('/inspect?job=fed');
      await page.getByRole('button', { name: 'Show entries' }).click();
      await page.getByText('Waiting for an entry…').waitFor();
      // The watch begins a moment after the button changed: lines come until one is seen.
      let n = 0;
      await until('an entry', async () => {
        const sent = await fetch(`${feed}/promtail/api/v1/raw`, { method: 'POST', body: `passing ${n++}\n` });
        assert.equal(sent.status, 204);
        return (await page.getByLabel('Entries', { exact: true }).locator('.log-trace').count()) > 0;
      });
      const trace = page.getByLabel('Entries', { exact: true }).locator('.log-trace').first();
      assert.match(await trace.textContent(), /passing \d+/);
      assert.match(await trace.locator('.relabel').textContent(), /static_labels/);
      assert.match(await trace.textContent(), /Queued for delivery/);
      assert.ok(!/\bSent\b/.test(await page.locator('main').textContent()), 'nothing is called sent');
      await shot('logs-live');
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByRole('button', { name: 'Show entries' }).waitFor();
    },
  },
  {
    name: 'logs: the configuration, without secrets',
    async run({ open, page }) {
      await open('/config');
      await page.getByText('job_name').first().waitFor();
      const text = await page.locator('.yaml').textContent();
      assert.ok(!text.includes('hunter2'), 'a secret is shown');
      assert.match(text, /<secret>/);
    },
  },
  {
    name: 'logs: every page, dark and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot }) {
      for (const path of ['targets', 'service-discovery', 'dropped', 'patterns', 'inspect', 'config']) {
        await open(`/${path}`);
        await settled(page);
        assert.ok((await heading(page)).length > 0);
        await until(`${path} is not wider than a phone`, async () => (await overflow(page)) <= 0);
        await shot(`logs-phone-${path}`);
      }
    },
  },
];
