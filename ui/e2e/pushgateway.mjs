// The page of a push gateway, on its own or inside of a server (--manager=PATH below which it is).
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { PHONE, settled, until } from './steps.mjs';

async function push(gateway, path, body, expected = 200) {
  const answer = await fetch(`${gateway}/metrics/${path}`, { method: 'PUT', body });
  assert.equal(answer.status, expected, `${path}: ${await answer.text()}`);
}

const groups = async (gateway) => (await (await fetch(`${gateway}/api/v1/metrics`)).json()).data;

async function several(gateway) {
  await push(
    gateway,
    'job/backup/instance/db-1',
    '# TYPE done_total counter\n# HELP done_total Backups.\ndone_total{kind="full"} 5\n' +
      '# TYPE took histogram\ntook_bucket{le="1"} 1\ntook_bucket{le="+Inf"} 3\ntook_sum 7\ntook_count 3\n',
  );
  // A value that would end a path, and one that would end an attribute.
  await push(gateway, 'job@base64/YS9iPyM8PiI/x@base64/=', 'm 1\n');
  await push(gateway, 'job/broken', 'ok 1\n');
  await push(gateway, 'job/broken', 'ok 1 1234\n', 400);
}

const row = (page, text) => page.locator('.pushed-group', { hasText: text });

export const scenarios = [
  {
    name: 'pushgateway: nothing was pushed, and how to',
    async run({ open, page, manager, root }) {
      for (const group of await groups(manager)) assert.fail(`a group is there: ${JSON.stringify(group)}`);
      await open(root);
      await page.getByText('No pushes yet').waitFor();
      assert.match(await page.locator('.code-block').textContent(), /curl --data-binary @- http/);
    },
  },
  {
    name: 'pushgateway: groups, when they were pushed, and what is in them',
    async run({ open, page, shot, manager, root }) {
      await several(manager);
      await open(root);
      await row(page, 'backup').waitFor();
      await row(page, 'broken').getByText('last push failed').waitFor();
      await row(page, 'backup').locator('.discovery-head').click();
      await row(page, 'backup').getByText('count 3, sum 7').waitFor();
      await row(page, 'backup').getByText('≤1: 1, ≤+Inf: 3').waitFor();
      await shot('pushgateway');
      await page.getByLabel('Search groups').fill('done_total');
      await until('one group', async () => (await page.locator('.pushed-group').count()) === 1);
      await page.reload();
      await row(page, 'backup').waitFor();
      assert.equal(await page.locator('.pushed-group').count(), 1, 'the address keeps the words');
    },
  },
  {
    name: 'pushgateway: a group is deleted after a question, whatever its labels',
    async run({ open, page, manager, root }) {
      await several(manager);
      await open(root);
      const odd = row(page, 'a/b?#<>"');
      await odd.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('button', { name: 'Keep' }).click();
      assert.equal((await groups(manager)).length, 3);
      await odd.getByRole('button', { name: 'Delete' }).click();
      await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
      await odd.waitFor({ state: 'detached' });
      assert.deepEqual((await groups(manager)).map((group) => group.labels.job).sort(), ['backup', 'broken']);
    },
  },
  {
    name: 'pushgateway: dark, and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot, manager, root }) {
      await several(manager);
      await open(root);
      await row(page, 'backup').locator('.discovery-head').click();
      await settled(page);
      assert.ok((await overflow(page)) <= 0, 'wider than a phone');
      await shot('pushgateway-phone');
    },
  },
  {
    name: 'pushgateway: all groups are deleted where that is allowed',
    async run({ open, page, manager, root }) {
      await several(manager);
      const { flags } = (await (await fetch(`${manager}/api/v1/status`)).json()).data;
      await open(root);
      await row(page, 'backup').waitFor();
      const all = page.getByRole('button', { name: 'Delete all' });
      if (flags['web.enable-admin-api'] !== 'true') {
        assert.equal(await all.count(), 0);
        return;
      }
      await all.click();
      await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByText('No pushes yet').waitFor();
      assert.equal((await groups(manager)).length, 0);
    },
  },
];
