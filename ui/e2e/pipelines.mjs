// The pages of a process that runs a graph: a collector whose configuration is that of BrowserCollectorTest, and into which
// the scenarios send logs, metrics and traces by OTLP (--feed=URL of its receiver).
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { manyComponents } from './fixtures.mjs';
import { PHONE, settled, until } from './steps.mjs';

const nanos = () => `${Date.now()}000000`;
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }] };

async function send(feed, path, body) {
  const answer = await fetch(`${feed}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
}

async function round(feed, i) {
  const logRecords = Array.from({ length: 40 }, (_, k) => ({
    timeUnixNano: nanos(),
    severityNumber: k % 4 === 0 ? 5 : 9,
    severityText: k % 4 === 0 ? 'DEBUG' : 'INFO',
    body: { stringValue: `order ${i * 40 + k} paid` },
  }));
  const dataPoints = Array.from({ length: 10 }, (_, k) => ({ timeUnixNano: nanos(), asDouble: k + i }));
  const spans = Array.from({ length: 5 }, () => ({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'GET /cart',
    kind: 2,
    startTimeUnixNano: nanos(),
    endTimeUnixNano: nanos(),
  }));
  await send(feed, 'logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
  const metrics = [{ name: 'queue.depth', gauge: { dataPoints } }];
  await send(feed, 'metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
  await send(feed, 'traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

/** Sends until it is told to stop. */
function feeding(feed) {
  let on = true;
  const done = (async () => {
    for (let i = 0; on; i++) {
      await round(feed, i);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return async () => {
    on = false;
    await done;
  };
}

/** Fails unless a text shows a number of bytes, with the three digits that the page gives. */
function assertShown(text, bytes) {
  const [, value, prefix] = /([\d.]+) ([KMG]?)i?B\b/.exec(text) ?? assert.fail(`no bytes in: ${text}`);
  const shown = Number(value) * 1024 ** ['', 'K', 'M', 'G'].indexOf(prefix);
  assert.ok(Math.abs(shown - bytes) <= bytes * 0.005, `${text} shows ${bytes} bytes`);
}

export const scenarios = [
  {
    name: 'pipelines: the root leads to the graph, which shows what flows',
    async run({ open, page, shot, feed }) {
      const stop = feeding(feed);
      try {
        await open('/');
        await until('the start page is Flow', () => page.url().includes('/pipelines'));
        await page.locator('.graph-card', { hasText: 'filter/debug' }).waitFor();
        assert.equal(await page.locator('.nav-item').count(), 1, 'only pages that this process has');
        // A rate and a band that is wider than that of the few traces.
        const band = (name) => page.locator(`.graph-band[aria-label^="${name}"] .graph-band-line`);
        const width = async (name) => Number(await band(name).first().getAttribute('stroke-width'));
        await until(
          'bands are as wide as their volume',
          async () =>
            (await width('receiver:otlp to processor:filter/debug@logs')) >
            2 * (await width('receiver:otlp to exporter:nop@traces')),
        );
        await until('figures', async () =>
          /\d\/s/.test(await page.locator('.graph-card', { hasText: 'filter/debug' }).textContent()),
        );
        await shot('pipelines');
      } finally {
        await stop();
      }
    },
  },
  {
    name: 'pipelines: a destination that is down says so, with what waits for it',
    async run({ open, page, shot, feed }) {
      await round(feed, 0);
      await open('/pipelines');
      const card = page.locator('.graph-card', { hasText: 'otlp_http/down' });
      await until('the card is marked', async () => /down|probing/.test(await card.textContent()));
      await card.click();
      const panel = page.locator('.panel');
      await panel.getByText('connection refused').waitFor();
      assert.match(await panel.textContent(), /[1-9]\d* items in [1-9]\d* requests/);
      assert.match(await panel.textContent(), /queued for/);
      assert.match(await panel.textContent(), /collector\.yaml:\d+:\d+/);
      await shot('pipelines-down');
      await panel.getByRole('link', { name: 'In the configuration' }).click();
      const marked = page.locator('.yaml-line.is-marked');
      await marked.waitFor();
      assert.match(await marked.textContent(), /otlp_http\/down:/);
      await shot('pipelines-config');
    },
  },
  {
    name: 'pipelines: every component behind a full queue is blocked by its exporter',
    async run({ open, page, shot, baseUrl }) {
      await until(
        'the healthy exporter is starved',
        async () => {
          const { data } = await (await fetch(`${baseUrl}/api/v1/pipelines`)).json();
          return data.nodes.some((node) => node.component === 'nop/healthy' && node.blocked.length > 0);
        },
        60_000,
      );
      await open('/pipelines');
      const notice = page.locator('.obstacles .notice');
      await notice.waitFor();
      const text = await notice.textContent();
      assert.match(text, /exporter otlp_http\/stuck: queue full since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
      for (const name of ['receiver host_metrics/a', 'receiver host_metrics/b', 'exporter nop/healthy'])
        assert.ok(text.includes(name), `${name} is named`);
      for (const name of ['host_metrics/a', 'host_metrics/b', 'nop/healthy']) {
        const card = page.locator('.graph-card', { hasText: name });
        await until(`${name} is blocked`, async () =>
          (await card.textContent()).includes('blocked by exporter otlp_http/stuck'),
        );
      }
      const other = page.locator('.graph-card', { hasText: 'filter/debug' });
      assert.ok(!(await other.textContent()).includes('blocked'));
      await shot('pipelines-blocked');
      await page.locator('.graph-card', { hasText: 'nop/healthy' }).click();
      const panel = page.locator('.panel');
      await panel.getByText('No data: blocked by').waitFor();
      await shot('pipelines-blocked-panel');
      await panel.getByRole('link', { name: 'exporter otlp_http/stuck' }).click();
      await panel.locator('h2', { hasText: 'otlp_http/stuck' }).waitFor();
      await panel.locator('.notice', { hasText: 'Blocking' }).waitFor();
      await open('/pipelines?view=table');
      await page
        .locator('.component-row', { hasText: 'blocked by exporter otlp_http/stuck' })
        .first()
        .waitFor();
    },
  },
  {
    name: 'pipelines: a dead letter is shown and sent again',
    async run({ open, page, feed }) {
      await round(feed, 1);
      await open('/pipelines?at=exporter%3Aotlp_http%2Frefusing%40logs&view=table');
      const panel = page.locator('.panel');
      await panel.getByText('Dead letters', { exact: false }).first().waitFor();
      const letter = panel.locator('.panel-letters li').first();
      await letter.waitFor();
      const before = await letter.textContent();
      assert.match(before, /items/);
      const answered = page.waitForResponse((r) => r.url().includes('dead-letters/replay'));
      await letter.getByRole('button', { name: 'Send again' }).click();
      assert.equal((await answered).status(), 200);
    },
  },
  {
    name: 'pipelines: a tap shows what passes an edge',
    async run({ open, page, shot, feed }) {
      await open('/pipelines');
      const band = page.locator('.graph-band[aria-label^="receiver:otlp to processor:filter/debug@logs"]');
      await band.waitFor();
      // By keyboard: a curve has no middle that a pointer would surely hit.
      await band.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Show live records' }).click();
      const stop = feeding(feed);
      try {
        await page.locator('.tap-line', { hasText: 'INFO order' }).first().waitFor();
      } finally {
        await stop();
      }
      await shot('pipelines-tap');
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByRole('button', { name: 'Show live records' }).waitFor();
    },
  },
  {
    name: 'pipelines: bytes of an edge are the same in the graph, its panel and its tap',
    async run({ open, page, feed, baseUrl }) {
      const id = 'receiver:otlp to processor:filter/debug@logs';
      const edge = async () => {
        const { data } = await (await fetch(`${baseUrl}/api/v1/pipelines`)).json();
        return data.edges.find(({ from, to }) => `${from} to ${to}` === id);
      };
      await open('/pipelines');
      await page.locator(`.graph-band[aria-label^="${id}"]`).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Show live records' }).click();
      await page.getByText('Waiting for', { exact: false }).first().waitFor();
      const before = await edge();
      await round(feed, 3);
      const tapped = page.locator('.tap-batch header').first();
      await tapped.waitFor();
      const after = await edge();
      assert.equal(after.batches, before.batches + 1);
      assert.equal(after.items, before.items + 40);
      assertShown(await tapped.textContent(), after.bytes - before.bytes);
      const facts = page.locator('.panel-facts div', { hasText: 'Since the start' });
      await until('the panel counts the batch', async () =>
        (await facts.textContent()).includes(`${after.items.toLocaleString('en')} items in`),
      );
      assertShown(await facts.textContent(), after.bytes);
    },
  },
  {
    name: 'pipelines: signals and words narrow the graph, the address keeps it',
    async run({ open, page }) {
      await open('/pipelines');
      await page.locator('.graph-card').first().waitFor();
      const all = await page.locator('.graph-card').count();
      await page.getByRole('button', { name: 'traces', exact: true }).click();
      await until('fewer cards', async () => (await page.locator('.graph-card').count()) < all);
      assert.ok(page.url().includes('signal=traces'));
      await page.reload();
      await page.locator('.graph-card').first().waitFor();
      assert.ok((await page.locator('.graph-card').count()) < all);
      await page.getByRole('button', { name: 'traces', exact: true }).click();
      await page.getByLabel('Find components').fill('count');
      await until('the way through the connector', async () => {
        const text = await page.locator('.graph-frame').textContent();
        return text.includes('filter/debug') && !text.includes('otlp_http/down');
      });
      await page.getByLabel('Find components').fill('no such thing');
      await page.getByText('No component matches').waitFor();
    },
  },
  {
    name: 'pipelines: dark, and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot, feed }) {
      await round(feed, 2);
      for (const [path, sight] of [
        ['/pipelines', '.component-row'],
        ['/pipelines?view=graph', '.graph-card'],
        ['/pipelines?view=config', '.yaml-line'],
        ['/pipelines?view=table&at=exporter%3Aotlp_http%2Fdown%40logs', '.panel-facts'],
      ]) {
        await open(path);
        await page.locator(sight).first().waitFor();
        await settled(page);
        assert.ok((await overflow(page)) <= 0, `${path} is wider than a phone`);
        await shot(`pipelines-phone${path.replaceAll(/\W+/g, '-').slice(0, 40)}`);
      }
    },
  },
  {
    name: 'pipelines: a thousand components stay quick',
    async run({ open, page, shot }) {
      await page.route('**/api/v1/pipelines', (route) => route.fulfill({ json: manyComponents(1000) }));
      await open('/pipelines');
      await page.locator('.graph-card').first().waitFor({ timeout: 30_000 });
      await shot('pipelines-1000');
      const blocked = await page.evaluate(
        () =>
          new Promise((resolve) => {
            let worst = 0;
            let last = performance.now();
            const end = last + 1500;
            const tick = () => {
              const now = performance.now();
              worst = Math.max(worst, now - last);
              last = now;
              if (now > end) resolve(worst);
              else setTimeout(tick, 0);
            };
            tick();
          }),
      );
      console.log(`      longest pause with 1,000 components: ${Math.round(blocked)} ms`);
      await page.getByLabel('Find components').fill('exporter-17');
      await until('the one that was looked for', async () =>
        (await page.locator('.graph-frame').textContent()).includes('exporter-17'),
      );
      await page.getByRole('radio', { name: 'Table' }).click();
      await page.getByLabel('Find components').fill('');
      await page.locator('.component-row').first().waitFor();
      assert.ok((await page.locator('.component-row').count()) < 120, 'only what is in sight is drawn');
    },
  },
  {
    name: 'pipelines: what is missing is said in words',
    async run({ open, page, allow }) {
      allow(/the server responded with a status of (404|500)/);
      await page.route('**/api/v1/pipelines', (route) =>
        route.fulfill({
          json: { status: 'success', data: { time: Date.now(), tap: false, nodes: [], edges: [] } },
        }),
      );
      await open('/pipelines');
      await page.getByText('The graph has no components yet').waitFor();
      await page.unroute('**/api/v1/pipelines');
      await page.route('**/api/v1/pipelines', (route) => route.fulfill({ status: 404, body: 'no' }));
      await open('/pipelines');
      await page.getByText('This server has no pipelines').waitFor();
      await page.unroute('**/api/v1/pipelines');
      await page.route('**/api/v1/pipelines', (route) => route.fulfill({ status: 500, body: 'broken disk' }));
      await open('/pipelines');
      await page.getByText('broken disk').waitFor();
    },
  },
  {
    name: 'pipelines: volumes by service and severity add up to the accounts',
    async run({ open, page, shot, feed }) {
      const stop = feeding(feed);
      try {
        await open('/volumes');
        const table = page.locator('.volumes-table');
        await table.getByText('checkout').first().waitFor();
        const side = async (n) =>
          (await page.locator('.volumes-equation dl').nth(n).locator('dd').allTextContents())
            .map((text) => Number(text.replaceAll(',', '')))
            .reduce((a, b) => a + b, 0);
        await until(
          'both sides are equal',
          async () => (await side(0)) > 0 && (await side(0)) === (await side(1)),
        );
        await until('a rate', async () => /\d .*B\/s/.test((await table.textContent()) ?? ''));
        await shot('volumes');
        await page.getByLabel('By', { exact: true }).selectOption('severity');
        await table.getByText('debug').waitFor();
        assert.match(page.url(), /by=severity/);
        await page.emulateMedia({ colorScheme: 'dark' });
        await shot('volumes-dark');
        await page.setViewportSize(PHONE.viewport);
        assert.equal(await overflow(page), 0);
      } finally {
        await stop();
      }
    },
  },
  {
    name: 'pipelines: records before and after a component are compared',
    async run({ open, page, shot, feed }) {
      const stop = feeding(feed);
      try {
        await open('/pipelines?view=graph');
        await page.locator('.graph-card', { hasText: 'filter/debug' }).click();
        const records = page.getByRole('region', { name: 'Records' });
        await records.getByRole('button', { name: 'Compare records' }).click();
        await records.locator('.badge', { hasText: 'Buffered or dropped' }).first().waitFor();
        await records
          .getByText(/DEBUG order \d+ paid/)
          .first()
          .waitFor();
        await shot('records');
        await records.getByRole('button', { name: 'Stop' }).click();
        const follow = page.getByRole('region', { name: 'Follow a record' });
        await follow.getByLabel('Follow one record of').selectOption('logs');
        await follow.getByRole('button', { name: 'Follow record' }).click();
        await follow.locator('.follow-hops strong').first().waitFor({ timeout: 15_000 });
        await shot('follow');
      } finally {
        await stop();
      }
    },
  },
  {
    name: 'pipelines: recommendations have evidence, findings are counted by exporter',
    async run({ open, page, shot, feed }) {
      const stop = feeding(feed);
      try {
        await open('/volumes/recommendations');
        await page.getByRole('button', { name: 'Take sample' }).click();
        const card = page.getByRole('region', { name: 'Debug logs' });
        await card.waitFor({ timeout: 20_000 });
        assert.match(await card.textContent(), /tethys tool control filter .* --signal logs --preview/);
        await shot('recommendations');
        await open('/pipelines/findings');
        await page.getByRole('button', { name: 'Check now' }).click();
        await page.locator('.badge', { hasText: /^0$/ }).first().waitFor({ timeout: 15_000 });
        await shot('findings');
      } finally {
        await stop();
      }
    },
  },
];
