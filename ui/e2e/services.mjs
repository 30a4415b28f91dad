// Services: list, map and page of a service, against answers that are made within the browser.
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { mockChanges } from './insight-changes-mock.mjs';
import { mockInsight } from './insight-mock.mjs';
import { mockLoki } from './loki-mock.mjs';
import { mockSpanMetrics } from './services-mock.mjs';
import { PHONE, settled, until, violations } from './steps.mjs';
import { mockTempo } from './tempo-mock.mjs';

const param = (page, name) => new URL(page.url()).searchParams.get(name);

async function clean(page, what) {
  await settled(page);
  const found = await violations(page);
  assert.deepEqual(found, [], `${what}: ${found.join('\n')}`);
}

/** Services of a server without entities: what they show is of requests alone. */
async function mockServices(page, options) {
  await mockInsight(page, { world: { entities: [], relations: [] }, quiet: true });
  await mockChanges(page);
  return mockSpanMetrics(page, options);
}

export const scenarios = [
  {
    name: 'services: list with rate, errors, durations, trend and operations',
    async run({ open, page, shot }) {
      await mockServices(page);
      await open('/services');
      const rows = page.getByLabel('Service list').locator('tbody tr');
      await rows.nth(4).waitFor();
      await rows.filter({ hasText: 'pay' }).getByText('failing').waitFor();
      await rows.filter({ hasText: 'cart' }).getByText('warning').waitFor();
      await rows.filter({ hasText: 'batch' }).getByText('no requests').waitFor();
      await page.locator('.spark').first().waitFor();
      await page.getByRole('button', { name: 'Errors' }).click();
      assert.match(await rows.first().textContent(), /^pay/);
      await clean(page, 'list');
      await shot('services');
      await page.getByLabel('Filter services').fill('ma');
      await until('one service', async () => (await rows.count()) === 1);
      assert.equal(param(page, 'filter'), 'ma');
    },
  },
  {
    name: 'services: map with rate, errors and durations; a press shows calls in and out',
    async run({ open, page, shot }) {
      await mockServices(page);
      await open('/services/map');
      const map = page.locator('.services-map');
      await map.getByRole('button', { name: /postgresql/ }).waitFor();
      await until('figures at the calls', async () => (await map.locator('.graph-band text').count()) === 6);
      await clean(page, 'map');
      await shot('services-map');
      await map.locator('.graph-card', { hasText: 'pay' }).first().click();
      await page.getByLabel('Called by', { exact: true }).getByText('web').waitFor();
      await page.getByLabel('Calls to', { exact: true }).getByText('postgresql').waitFor();
      await shot('services-map-chosen', { fullPage: true });
      await page.getByRole('link', { name: 'Open service' }).click();
      await page.getByRole('heading', { name: 'pay', level: 1 }).waitFor();
    },
  },
  {
    name: 'services: a large map is grouped, and groups expand',
    async run({ open, page, shot }) {
      await mockServices(page, { crowd: true });
      await open('/services/map');
      const cards = page.locator('.services-map .graph-card');
      await cards.first().waitFor();
      const before = await cards.count();
      assert.ok(before <= 40, `${before} nodes`);
      await shot('services-map-grouped');
      await cards.filter({ hasText: 'ship' }).first().click();
      await page.getByRole('button', { name: 'Expand group' }).click();
      await until('more nodes', async () => (await cards.count()) > before);
      await shot('services-map-expanded');
      await page.getByRole('button', { name: 'Collapse groups' }).click();
      await until('grouped again', async () => (await cards.count()) === before);
    },
  },
  {
    name: 'services: the page of a service',
    async run({ open, page, shot }) {
      await mockTempo(page);
      await mockLoki(page);
      await mockServices(page);
      await open('/services/service/pay');
      await page.getByLabel('Operation list').getByText('charge').waitFor();
      for (const title of ['Rate', 'Errors', 'Duration'])
        await page.getByLabel(title, { exact: true }).locator('canvas').waitFor();
      await page.getByLabel('Calls to', { exact: true }).getByText('mail').waitFor();
      await page.getByLabel('Failed traces').locator('tbody tr').first().waitFor();
      await page.getByLabel('Slow traces').locator('tbody tr').first().waitFor();
      await page.getByLabel('Instance list').waitFor();
      await page.getByLabel('Log patterns').waitFor();
      await clean(page, 'service');
      await shot('service', { fullPage: true });
      await page.getByLabel('Operation list').getByRole('link', { name: 'charge' }).click();
      await until(
        'traces of the operation',
        () => param(page, 'query') === '{ resource.service.name = "pay" && name = "charge" }',
      );
    },
  },
  {
    name: 'services: without spans the page says how to send some',
    async run({ open, page, shot }) {
      const settings = await mockServices(page, { empty: true });
      for (const path of ['/services', '/services/map']) {
        await open(path);
        await page.getByRole('heading', { name: 'No services' }).waitFor();
        await page.getByLabel('OTLP', { exact: true }).getByLabel('Copy command').waitFor();
      }
      await clean(page, 'empty');
      await shot('services-empty');
      settings.empty = false;
    },
  },
  {
    name: 'services: dark, and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot }) {
      await mockTempo(page);
      await mockLoki(page);
      await mockServices(page);
      for (const path of ['/services', '/services/map', '/services/service/pay']) {
        await open(path);
        await settled(page);
        await until(`${path} is not wider than a phone`, async () => (await overflow(page)) <= 0);
        await clean(page, path);
        await shot(`services-phone${path.replaceAll('/', '-')}`, { fullPage: true });
      }
    },
  },
];
