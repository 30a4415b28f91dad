// What a server or an agent sends on: it scrapes something, and one of its destinations is down.
import assert from 'node:assert/strict';
import { until } from './steps.mjs';

export const scenarios = [
  {
    name: 'remote write: what is scraped flows to each destination',
    async run({ open, page, shot }) {
      await open('/pipelines');
      await page.locator('.graph-card', { hasText: 'scrape' }).waitFor();
      const down = page.locator('.graph-card', { hasText: 'prometheus_remote_write/down' });
      await until('it is marked', async () => /down.*down|trying|errors/s.test(await down.textContent()));
      await until('figures', async () => /[1-9]\S*\/s/.test(await down.textContent()));
      await down.click();
      await page.locator('.panel').getByText('connection refused').waitFor();
      await shot('remote-write');
      await page.getByRole('link', { name: 'In the configuration' }).click();
      await page.locator('.yaml-line.is-marked', { hasText: 'remote_write:' }).waitFor();
    },
  },
  {
    name: 'remote write: a tap shows samples',
    async run({ open, page }) {
      const edge = 'receiver:scrape..metrics..exporter:prometheus_remote_write/down@metrics';
      await open(`/pipelines?view=table&at=${encodeURIComponent(edge)}`);
      await page.getByRole('button', { name: 'Show live records' }).click();
      await page.locator('.tap-line', { hasText: 'scraped_total' }).first().waitFor({ timeout: 30_000 });
    },
  },
  {
    name: 'remote write: an agent has the pages of an agent',
    async run({ open, page }) {
      await open('/');
      const agent = (await page.locator('meta[name=tethys]').getAttribute('content')).includes('"agent"');
      await page.locator('.nav-item', { hasText: 'Data' }).waitFor();
      assert.equal(await page.locator('.nav-item', { hasText: 'Explore' }).count(), agent ? 0 : 1);
      if (agent) await until('its targets come first', () => page.url().includes('/targets'));
    },
  },
];
