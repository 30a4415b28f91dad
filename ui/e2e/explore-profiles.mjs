// Explore → Profiles, against answers of Pyroscope's querier that are made within the browser (pyroscope-mock.mjs).
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { CPU, mockPyroscope } from './pyroscope-mock.mjs';
import { PHONE, settled, until, violations } from './steps.mjs';

const param = (page, name) => new URL(page.url()).searchParams.get(name);
const address = (search) => `/explore/profiles?${new URLSearchParams({ type: CPU, ...search })}`;
const SHOP = '{service_name="shop"}';
const graph = (page) => page.locator('.flames-scroll').first();
const rows = (page) => page.getByLabel('Functions', { exact: true }).locator('tbody tr');

async function clean(page, what) {
  await settled(page);
  const found = await violations(page);
  assert.deepEqual(found, [], `${what}: ${found.join('\n')}`);
}

export const scenarios = ['light', 'dark'].map((colorScheme) => ({
  name: `profiles: the first visit shows flames of the largest service, ${colorScheme}`,
  context: { colorScheme },
  async run({ open, page, shot }) {
    await mockPyroscope(page);
    await open('/explore/profiles');
    await graph(page).waitFor();
    assert.equal(param(page, 'type'), CPU);
    assert.equal(param(page, 'query'), SHOP);
    await page.locator('.profile-timeline canvas').first().waitFor();
    await clean(page, 'profiles');
    await shot(`explore-profiles-${colorScheme}`, { fullPage: true });
  },
}));

scenarios.push(
  {
    name: 'profiles: a click zooms, the address keeps the node, keys leave it',
    async run({ open, page }) {
      await mockPyroscope(page);
      await open(address({ query: SHOP }));
      await graph(page).waitFor();
      const box = await graph(page).boundingBox();
      await page.mouse.click(box.x + 30, box.y + 50);
      await until('the zoom', () => param(page, 'zoom') !== null);
      await page.reload();
      await page.getByRole('button', { name: 'Reset zoom' }).waitFor();
      await graph(page).focus();
      await page.keyboard.press('Escape');
      await until('no zoom', () => param(page, 'zoom') === null);
      await page.getByRole('button', { name: 'Invert' }).click();
      await until('the inversion', () => param(page, 'invert') === '1');
      await page.getByRole('application', { name: /^Inverted flame graph/ }).waitFor();
    },
  },
  {
    name: 'profiles: the table sorts, a function shows its callers and callees',
    async run({ open, page, shot }) {
      await mockPyroscope(page);
      await open(address({ query: SHOP, view: 'table' }));
      await rows(page).first().waitFor();
      assert.match(await rows(page).first().textContent(), /crypto\/rsa\.sign/);
      await page.getByRole('button', { name: 'Total', exact: true }).click();
      await until('the order', async () => /main\.main/.test(await rows(page).first().textContent()));
      await page.getByLabel('Search functions').fill('mallocgc');
      await until('one row', async () => (await rows(page).count()) === 1);
      await clean(page, 'table');
      await page.getByRole('button', { name: 'runtime.mallocgc' }).click();
      await page.getByRole('heading', { name: 'Callees' }).waitFor();
      assert.equal(param(page, 'fn'), 'runtime.mallocgc');
      await shot('explore-profiles-callers', { fullPage: true });
    },
  },
  {
    name: 'profiles: a comparison of versions names the function that became slow first',
    async run({ open, page, shot }) {
      const { calls } = await mockPyroscope(page);
      await open(address({ query: '{service_name="shop", version="2"}' }));
      await graph(page).waitFor();
      await page.getByRole('button', { name: 'Compare' }).click();
      const selector = page.getByLabel('Baseline selector');
      await selector.fill('{service_name="shop", version="1"}');
      await selector.press('Enter');
      await until('the comparison', () =>
        calls.some((c) => c.method === 'Diff' && /version="1"/.test(c.body.left.labelSelector)),
      );
      await shot('explore-profiles-diff', { fullPage: true });
      await page.getByRole('radio', { name: 'Table' }).click();
      await until('the slow function', async () =>
        /^crypto\/rsa\.sign/.test(await rows(page).first().textContent()),
      );
      await clean(page, 'comparison');
    },
  },
  {
    name: 'profiles: samples of one span are shown, and all when there are none',
    async run({ open, page }) {
      const { calls } = await mockPyroscope(page);
      const span = '00f067aa0ba902b7';
      await open(address({ query: SHOP, span }));
      await graph(page).waitFor();
      const merges = () => calls.filter((c) => c.method === 'SelectMergeStacktraces');
      assert.deepEqual(merges().at(-1).body.spanSelector, [span]);
      await open(address({ query: SHOP, span: 'f'.repeat(16) }));
      await page.getByRole('heading', { name: 'No samples of this span' }).waitFor();
      await clean(page, 'no samples');
      await page.getByRole('button', { name: 'Show all samples in this time range' }).click();
      await graph(page).waitFor();
      assert.equal(param(page, 'span'), null);
      assert.equal(merges().at(-1).body.spanSelector, undefined);
    },
  },
  {
    name: 'profiles: an invalid selector, no profiles and no store are explained',
    async run({ open, page, allow }) {
      allow(/400|404/);
      const { settings } = await mockPyroscope(page);
      await open(address({ query: '{a= ="b"}' }));
      await page.getByText('The query is not valid').first().waitFor();
      settings.empty = true;
      await open('/explore/profiles');
      await page.getByText('No profiles received yet').waitFor();
      settings.missing = true;
      await open('/explore/profiles');
      await page.getByRole('heading', { name: 'No profile store' }).waitFor();
    },
  },
  {
    name: 'profiles: a phone shows the page without a horizontal scroll bar',
    context: PHONE,
    async run({ open, page }) {
      await mockPyroscope(page);
      await open(address({ query: SHOP }));
      await graph(page).waitFor();
      assert.ok((await overflow(page)) <= 0);
    },
  },
);
