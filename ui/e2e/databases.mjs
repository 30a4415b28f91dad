// Databases of a cluster agent: the list, and the page of one, against answers made within the browser.
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { mockDatabases } from './databases-mock.mjs';
import { PHONE, settled, until, violations } from './steps.mjs';

async function clean(page, what) {
  await settled(page);
  const found = await violations(page);
  assert.deepEqual(found, [], `${what}: ${found.join('\n')}`);
}

const DATABASE = `/databases/database?address=${encodeURIComponent('10.0.0.5:5432')}`;

export const scenarios = [
  {
    name: 'databases: problems come first, and lead to the database',
    async run({ open, page, shot }) {
      await mockDatabases(page);
      await open('/databases');
      const rows = page.getByLabel('Database list').locator('tbody tr');
      await until('five databases', async () => (await rows.count()) === 5);
      await rows.filter({ hasText: '10.0.0.5:5432' }).getByText('Lock queue').waitFor();
      await rows.filter({ hasText: '10.0.0.6:5432' }).getByText('Replication stopped').waitFor();
      await rows.filter({ hasText: '10.0.0.7:3306' }).getByText('Login refused').waitFor();
      await rows.filter({ hasText: 'crm-db' }).getByText('No credentials', { exact: true }).waitFor();
      assert.match(await rows.last().textContent(), /cart-cache/);
      await page.getByText('grant the verbs get, list and watch on pods').waitFor();
      await clean(page, 'databases');
      await shot('databases', { fullPage: true });
      await page.getByLabel('Filter databases').fill('cart');
      await until('one database', async () => (await rows.count()) === 1);
      await page.getByLabel('Filter databases').fill('');
      await rows.filter({ hasText: '10.0.0.5:5432' }).getByRole('link').click();
      await page.getByRole('heading', { name: '10.0.0.5:5432', level: 1 }).waitFor();
    },
  },
  {
    name: 'databases: statements with their plan, locks, tables and changes of one',
    async run({ open, page, shot }) {
      await mockDatabases(page);
      await open(DATABASE);
      await page.getByText('4 statements wait for a lock of: UPDATE accounts').waitFor();
      await page.getByText('94 of 100 connections are open').waitFor();
      await page.getByText('reads the whole table orders').waitFor();
      for (const title of ['Queries', 'Latency', 'Connections', 'Waiting for locks'])
        await page.getByLabel(title, { exact: true }).locator('canvas').first().waitFor();
      const statements = page.getByLabel('Statements, table');
      await statements.getByText('SELECT * FROM orders').click();
      const one = page.getByLabel('Statement', { exact: true });
      await one.getByText('Seq Scan', { exact: false }).first().waitFor();
      await one.getByText('Plan changed').waitFor();
      await page.getByLabel('Locks, table').getByText('UPDATE accounts').waitFor();
      await page.getByLabel('Connections by state, table').getByText('idle in transaction').waitFor();
      await page.getByLabel('Largest tables, table').getByText('audit.events').waitFor();
      await page.getByLabel('Changes', { exact: true }).getByText('work_mem = 64MB').waitFor();
      await page.getByRole('button', { name: 'All 24' }).click();
      await page.getByText('setting_23').waitFor();
      await clean(page, 'database');
      await shot('database', { fullPage: true });
      const href = await page.getByRole('link', { name: 'Query of statements' }).getAttribute('href');
      assert.ok(href.includes('top_query_time_per_second'), href);
    },
  },
  {
    name: 'databases: without an agent the page says how to have one',
    async run({ open, page, shot }) {
      await mockDatabases(page, { empty: true });
      await open('/databases');
      await page.getByRole('heading', { name: 'No databases' }).waitFor();
      await clean(page, 'no databases');
      await shot('databases-empty');
      await open(DATABASE);
      await page.getByRole('heading', { name: 'Database not found' }).waitFor();
    },
  },
  {
    name: 'databases: dark, and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot }) {
      await mockDatabases(page);
      for (const [name, path] of [
        ['list', '/databases'],
        ['one', DATABASE],
      ]) {
        await open(path);
        await settled(page);
        await until(`${path} is not wider than a phone`, async () => (await overflow(page)) <= 0);
        await clean(page, path);
        await shot(`databases-phone-${name}`, { fullPage: true });
      }
    },
  },
];
