// Overview, service and entity pages over entities, inspections and objectives that are answered within the browser.
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { mockChanges } from './insight-changes-mock.mjs';
import { landscape, mockInsight } from './insight-mock.mjs';
import { mockLoki } from './loki-mock.mjs';
import { mapAnswer, mockSpanMetrics } from './services-mock.mjs';
import { PHONE, settled, until, violations } from './steps.mjs';
import { mockTempo } from './tempo-mock.mjs';

const param = (page, name) => new URL(page.url()).searchParams.get(name);

async function clean(page, what) {
  await settled(page);
  const found = await violations(page);
  assert.deepEqual(found, [], `${what}: ${found.join('\n')}`);
}

const POD = `/infrastructure/entity/${encodeURIComponent('instance:pod:/shop/pay-6d5f7c9b84-x2x7p')}`;

/** Largest time in which the first picture of a large map must be there, and least frames a second while it moves. */
const FIRST_PICTURE_MS = 1000;
const LEAST_FRAMES = 50;

async function mockLandscape(page) {
  const { edges, namespace } = landscape();
  await mockInsight(page, { world: { entities: [], relations: [] } });
  await mockSpanMetrics(page);
  const data = mapAnswer(edges);
  data.nodes = data.nodes.map((node) => ({ ...node, namespace: namespace(node.name) }));
  await page.route(/\/api\/v1\/services\/map/, (route) =>
    route.fulfill({ json: { status: 'success', data } }),
  );
}

/** Frames a second while the pointer drags the map. */
async function framesOfPan(page) {
  const box = await page.locator('.services-map .react-flow__pane').boundingBox();
  const counted = page.evaluate(
    () =>
      new Promise((done) => {
        const start = performance.now();
        let frames = 0;
        const tick = () => {
          frames++;
          if (performance.now() - start < 1500) requestAnimationFrame(tick);
          else done(frames / ((performance.now() - start) / 1000));
        };
        requestAnimationFrame(tick);
      }),
  );
  const [x, y] = [box.x + box.width / 2, box.y + 12];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const end = Date.now() + 1500;
  for (let i = 0; Date.now() < end; i++) {
    await page.mouse.move(x + 260 * Math.sin(i / 12), y + 200 * Math.abs(Math.sin(i / 19)));
    await new Promise((resolve) => setTimeout(resolve, 8));
  }
  await page.mouse.up();
  return counted;
}

export const scenarios = [
  {
    name: 'insight: the overview has one entry for each cause',
    async run({ open, page, shot }) {
      await mockInsight(page);
      await open('/overview');
      const causes = page.locator('.cause');
      await causes.nth(1).waitFor();
      assert.equal(await causes.count(), 2);
      const first = causes.first();
      assert.match(await first.textContent(), /critical.*app.*Memory near its limit/);
      await first.getByText('97%, threshold 90%').waitFor();
      await first.getByRole('link', { name: 'web', exact: true }).first().waitFor();
      await first.getByText('12.4 requests/s').waitFor();
      await first.getByText('no alert is firing for it').waitFor();
      await first.getByText('Raise the memory limit').waitFor();
      await first.getByText('2 symptoms').click();
      await first.getByText('9% of requests fail').waitFor();
      await page.getByText('1 check without an answer').waitFor();
      const objectives = page.getByLabel('Objectives', { exact: true });
      await objectives.getByText('burning').waitFor();
      await objectives.getByText('1 objective met · 1 objective without data').waitFor();
      await clean(page, 'overview');
      await shot('insight-overview', { fullPage: true });
      await first.getByRole('link', { name: '97%, threshold 90%' }).click();
      await until('its query', () => /memory_limit_bytes/.test(param(page, 'g0.expr') ?? ''));
    },
  },
  {
    name: 'insight: the overview is quiet when nothing fails, and never ok without data',
    async run({ open, page, allow, shot }) {
      allow(/\/api\/v1\/insight\//);
      const settings = await mockInsight(page, { quiet: true });
      await open('/overview');
      const problems = page.getByLabel('Problems', { exact: true });
      await problems.getByText(/No problem found by 4 inspections at/).waitFor();
      await problems.getByText('1 check without an answer').click();
      await problems.getByText('disk-space: no series of node_filesystem_avail_bytes').waitFor();
      await clean(page, 'quiet');
      await shot('insight-quiet');
      settings.bare = true;
      await page.reload();
      await problems.getByText('This server has no inspections.').waitFor();
      assert.ok(!/No problem/.test(await problems.textContent()));
      await open('/infrastructure');
      await page.getByText('entities are not known yet').waitFor();
    },
  },
  {
    name: 'insight: an incident has a timeline, takes notes and is acknowledged',
    async run({ open, page, allow, shot }) {
      allow(/404 .*\/api\/v1\/insight\/incidents/);
      await mockInsight(page);
      await open('/overview');
      await page.locator('.cause').first().getByRole('link', { name: 'Incident' }).click();
      await page.getByRole('heading', { name: 'app: Memory near its limit', level: 1 }).waitFor();
      const scope = page.getByLabel('Scope', { exact: true });
      await scope.getByText('about 18.4k requests, at most 14.1/s to the affected services').waitFor();
      await scope.getByRole('link', { name: 'web' }).waitFor();
      const timeline = page.getByLabel('Timeline', { exact: true });
      await timeline.getByText('Notified page/pagerduty[0]').waitFor();
      await timeline.getByRole('button', { name: /^Changes/ }).click();
      await until('one change', async () => (await timeline.locator('.incident-entry').count()) === 1);
      await timeline.getByRole('button', { name: /^All/ }).click();
      const notes = page.getByLabel('Notes', { exact: true });
      await notes.getByLabel('Your name').fill('bea');
      await notes.getByLabel('Note', { exact: true }).fill('Rolled back to 1.8.1');
      await notes.getByRole('button', { name: 'Add note' }).click();
      await timeline.getByText('Rolled back to 1.8.1').waitFor();
      await notes.getByRole('button', { name: 'Acknowledge', exact: true }).click();
      await scope.getByText('Acknowledged', { exact: true }).waitFor();
      await clean(page, 'incident');
      await shot('insight-incident', { fullPage: true });
      await scope.getByRole('link', { name: 'Query' }).click();
      await until('its query', () => /memory_limit_bytes/.test(param(page, 'g0.expr') ?? ''));
      await open('/incidents/nothing');
      await page.getByText('there is no incident "nothing"').waitFor();
    },
  },
  {
    name: 'insight: incidents by state',
    async run({ open, page, shot }) {
      const settings = await mockInsight(page);
      await open('/incidents');
      const rows = page.getByLabel('Incident list').locator('li');
      await until('two incidents', async () => (await rows.count()) === 2);
      assert.match(await rows.first().textContent(), /^open.*app: Memory near its limit/);
      await clean(page, 'incidents');
      await shot('insight-incidents');
      await page.getByLabel('State').selectOption('ended');
      await until('one incident', async () => (await rows.count()) === 1);
      assert.equal(param(page, 'state'), 'ended');
      settings.quiet = true;
      await open('/incidents');
      await page.getByText('No incident was recorded.').waitFor();
    },
  },
  {
    name: 'insight: names and merges of entities are added and removed',
    async run({ open, page, shot }) {
      const settings = await mockInsight(page);
      await open('/infrastructure/rules');
      await page.getByLabel('Rule list').getByText('scraped-target').waitFor();
      const own = page.getByLabel('Own names', { exact: true });
      await own.getByText('None yet.').waitFor();
      await own.getByLabel('Present name').fill('cart.v1');
      await own.getByLabel('New name').fill('cart');
      await own.getByRole('button', { name: 'Add', exact: true }).click();
      await own.getByRole('cell', { name: 'cart\\.v1' }).waitFor();
      await own.getByLabel('Add', { exact: true }).selectOption('merges');
      await own.getByLabel('First name').fill('pay');
      await own.getByLabel('Second name').fill('mail');
      await own.getByLabel('Common name').fill('backend');
      await own.getByRole('button', { name: 'Add', exact: true }).click();
      await own.getByRole('cell', { name: 'pay|mail' }).waitFor();
      assert.deepEqual(settings.edited[1], {
        section: 'merges',
        kind: 'service',
        match: 'pay|mail',
        as: 'backend',
      });
      await clean(page, 'rules');
      await shot('insight-rules', { fullPage: true });
      await own.getByRole('button', { name: 'Remove' }).first().click();
      await until('one entry', async () => (await own.locator('tbody tr').count()) === 1);
    },
  },
  {
    name: 'insight: services with health, objective, owner and filters',
    async run({ open, page, shot }) {
      await mockInsight(page);
      await mockSpanMetrics(page);
      await open('/services');
      const rows = page.getByLabel('Service list').locator('tbody tr');
      await rows.filter({ hasText: 'nightly' }).getByText('no requests').waitFor();
      await rows.filter({ hasText: 'pay' }).getByText('payments').waitFor();
      await rows.filter({ hasText: 'pay' }).getByText('burning').waitFor();
      await rows.filter({ hasText: 'web' }).getByText('warning').waitFor();
      await page.locator('.spark-line').first().waitFor();
      await clean(page, 'services');
      await shot('insight-services');
      await page.getByLabel('Team').selectOption('messaging');
      await until('two services', async () => (await rows.count()) === 2);
      assert.equal(param(page, 'team'), 'messaging');
      await page.getByLabel('Namespace').selectOption('shop');
      await until('none', async () => (await rows.count()) === 0);
    },
  },
  {
    name: 'insight: the page of a service has problems, objectives and resources; a point leads to logs',
    async run({ open, page, shot }) {
      await mockTempo(page);
      await mockLoki(page);
      await mockInsight(page);
      await mockSpanMetrics(page);
      await mockChanges(page);
      await open('/services/service/pay');
      await page.getByLabel('Problems', { exact: true }).getByText('Memory near its limit').waitFor();
      await page.getByLabel('Objectives', { exact: true }).getByText('burning').waitFor();
      await page.getByText('owner payments').waitFor();
      await page.getByLabel('Resources', { exact: true }).getByRole('region', { name: 'Memory' }).waitFor();
      await page.getByLabel('Relations', { exact: true }).getByText('pay-6d5f7c9b84-x2x7p').waitFor();
      const chart = page.getByRole('region', { name: 'Rate' }).locator('.u-over');
      await chart.waitFor();
      await settled(page);
      await clean(page, 'service');
      await shot('insight-service', { fullPage: true });
      await chart.click({ position: { x: 80, y: 40 } });
      const bar = page.locator('.point-bar');
      for (const name of ['Logs', 'Traces', 'Profile']) await bar.getByRole('link', { name }).waitFor();
      await bar.getByRole('link', { name: 'Logs' }).click();
      await until(
        'its logs',
        () => param(page, 'query') === '{service_name="pay"}' && param(page, 'range') === '10m',
      );
    },
  },
  {
    name: 'insight: deployments, and the comparison of one before and after',
    async run({ open, page, shot }) {
      await mockTempo(page);
      await mockLoki(page);
      await mockInsight(page);
      await mockSpanMetrics(page);
      await mockChanges(page);
      await open('/deployments');
      const rows = page.getByLabel('Deployment list').locator('tbody tr');
      await until('two deployments', async () => (await rows.count()) === 2);
      assert.match(await rows.first().textContent(), /web.*2\.3\.0 → 2\.4\.0.*in progress.*not ended/);
      await clean(page, 'deployments');
      await shot('insight-deployments');
      await rows.last().getByRole('link', { name: '1.8.1 → 1.8.2' }).click();
      await page.getByRole('heading', { name: 'pay 1.8.1 → 1.8.2', level: 1 }).waitFor();
      await page
        .getByText('Worse: failed requests, duration p99. 1 new or more frequent in log patterns.')
        .waitFor();
      const figures = page.getByLabel('Figure list').locator('tbody tr');
      assert.match(await figures.first().textContent(), /Failed requests.*worse.*0\.1%.*9%.*\+8\.9 points/);
      await page.getByText('1 figure not observed').click();
      await page.getByText('Ended for lack of memory').waitFor();
      await page.getByText('card <_> refused: null currency').waitFor();
      await clean(page, 'comparison');
      await shot('insight-deployment', { fullPage: true });
      await page.getByRole('link', { name: 'Log patterns' }).click();
      await until('its logs', () => param(page, 'query') === '{service_name="pay"}');
      await open('/deployments/new-1');
      await page.getByText('less than 3 minutes have passed since').waitFor();
      await open('/services/service/pay');
      await page.getByLabel('Deployments', { exact: true }).getByText('1.8.1 → 1.8.2').waitFor();
      await page.getByLabel('Cost', { exact: true }).getByText('73.00 EUR').waitFor();
      await open('/services/service/mail');
      const risks = page.getByLabel('Risks', { exact: true });
      await risks.getByText('mail has one instance').waitFor();
      await risks.getByRole('button', { name: 'Dismiss' }).waitFor();
    },
  },
  {
    name: 'insight: risks are dismissed with a reason and reopened',
    async run({ open, page, shot }) {
      await mockInsight(page);
      await mockChanges(page);
      await open('/risks');
      const single = page.getByLabel('Single instance', { exact: true });
      await single.getByText('mail has one instance').waitFor();
      assert.equal(
        await page.locator('.risk-group').first().getAttribute('aria-label'),
        'Database on a public address',
      );
      await clean(page, 'risks');
      await shot('insight-risks', { fullPage: true });
      const row = single.locator('.problem').filter({ hasText: 'nightly' });
      await row.getByRole('button', { name: 'Dismiss' }).click();
      await row.getByLabel('Reason').fill('a batch job');
      await row.getByRole('button', { name: 'Dismiss' }).click();
      await until('one left', async () => (await single.locator('.problem').count()) === 1);
      await page.getByRole('button', { name: 'Dismissed 1' }).click();
      await page.getByText('by ann: a batch job').waitFor();
      await clean(page, 'dismissed');
      await page.getByRole('button', { name: 'Reopen' }).click();
      await page.getByText('No dismissed risk.').waitFor();
    },
  },
  {
    name: 'insight: costs with a price list, and use without one',
    async run({ open, page, shot }) {
      await mockInsight(page);
      const settings = await mockChanges(page);
      await open('/costs');
      await page.getByLabel('Sum').getByText('372 EUR').waitFor();
      const rows = page.getByLabel('Cost list').locator('tbody tr');
      assert.match(await rows.first().textContent(), /pay.*73\.00 EUR/);
      await clean(page, 'costs');
      await shot('insight-costs');
      await page.getByRole('button', { name: 'Nodes 1' }).click();
      await rows.filter({ hasText: 'shop-1' }).getByText('526 EUR').waitFor();
      settings.prices = false;
      await page.reload();
      await page.getByText('Set --insight.prices-file').waitFor();
    },
  },
  {
    name: 'insight: entities by kind, and the page of one',
    async run({ open, page, allow, shot }) {
      allow(/404 .*\/api\/v1\/insight\/entity/);
      await mockLoki(page);
      await mockInsight(page);
      await open('/infrastructure');
      const rows = page.getByLabel('Entity list').locator('tbody tr');
      await until('five entities', async () => (await rows.count()) === 5);
      assert.match(await rows.first().textContent(), /^app\s*failing/);
      await clean(page, 'entities');
      await shot('insight-entities');
      await page.getByRole('button', { name: /^database instance/ }).click();
      await until('one database', async () => (await rows.count()) === 1);
      await rows.first().getByRole('link', { name: 'orders' }).click();
      await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();
      await page.getByText('88 of 100 connections are open.').waitFor();
      await open(POD);
      await page.getByRole('heading', { name: 'pay-6d5f7c9b84-x2x7p', level: 1 }).waitFor();
      await page.getByLabel('Relations', { exact: true }).getByText('Parts').waitFor();
      await page.getByLabel('Problems', { exact: true }).getByText('Memory near its limit').waitFor();
      await clean(page, 'entity');
      await shot('insight-entity', { fullPage: true });
      await open(`/infrastructure/entity/${encodeURIComponent('node:nowhere')}`);
      await page.getByText('there is no entity "node:nowhere" at this time').waitFor();
    },
  },
  {
    name: 'insight: the search finds services, containers and traces',
    async run({ open, page }) {
      await mockInsight(page);
      await open('/status');
      await settled(page);
      await page.keyboard.press('Control+k');
      const field = page.getByRole('combobox');
      await field.fill('registry.example');
      await page.locator('.find-item', { hasText: 'Container' }).first().waitFor();
      await field.fill('0af7651916cd43dd8448eb211c80319c');
      await page.locator('.find-item', { hasText: 'Trace' }).waitFor();
      await field.fill('nightly');
      await page.locator('.find-item', { hasText: 'Service' }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'nightly', level: 1 }).waitFor();
    },
  },
  {
    name: 'insight: groups of the map expand into frames and collapse',
    async run({ open, page, shot }) {
      await mockInsight(page);
      await mockSpanMetrics(page);
      await open('/services/map');
      const map = page.locator('.services-map');
      await map.getByRole('button', { name: /shop.*collapse/ }).click();
      await map.locator('.graph-card', { hasText: 'shop (3)' }).waitFor();
      await page.getByLabel('Groups').selectOption('team');
      await map.getByRole('button', { name: /storefront.*collapse/ }).waitFor();
      await shot('insight-map-team');
    },
  },
  {
    name: 'insight: a map of 300 services is there within a second, has no labels that overlap, and moves smoothly',
    async run({ open, page, shot }) {
      await mockLandscape(page);
      // The code of the page is loaded before: what is measured is the picture.
      await open('/services/map');
      const cards = page.locator('.services-map .graph-card');
      await cards.first().waitFor();
      await shot('insight-map-300-grouped');
      const began = Date.now();
      await open('/services/map?open=all');
      await until('300 services', async () => (await cards.count()) === 300);
      const took = Date.now() - began;
      await page.waitForTimeout(300);
      await shot('insight-map-300');
      const frames = await framesOfPan(page);
      await shot('insight-map-300-moved');
      console.log(`      first picture ${took} ms, ${frames.toFixed(0)} frames/s`);
      const overlaps = await page.evaluate(() => {
        const boxes = [
          ...document.querySelectorAll('.services-map .graph-card, .services-map .graph-band text'),
        ].map((one) => one.getBoundingClientRect());
        let n = 0;
        boxes.forEach((a, i) => {
          for (const b of boxes.slice(i + 1))
            if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) n++;
        });
        return n;
      });
      assert.equal(overlaps, 0);
      const size = await cards.first().evaluate((card) => {
        const name = card.querySelector('.graph-card-name');
        return (
          (Number.parseFloat(getComputedStyle(name).fontSize) * card.getBoundingClientRect().width) /
          card.offsetWidth
        );
      });
      assert.ok(size >= 11, `names are ${size} px high`);
      if (process.env.TETHYS_TIMES === 'check') {
        assert.ok(took <= FIRST_PICTURE_MS, `first picture after ${took} ms`);
        assert.ok(frames >= LEAST_FRAMES, `${frames} frames a second`);
      }
    },
  },
  {
    name: 'insight: dark, and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot }) {
      await mockTempo(page);
      await mockLoki(page);
      await mockInsight(page);
      await mockSpanMetrics(page);
      await mockChanges(page);
      for (const path of [
        '/overview',
        '/services',
        '/services/map',
        '/services/service/pay',
        '/infrastructure',
        POD,
        '/incidents',
        '/incidents/mf2k9x1a',
        '/infrastructure/rules',
        '/deployments',
        '/deployments/pay-1',
        '/risks',
        '/costs',
      ]) {
        await open(path);
        await settled(page);
        await until(`${path} is not wider than a phone`, async () => (await overflow(page)) <= 0);
        await clean(page, path);
        await shot(`insight-phone${path.replaceAll(/\W+/g, '-').slice(0, 40)}`, { fullPage: true });
      }
    },
  },
];
