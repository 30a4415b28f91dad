// Nodes and containers of a node agent, and services without any span: against answers made within the browser.
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { mockCloud } from './cloud-mock.mjs';
import { mockNodeAgent } from './infrastructure-mock.mjs';
import { mockInsight } from './insight-mock.mjs';
import { mockSpanMetrics } from './services-mock.mjs';
import { PHONE, settled, until, violations } from './steps.mjs';

async function clean(page, what) {
  await settled(page);
  const found = await violations(page);
  assert.deepEqual(found, [], `${what}: ${found.join('\n')}`);
}

const param = (page, name) => new URL(page.url()).searchParams.get(name);

const CONTAINER = `/containers/container?id=${encodeURIComponent('/system.slice/pay.service')}`;

export const scenarios = [
  {
    name: 'infrastructure: nodes, and the containers of one',
    async run({ open, page, shot }) {
      await mockNodeAgent(page);
      await open('/nodes');
      const rows = page.getByLabel('Node list').locator('tbody tr');
      await rows.filter({ hasText: 'shop-1' }).getByText('42%').waitFor();
      await clean(page, 'nodes');
      await shot('nodes');
      await rows.first().getByRole('link', { name: '4', exact: true }).click();
      await until('containers of the node', () => param(page, 'node') === '3d1219c7');
      await page.getByRole('heading', { name: 'Containers', level: 1 }).waitFor();
    },
  },
  {
    name: 'infrastructure: containers with resources, requests and connections',
    async run({ open, page, shot }) {
      await mockNodeAgent(page);
      await open('/containers');
      const rows = page.getByLabel('Container list').locator('tbody tr');
      await until('four containers', async () => (await rows.count()) === 4);
      await page.getByRole('button', { name: 'Errors' }).click();
      assert.match(await rows.first().textContent(), /pay\.service/);
      await clean(page, 'containers');
      await shot('containers');
      await page.getByLabel('Filter containers').fill('postgres');
      await until('one container', async () => (await rows.count()) === 1);
      await rows.first().getByRole('link').click();
      await page.getByRole('heading', { name: '/docker/postgres', level: 1 }).waitFor();
    },
  },
  {
    name: 'infrastructure: the page of a container',
    async run({ open, page, shot }) {
      await mockNodeAgent(page);
      await open(CONTAINER);
      for (const title of ['CPU', 'Memory', 'Request rate', 'Network'])
        await page.getByLabel(title, { exact: true }).locator('canvas').first().waitFor();
      await page.getByLabel('Requests, table').getByText('answered here').waitFor();
      await page.getByLabel('Slow statements, table').getByText('SELECT * FROM orders').waitFor();
      const connections = page.getByLabel('Connections, table');
      await connections.getByText('→ 172.17.0.2:5432').waitFor();
      await connections.getByText('203.0.113.9:25').waitFor();
      await clean(page, 'container');
      await shot('container', { fullPage: true });
      const logs = await page.getByRole('link', { name: 'Logs', exact: true }).first().getAttribute('href');
      assert.ok(logs.includes('query='), logs);
    },
  },
  {
    name: 'infrastructure: services and their map without any span',
    async run({ open, page, shot }) {
      await mockInsight(page, { world: { entities: [], relations: [] }, quiet: true });
      await mockSpanMetrics(page, { empty: true });
      await mockNodeAgent(page);
      await open('/services');
      const rows = page.getByLabel('Service list').locator('tbody tr');
      await rows.filter({ hasText: 'pay' }).getByText('failing').waitFor();
      await rows.filter({ hasText: 'postgres' }).first().waitFor();
      await clean(page, 'services of a node agent');
      await shot('services-observed');
      await open('/services/map');
      const map = page.locator('.services-map');
      await map.getByRole('button', { name: /redis-server/ }).waitFor();
      await map.locator('.graph-card', { hasText: 'user' }).first().waitFor(); // who calls web is not observed
      await until('figures at the calls', async () => (await map.locator('.graph-band text').count()) === 5);
      await clean(page, 'map of a node agent');
      await map.locator('.graph-card', { hasText: 'pay' }).first().click();
      await page.getByLabel('Calls to', { exact: true }).getByText('Retransmits').waitFor();
      await shot('services-map-observed', { fullPage: true });
      await page.getByRole('link', { name: 'Open container' }).click();
      await page.getByRole('heading', { name: '/system.slice/pay.service', level: 1 }).waitFor();
    },
  },
  {
    name: 'infrastructure: databases of clouds',
    async run({ open, page, shot }) {
      await mockCloud(page);
      await open('/cloud');
      const rows = page.getByLabel('Cloud list').locator('tbody tr');
      await until('four databases', async () => (await rows.count()) === 4);
      assert.match(await rows.first().textContent(), /orders-replica.*storage-full/s);
      await rows.filter({ hasText: 'eu-west-1/orders' }).getByText('42%').waitFor();
      await page.getByText('AWS eu-west-1: access denied').waitFor();
      await clean(page, 'cloud');
      await shot('cloud');
      const read = page.getByRole('link', { name: 'eu-west-1/orders', exact: true });
      assert.ok((await read.getAttribute('href')).includes('address=10.0.0.1'));
      await page.getByLabel('Filter databases').fill('mysql');
      await until('one database', async () => (await rows.count()) === 1);
      const cpu = await rows.first().getByLabel('query of CPU').getAttribute('href');
      assert.ok(cpu.includes('cloudsql_instance_id'), cpu);
    },
  },
  {
    name: 'infrastructure: without a node agent the pages say how to have one',
    async run({ open, page, shot }) {
      await mockNodeAgent(page, { empty: true });
      await mockCloud(page, { empty: true });
      for (const [path, title] of [
        ['/cloud', 'No databases of clouds'],
        ['/nodes', 'No nodes'],
        ['/containers', 'No containers'],
      ]) {
        await open(path);
        await page.getByRole('heading', { name: title }).waitFor();
      }
      await clean(page, 'empty');
      await shot('containers-empty');
    },
  },
  {
    name: 'infrastructure: dark, and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot }) {
      await mockInsight(page, { world: { entities: [], relations: [] }, quiet: true });
      await mockSpanMetrics(page, { empty: true });
      await mockNodeAgent(page);
      await mockCloud(page);
      for (const [name, path] of [
        ['cloud', '/cloud'],
        ['nodes', '/nodes'],
        ['containers', '/containers'],
        ['container', CONTAINER],
        ['map', '/services/map'],
      ]) {
        await open(path);
        await settled(page);
        await until(`${path} is not wider than a phone`, async () => (await overflow(page)) <= 0);
        await clean(page, path);
        await shot(`infrastructure-phone-${name}`, { fullPage: true });
      }
    },
  },
];
