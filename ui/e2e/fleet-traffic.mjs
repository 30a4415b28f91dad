// The way of a new user through a control plane: five collectors with the traffic of the demo shop, labels env=prod and
// env=dev, live tap and a price. Find the service with the most logs, sample it, see the effect, end it; break a version.
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { PHONE, settled, until, violations } from './steps.mjs';

const version = (processors, names, timeout = '200ms') => `receivers:
  otlp: {protocols: {http: {endpoint: "127.0.0.1:\${env:OTLP_PORT}"}}}
processors:
  batch: {timeout: ${timeout}}
${processors}exporters:
  nop: {}
service:
  telemetry:
    metrics: {level: none}
    volumes: {prices: {currency: EUR, exporters: {nop: {per_gib: 2.5}}}}
  pipelines:
    logs: {receivers: [otlp], processors: [${names}], exporters: [nop]}
    traces: {receivers: [otlp], processors: [batch], exporters: [nop]}
    metrics: {receivers: [otlp], processors: [batch], exporters: [nop]}
`;

const DROPS = '  filter/errors: {logs: {log_record: ["severity_number >= 1"]}}\n';

async function add(page, text, reason) {
  await page.getByRole('button', { name: 'New version' }).click();
  const dialog = page.locator('dialog');
  await dialog.getByLabel('Name').fill('shop');
  await dialog.getByLabel('collector.yaml').fill(text);
  await dialog.getByLabel('Reason').fill(reason);
  return dialog;
}

async function rollOut(page, reason, soak) {
  await page.getByRole('button', { name: 'Roll out' }).click();
  const dialog = page.locator('dialog');
  await dialog.getByText('5 connected agents match').waitFor();
  if (soak) await dialog.getByLabel('Soak').fill(soak);
  await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: 'Start rollout' }).click();
}

export const scenarios = [
  {
    name: 'shop: the service with the most logs is sampled, its effect is shown, and the control ended',
    async run({ open, page, shot }) {
      await open('/volumes');
      await page.getByText(/Of 5 agents/).waitFor({ timeout: 60_000 });
      const rows = page.locator('.volumes-table tbody tr');
      await until(
        'logs',
        async () => (await page.getByRole('button', { name: 'logs' }).count()) === 1,
        60_000,
      );
      await page.getByRole('button', { name: 'logs' }).click();
      await until('a cost of 30 days', async () =>
        /\d/.test(await rows.first().locator('td').last().textContent()),
      );
      assert.equal(
        await page.locator('.volumes-table th[aria-sort]').textContent(),
        'In now',
        'the first row is what is noisy now',
      );
      // Rates before the control need two reports of each agent.
      await page.waitForTimeout(20_000);
      await shot('shop-volumes');
      await rows
        .first()
        .getByRole('link', { name: /^Control logs of/ })
        .click();
      const dialog = page.locator('dialog');
      assert.equal(await dialog.getByLabel('Action').inputValue(), 'sample');
      assert.equal(await dialog.getByLabel('Kept share').inputValue(), '10');
      assert.ok(await dialog.getByLabel('Keep errors').isChecked());
      await dialog.getByRole('button', { name: 'Preview' }).click();
      await dialog.getByText(/it would have dropped [1-9]/).waitFor();
      await dialog.getByLabel('Reason').fill('too many logs');
      await dialog.getByRole('button', { name: 'Start control' }).click();
      const card = page.locator('.fleet-rollout', { hasText: 'too many logs' });
      await card.getByText('applied at 5 agents').waitFor();
      const effect = card.locator('.fleet-effect tbody tr');
      await until(
        'a smaller cost',
        async () => /^−\d/.test(await effect.last().locator('td').last().textContent()),
        60_000,
      );
      assert.match(await effect.last().textContent(), /Cost of 30 days, EUR/);
      assert.match(await card.textContent(), /(KiB|B) less/);
      await shot('shop-effect');
      await card.getByRole('button', { name: 'End control' }).click();
      await page.locator('dialog').getByLabel('Reason').fill('quiet again');
      await page.locator('dialog').getByRole('button', { name: 'End', exact: true }).click();
      await card.locator('.badge', { hasText: 'Ended' }).waitFor();
      await card.getByRole('button', { name: 'Show effect' }).click();
      await card.locator('.fleet-effect').waitFor();
    },
  },
  {
    name: 'shop: a route to a pipeline that does not run is refused in the preview',
    async run({ open, page, allow, shot }) {
      allow(/409/);
      await open('/fleet/controls');
      await page.getByRole('button', { name: 'New control' }).click();
      const dialog = page.locator('dialog');
      await dialog.getByLabel('Action').selectOption('route');
      await dialog.getByLabel('Signal').selectOption('logs');
      await dialog.getByLabel('Service').fill('cart');
      await dialog.getByLabel('Target pipeline').fill('logs/archive');
      await dialog.getByRole('button', { name: 'Preview' }).click();
      await dialog.getByText(/no connected agent of the selector runs the pipeline logs\/archive/).waitFor();
      await shot('shop-no-target');
    },
  },
  {
    name: 'shop: a quota by service shows its use',
    async run({ open, page, shot }) {
      await open('/fleet/quotas');
      await page.getByText('No quota').waitFor();
      await page.getByRole('button', { name: 'New quota' }).click();
      const dialog = page.locator('dialog');
      assert.equal(await dialog.getByLabel('Action').inputValue(), 'quota');
      await dialog.getByLabel('Signal').selectOption('traces');
      await dialog.getByLabel('Limit').fill('50 GB');
      await dialog.getByLabel('By attribute').fill('service.name');
      await dialog.getByRole('button', { name: 'More settings' }).click();
      await dialog.getByLabel('Pipeline', { exact: true }).fill('traces');
      await dialog.getByLabel('Reason').fill('budget of the shop');
      await dialog.getByRole('button', { name: 'Start control' }).click();
      await page.locator('.fleet-rollout', { hasText: 'budget of the shop' }).waitFor();
      await open('/fleet/quotas');
      const row = page.locator('tbody tr', { hasText: 'frontend' }).first();
      await row.getByText('Within limit').waitFor();
      await row.getByRole('button').click();
      await until(
        'a row for each agent',
        async () => (await page.locator('tbody tr', { hasText: 'zone=' }).count()) === 5,
      );
      await shot('shop-quota');
      assert.deepEqual(await violations(page), []);
      await page.getByRole('button', { name: 'End quota' }).click();
      await page.locator('dialog').getByLabel('Reason').fill('no longer needed');
      await page.locator('dialog').getByRole('button', { name: 'End', exact: true }).click();
      await page.getByText('No quota').waitFor();
    },
  },
  {
    name: 'shop: exporters are searched for personal data',
    async run({ open, page, shot }) {
      await open('/fleet/findings');
      await page.getByLabel('Agents').fill('env=prod');
      await page.getByRole('button', { name: 'Search now' }).click();
      await page.getByRole('row', { name: /exporter:nop@logs/ }).waitFor();
      await shot('shop-findings');
      assert.deepEqual(await violations(page), []);
    },
  },
  {
    name: 'shop: records are tapped before and after a node, and one is followed',
    async run({ open, page, shot }) {
      await open('/fleet/tap');
      await page.getByLabel('Agents').fill('env=prod');
      await page.getByLabel('Node', { exact: true }).selectOption('exporter:nop@logs');
      await page.getByRole('button', { name: 'Read records' }).click();
      await until('three agents', async () => (await page.locator('.fleet-tapped').count()) === 3);
      await page.locator('.tap-line').first().waitFor();
      await shot('shop-tap');
      await page.getByText('Where a record goes').click();
      await page.getByRole('button', { name: 'Follow record' }).click();
      await page.getByText('Passed to exporter:nop@logs').first().waitFor();
      assert.deepEqual(await violations(page), []);
    },
  },
  {
    name: 'shop: recommendations of the agents are listed',
    async run({ open, page, shot }) {
      await open('/volumes/recommendations');
      await page.getByText('No sample yet').waitFor();
      await page.getByRole('button', { name: 'Take sample' }).click();
      await until(
        'an answer',
        async () =>
          (await page.getByText('Nothing to recommend').count()) +
            (await page.locator('.advice-card').count()) >
          0,
      );
      await shot('shop-recommendations');
    },
  },
  {
    name: 'shop: a version is tried on live records, and one that drops all is undone by itself',
    async run({ open, page, shot }) {
      await open('/fleet/configurations');
      let dialog = await add(page, version('', 'batch'), 'as it runs');
      await dialog.getByRole('button', { name: 'Add version' }).click();
      await page.getByRole('heading', { name: 'shop version 1' }).waitFor();
      await rollOut(page, 'as it runs', '1s');
      await page
        .locator('.fleet-rollout')
        .first()
        .locator('.badge', { hasText: 'Done' })
        .waitFor({ timeout: 90_000 });

      await open('/fleet/configurations?name=shop');
      dialog = await add(page, version(DROPS, 'filter/errors, batch'), 'a mistake');
      await dialog.getByRole('button', { name: 'Dry run on records' }).click();
      await until(
        'nodes',
        async () => (await dialog.getByLabel('Node', { exact: true }).inputValue()) !== '',
      );
      await dialog.getByRole('button', { name: 'Start dry run' }).click();
      const nop = dialog.locator('tr', { hasText: 'nop' }).first();
      await nop.getByText('−100 %').waitFor();
      await nop.scrollIntoViewIfNeeded();
      await shot('shop-dry-run');
      await dialog.getByRole('button', { name: 'Add version' }).click();
      await page.getByRole('heading', { name: 'shop version 2' }).waitFor();
      await rollOut(page, 'a mistake');
      const card = page.locator('.fleet-rollout').first();
      await card.locator('.badge', { hasText: 'Undone' }).waitFor({ timeout: 60_000 });
      assert.match(await card.textContent(), /Reached 1 agent\b/);
      await shot('shop-undone');
      await open('/fleet');
      await until('all have the version before', async () => {
        const all = await page.locator('.fleet-table tbody').textContent();
        return all.split('shop version 1').length === 6 && !all.includes('version 2');
      });
    },
  },
  {
    name: 'shop: dark, on a phone, without a fault of accessibility',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot, allow }) {
      allow(/404/);
      for (const path of [
        '/volumes',
        '/volumes/recommendations',
        '/fleet/tap',
        '/fleet/findings',
        '/fleet/repository',
        '/fleet/controls',
        '/fleet/quotas',
        '/fleet/automation',
      ]) {
        await open(path);
        await settled(page);
        assert.ok((await overflow(page)) <= 0, `${path} is wider than a phone`);
        assert.deepEqual(await violations(page), [], path);
        await shot(`shop-phone${path.replaceAll('/', '-')}`);
      }
    },
  },
];
