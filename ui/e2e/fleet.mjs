// The fleet's pages of a control plane to which three collectors are connected: two with the label env=prod, one with
// env=dev. --feed is the address of a port that is taken.
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { PHONE, settled, until } from './steps.mjs';

const version = (timeout, endpoint = '127.0.0.1:0') => `receivers:
  otlp: {protocols: {http: {endpoint: "${endpoint}"}}}
processors:
  batch: {timeout: ${timeout}}
exporters:
  nop: {}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    logs: {receivers: [otlp], processors: [batch], exporters: [nop]}
`;

/** Adds a version in the dialog; the page of the version opens. */
async function add(page, text, reason) {
  await page.getByRole('button', { name: 'New version' }).click();
  const dialog = page.locator('dialog');
  await dialog.getByLabel('Name').fill('edge');
  await dialog.getByLabel('collector.yaml').fill(text);
  await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: 'Add version' }).click();
  return dialog;
}

async function rollOut(page, selector, reason) {
  await page.getByRole('button', { name: 'Roll out' }).click();
  const dialog = page.locator('dialog');
  await dialog.getByLabel('Selector').fill(selector);
  await dialog.getByLabel('Soak').fill('1s');
  await dialog.getByLabel('Reason').fill(reason);
  return dialog;
}

export const scenarios = [
  {
    name: 'fleet: agents are listed with health and labels, and narrowed by words',
    async run({ open, page, shot }) {
      await open('/');
      await until('the start page are agents', () => page.url().includes('/fleet'));
      const rows = page.locator('.fleet-table tbody tr');
      await until('three agents', async () => (await rows.count()) === 3);
      await page.locator('.badge-ok', { hasText: 'Healthy' }).first().waitFor();
      await shot('fleet-agents');
      await page.getByLabel('Filter agents').fill('env=dev');
      await until('one agent', async () => (await rows.count()) === 1);
      await rows.first().getByRole('button').click();
      const panel = page.getByRole('complementary', { name: 'Agent' });
      await panel.getByText('env').first().waitFor();
      await panel.locator('.yaml-line', { hasText: 'otlp' }).first().waitFor();
      assert.match(page.url(), /agent=/);
      await shot('fleet-agent');
      await panel.getByRole('button', { name: 'Close' }).click();
      await until('the panel is closed', async () => (await panel.count()) === 0);
    },
  },
  {
    name: 'fleet: a version that does not parse is refused with its place',
    async run({ open, page, allow }) {
      allow(/422/);
      await open('/fleet/configurations');
      const dialog = await add(page, version('200ms').replace('batch: {', 'no_such_thing: {'), 'a mistake');
      await dialog.getByText(/edge\.yaml:4:3/).waitFor();
      assert.match(await dialog.textContent(), /no_such_thing/);
      await dialog.getByRole('button', { name: 'Close' }).first().click();
    },
  },
  {
    name: 'fleet: a version is added, compared and rolled out',
    async run({ open, page, shot }) {
      await open('/fleet/configurations');
      await add(page, version('200ms'), 'the first one');
      await page.getByRole('heading', { name: 'edge version 1' }).waitFor();
      await add(page, version('500ms'), 'larger batches');
      await page.getByRole('heading', { name: 'edge version 2' }).waitFor();
      await page.locator('.diff-added', { hasText: 'timeout: 500ms' }).waitFor();
      await page.locator('.diff-removed', { hasText: 'timeout: 200ms' }).waitFor();
      await page.locator('.fleet-meaning li', { hasText: 'processors/batch' }).waitFor();
      await shot('fleet-configurations');
      const dialog = await rollOut(page, 'env=prod', 'try it');
      await dialog.getByLabel('Minimum items').fill('0'); // the agents have no traffic
      await dialog.getByText('2 connected agents match').waitFor();
      await dialog.getByRole('button', { name: 'Start rollout' }).click();
      const card = page.locator('.fleet-rollout').first();
      await card.locator('.badge', { hasText: 'Done' }).waitFor({ timeout: 60_000 });
      assert.match(await card.textContent(), /Reached 2 agents/);
      await shot('fleet-rollouts');
      await open('/fleet?q=env%3Dprod');
      await until('both have it', async () => {
        const text = await page.locator('.fleet-table tbody').textContent();
        return text.split('edge version 2').length === 3 && text.split('Healthy').length === 3;
      });
    },
  },
  {
    name: 'fleet: a version that an agent cannot apply reaches one agent and is undone',
    async run({ open, page, shot, feed }) {
      await open('/fleet/configurations?name=edge');
      await add(page, version('1s', new URL(feed).host), 'a port that is taken');
      await page.getByRole('heading', { name: 'edge version 3' }).waitFor();
      const dialog = await rollOut(page, 'env=prod', 'this fails');
      await dialog.getByRole('button', { name: 'Start rollout' }).click();
      const card = page.locator('.fleet-rollout').first();
      await card.locator('.badge', { hasText: 'Undone' }).waitFor({ timeout: 60_000 });
      const text = await card.textContent();
      assert.match(text, /edge version 3/);
      assert.match(text, /Reached 1 agent\b/);
      assert.match(text, /in use|cannot listen/i);
      await shot('fleet-undone');
      await open('/fleet');
      await until('all are healthy with the version before', async () => {
        const all = await page.locator('.fleet-table tbody').textContent();
        return all.split('edge version 2').length === 3 && !all.includes('version 3');
      });
    },
  },
  {
    name: 'fleet: a finished rollout is undone by hand, and the audit log tells who changed what',
    async run({ open, page, shot }) {
      await open('/fleet/rollouts');
      const card = page.locator('.fleet-rollout', { hasText: 'edge version 2' });
      await card.getByRole('button', { name: 'Undo' }).click();
      const dialog = page.locator('dialog');
      await dialog.getByLabel('Reason').fill('not wanted');
      await dialog.getByRole('button', { name: 'Undo' }).click();
      await card.locator('.badge', { hasText: 'Undone' }).waitFor();
      await open('/fleet/audit');
      await page.locator('td', { hasText: 'not wanted' }).first().waitFor();
      await page.getByRole('button', { name: 'Verify log' }).click();
      await page.getByText('The log is intact').waitFor();
      await page.getByRole('button', { name: 'configuration.add' }).first().click();
      await page.locator('.fleet-facts', { hasText: 'hash' }).waitFor();
      await shot('fleet-audit');
      await page.getByLabel('Search changes').fill('nothing like this');
      await page.getByText('No change matches').waitFor();
    },
  },
  {
    name: 'fleet: a service is muted for a time, and the control is ended',
    async run({ open, page, shot }) {
      await open('/fleet/controls');
      await page.getByText('No live controls').waitFor();
      await page.getByRole('button', { name: 'New control' }).click();
      const dialog = page.locator('dialog');
      await dialog.getByLabel('Service').fill('checkout');
      await dialog.getByLabel('Agents').fill('env=prod');
      await dialog.getByText('2 connected agents match').waitFor();
      await dialog.getByRole('button', { name: 'Preview' }).click();
      await dialog.getByText('it would have dropped').waitFor({ timeout: 30_000 });
      await dialog.getByLabel('Reason').fill('retry storm');
      await shot('fleet-control');
      await dialog.getByRole('button', { name: 'Start control' }).click();
      const card = page.locator('.fleet-rollout', { hasText: 'retry storm' });
      await card.locator('.badge', { hasText: 'Active' }).waitFor();
      await card.getByText('applied at 2 agents').waitFor();
      assert.match(await card.textContent(), /service\.name=checkout/);
      await shot('fleet-controls');
      await card.getByRole('button', { name: 'End control' }).click();
      await page.locator('dialog').getByLabel('Reason').fill('  ');
      await page.locator('dialog').getByRole('button', { name: 'End', exact: true }).click();
      await page.locator('dialog').getByText('Enter a reason').waitFor();
      await page.locator('dialog').getByLabel('Reason').fill('quiet again');
      await page.locator('dialog').getByRole('button', { name: 'End', exact: true }).click();
      await card.locator('.badge', { hasText: 'Ended' }).waitFor();
    },
  },
  {
    name: 'fleet: dark, and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot }) {
      for (const path of [
        '/fleet',
        '/fleet/configurations?name=edge',
        '/fleet/rollouts',
        '/fleet/controls',
        '/fleet/audit',
      ]) {
        await open(path);
        await page.locator('main .card').first().waitFor();
        await settled(page);
        assert.ok((await overflow(page)) <= 0, `${path} is wider than a phone`);
        await shot(`phone${path.replace(/\?.*/, '').replaceAll('/', '-')}`);
      }
    },
  },
  {
    name: 'fleet: volumes are those of the agents',
    async run({ open, page, shot }) {
      await open('/volumes');
      await page.getByText(/Of 3 agents/).waitFor({ timeout: 60_000 });
      await page.getByRole('region', { name: 'Items' }).getByText('received').waitFor();
      await shot('fleet-volumes');
      await page.getByLabel('Selector').fill('env=dev');
      await page.getByText(/Of 1 agent/).waitFor();
    },
  },
];
