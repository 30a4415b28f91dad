// Explore → Traces, against answers of Tempo's API that are made within the browser (tempo-mock.mjs).
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { PHONE, settled, until, violations } from './steps.mjs';
import { BROKEN, mockTempo, WIDE } from './tempo-mock.mjs';
import { otlp, spansOf, traceId } from './tempo-spans.mjs';

const param = (page, name) => new URL(page.url()).searchParams.get(name);
const address = (query, more = '') => `/explore/traces?query=${encodeURIComponent(query)}${more}`;
const ROOTS = '{ nestedSetParent < 0 }';
const traces = (page) => page.getByLabel('Traces', { exact: true }).locator('tbody tr');
const spans = (page) => page.locator('.span-row');

async function clean(page, what) {
  await settled(page);
  const found = await violations(page);
  assert.deepEqual(found, [], `${what}: ${found.join('\n')}`);
}

async function type(page, text) {
  await page.locator('.editor .cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

export const scenarios = [
  {
    name: 'traces: the first visit shows rate, errors, durations and traces',
    async run({ open, page, shot }) {
      const { calls } = await mockTempo(page);
      await open('/query');
      await page.getByLabel('Signals').getByText('Traces').click();
      await traces(page).first().waitFor();
      assert.equal(param(page, 'query'), '{ kind = server }');
      for (const title of ['Rate', 'Errors', 'Duration'])
        await page.getByLabel(title, { exact: true }).locator('canvas').waitFor();
      await page.locator('.duration-heat canvas').waitFor();
      assert.ok(
        calls.some((c) => c.path === 'metrics/query_range' && /histogram_over_time/.test(c.params.get('q'))),
      );
      await clean(page, 'traces');
      await shot('explore-traces', { fullPage: true });
    },
  },
  {
    name: 'traces: a box over slow spans names what they share; a click filters',
    async run({ open, page, shot }) {
      await mockTempo(page);
      await open(address(ROOTS));
      const heat = page.locator('.duration-heat');
      await heat.locator('canvas').waitFor();
      const box = await heat.boundingBox();
      await page.mouse.move(box.x + box.width * 0.3, box.y + 4);
      await page.mouse.down();
      for (let i = 1; i <= 6; i++)
        await page.mouse.move(box.x + box.width * (0.3 + i * 0.1), box.y + 4 + i * 3);
      await page.mouse.up();
      await until('the box', () => param(page, 'box') !== null);
      const comparison = page.getByLabel('Comparison');
      const version = comparison.getByLabel('resource.service.version');
      await version.getByText('2.1').waitFor();
      await comparison.getByLabel('span.rows').getByText('> 14').waitFor();
      await clean(page, 'comparison');
      await shot('explore-traces-compare', { fullPage: true });
      await version.getByRole('button', { name: '2.1', exact: true }).click();
      await until('the filter', () => param(page, 'query').includes('resource.service.version = "2.1"'));
      await page.getByLabel('Filters').getByText('resource.service.version = "2.1"').waitFor();
    },
  },
  {
    name: 'traces: slowest spans and errors are selected without a mouse',
    async run({ open, page }) {
      await mockTempo(page);
      await open(address(ROOTS));
      await page.getByRole('button', { name: 'Select slowest' }).click();
      await page.getByLabel('Comparison').getByText('selected').waitFor();
      await page.getByRole('button', { name: 'Select errors' }).click();
      await until('errors', () => param(page, 'box') === 'errors');
      await page.getByLabel('Comparison').getByText('Failed spans').waitFor();
    },
  },
  {
    name: 'traces: a query is completed and run, an error marked at its place',
    async run({ open, page, allow, shot }) {
      allow(/400/);
      await mockTempo(page);
      await open(address('{ }'));
      await traces(page).first().waitFor();
      await type(page, '{ resource.service.na');
      await page.locator('.cm-tooltip-autocomplete li', { hasText: 'resource.service.name' }).first().click();
      await page.keyboard.type(' = "pa');
      await page.locator('.cm-tooltip-autocomplete li', { hasText: 'pay' }).waitFor();
      await shot('explore-traces-completion');
      await page.locator('.cm-tooltip-autocomplete li', { hasText: 'pay' }).click();
      assert.match(
        await page.locator('.editor .cm-content').textContent(),
        /^\{ resource\.service\.name = "pay"/,
      );
      await open(address('{ name = = "x" }'));
      await page.locator('.notice-error', { hasText: 'syntax error' }).waitFor();
      assert.equal(await page.locator('.cm-lintRange-error').textContent(), '=');
    },
  },
  {
    name: 'traces: chips invert and remove filters',
    async run({ open, page }) {
      await mockTempo(page);
      await open(address(ROOTS));
      await page.getByRole('button', { name: 'Errors only' }).click();
      await until('errors', () => param(page, 'query') === '{ nestedSetParent < 0 && status = error }');
      await page.getByRole('button', { name: 'status = error', exact: true }).click();
      await until('inverted', () => param(page, 'query').includes('status != error'));
      await page.getByLabel('Remove status != error').click();
      await until('removed', () => param(page, 'query') === ROOTS);
      await page.getByRole('radio', { name: 'Server spans' }).click();
      await until('server spans', () => param(page, 'query') === '{ kind = server }');
    },
  },
  {
    name: 'traces: spans, structure of the found traces, and a metrics query',
    async run({ open, page, shot }) {
      await mockTempo(page);
      await open(address(ROOTS, '&view=spans'));
      await page.getByLabel('Matched spans').locator('tbody tr').first().waitFor();
      await page.getByRole('radio', { name: 'Structure' }).click();
      const structure = page.getByLabel('Structure', { exact: true });
      await structure.getByText('SELECT accounts').first().waitFor();
      await clean(page, 'structure');
      await shot('explore-traces-structure');
      await open(address('{ } | rate() by (status)'));
      await page.getByLabel('Result', { exact: true }).locator('.chart canvas').waitFor();
      await page.locator('.legend-table').getByText('error').waitFor();
    },
  },
  {
    name: 'trace: waterfall with critical path, drawer and links to logs and metrics',
    async run({ open, page, shot }) {
      await mockTempo(page);
      await open(`/explore/traces/${traceId(1_795_740_000)}`);
      await spans(page).nth(4).waitFor();
      assert.ok((await page.locator('.span-critical').count()) > 3);
      await clean(page, 'trace');
      await shot('trace');
      await spans(page).filter({ hasText: 'charge' }).locator('.span-open').click();
      const drawer = page.getByLabel('Span', { exact: true });
      await drawer.getByText('PaymentDeclined', { exact: true }).waitFor();
      await drawer.getByText('service.instance.id').waitFor();
      await clean(page, 'drawer');
      await shot('trace-drawer');
      const logs = new URL(
        await drawer.getByRole('link', { name: 'Logs of span' }).getAttribute('href'),
        page.url(),
      );
      assert.equal(
        logs.searchParams.get('query'),
        `{service_name="pay"} | trace_id="${traceId(1_795_740_000)}"`,
      );
      const profile = new URL(
        await drawer.getByRole('link', { name: 'Profile of span' }).getAttribute('href'),
        page.url(),
      );
      assert.equal(profile.pathname, '/explore/profiles');
      assert.equal(profile.searchParams.get('query'), '{service_name="pay"}');
      assert.match(profile.searchParams.get('span'), /^[0-9a-f]{16}$/);
      const metrics = new URL(
        await drawer.getByRole('link', { name: 'Metrics of resource' }).getAttribute('href'),
        page.url(),
      );
      assert.equal(
        metrics.searchParams.get('g0.expr'),
        'count by (__name__) ({job="prod/pay", instance="pay-0"})',
      );
      await page.reload();
      await drawer.getByText('PaymentDeclined', { exact: true }).waitFor();
    },
  },
  {
    name: 'trace: search steps through matches, services and subtrees collapse',
    async run({ open, page }) {
      await mockTempo(page);
      await open(`/explore/traces/${traceId(1_795_740_000)}`);
      await spans(page).nth(4).waitFor();
      await page.getByLabel('Collapse GET').click();
      await until('one row', async () => (await spans(page).count()) === 1);
      await page.getByLabel('Find in trace').fill('postgresql');
      await page.getByLabel('Next match').click();
      await page.locator('.span-row.is-current', { hasText: 'SELECT accounts' }).waitFor();
      await page.getByLabel('Close', { exact: true }).click();
      await page.getByLabel('Collapse services').getByRole('button', { name: /^pay/ }).click();
      await until('folded', async () => (await spans(page).filter({ hasText: 'SELECT' }).count()) === 0);
      await spans(page).filter({ hasText: 'send receipt' }).waitFor();
    },
  },
  {
    name: 'trace: 12,000 spans scroll smoothly, with few rows in the document',
    async run({ open, page, shot }) {
      await mockTempo(page);
      await open(`/explore/traces/${WIDE}`);
      await page.locator('.panel-stats', { hasText: '12,000 spans' }).waitFor();
      const worst = await page.evaluate(async () => {
        const node = document.querySelector('.span-scroll');
        const frames = [];
        let before = performance.now();
        for (let i = 0; i <= 120; i++) {
          node.scrollTop = (node.scrollHeight * i) / 120;
          await new Promise((done) => requestAnimationFrame(done));
          const now = performance.now();
          frames.push(now - before);
          before = now;
          const count = document.querySelectorAll('.span-row').length;
          if (count > 120) throw new Error(`${count} rows in the document`);
        }
        frames.sort((a, b) => a - b);
        return { median: frames[60], worst: frames.at(-1) };
      });
      console.log(`      frames: median ${worst.median.toFixed(1)} ms, worst ${worst.worst.toFixed(1)} ms`);
      await until('other rows', async () => !(await spans(page).first().textContent()).includes('step 0'));
      await shot('trace-wide');
      const map = page.locator('.minimap');
      const box = await map.boundingBox();
      await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.6, box.y + 20, { steps: 5 });
      await page.mouse.up();
      await page.locator('.minimap-window').waitFor();
      await page.getByLabel('Range start').press('ArrowRight');
      await shot('trace-wide-zoomed');
    },
  },
  {
    name: 'trace: missing parents, duplicates, cycles and clock skew are shown',
    async run({ open, page, shot }) {
      await mockTempo(page);
      await open(`/explore/traces/${BROKEN}`);
      const notice = page.locator('.notice-warning');
      for (const text of ['1 span without parent', '2 spans with a duplicate id', '1 cycle', 'clocks'])
        await notice.getByText(text).waitFor();
      assert.equal(await spans(page).count(), 7);
      await page.getByRole('button', { name: 'Correct clocks' }).click();
      await clean(page, 'broken trace');
      await shot('trace-broken');
    },
  },
  {
    name: 'trace: critical path, structure and comparison of two traces',
    async run({ open, page, shot }) {
      await mockTempo(page);
      const [slow, fast] = [traceId(1_795_740_020), traceId(1_795_740_021)];
      await open(`/explore/traces/${fast}?view=critical`);
      await page.getByLabel('Time on the path').getByText('SELECT accounts').waitFor();
      await shot('trace-critical');
      await open(`/explore/traces/${fast}?view=diff`);
      await page.getByLabel('Other trace').fill(slow);
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await page.getByLabel('Differences').getByText('slower').first().waitFor();
      await clean(page, 'diff');
      await shot('trace-diff');
    },
  },
  {
    name: 'traces: two chosen traces are compared',
    async run({ open, page }) {
      await mockTempo(page);
      await open(address(ROOTS));
      await traces(page).nth(1).waitFor();
      await traces(page).nth(0).getByRole('checkbox').check();
      await traces(page).nth(1).getByRole('checkbox').check();
      await page.getByRole('link', { name: 'Compare traces' }).click();
      await until('the comparison', () => param(page, 'view') === 'diff');
      await page.getByText(/No differences|Other is/).waitFor();
    },
  },
  {
    name: 'trace: is copied as OTLP and Jaeger JSON, and opened from a file',
    async run({ open, page, shot }) {
      const { calls } = await mockTempo(page);
      const id = traceId(1_795_740_000);
      await open(`/explore/traces/${id}`);
      await spans(page).nth(4).waitFor();
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      const copied = async (label) => {
        await page.getByLabel(label).click();
        await page.getByLabel('Copied').waitFor();
        const text = await page.evaluate(() => navigator.clipboard.readText());
        await page.getByLabel(label).waitFor();
        return text;
      };
      const ours = JSON.parse(await copied('Copy OTLP JSON'));
      assert.equal(ours.resourceSpans.length, 3);
      const jaeger = await copied('Copy Jaeger JSON');
      const before = calls.length;
      const upload = (name, text) =>
        page
          .getByLabel('Trace file')
          .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
      await upload('jaeger.json', jaeger);
      await page.getByText('from jaeger.json (Jaeger)').waitFor();
      await spans(page).nth(4).waitFor();
      const two = {
        resourceSpans: [otlp(7, spansOf(7)), otlp(8, spansOf(8))].flatMap((t) => t.resourceSpans),
      };
      await upload('two.json', JSON.stringify(two));
      await page.getByLabel('Trace in file').selectOption(traceId(8));
      await until('the second trace', () => page.url().includes(traceId(8)));
      await shot('trace-file');
      await upload('wrong.json', '{"a":1}');
      await page.locator('.notice-error', { hasText: 'no spans in a known format' }).waitFor();
      assert.ok(
        !calls.slice(before).some((c) => c.path.startsWith('v2/traces')),
        'files are not sent or read again',
      );
    },
  },
  {
    name: 'traces: without spans the page says how to send some; an unknown trace is named',
    async run({ open, page, allow, shot }) {
      allow(/404/);
      const mock = await mockTempo(page, { empty: true });
      await open('/explore/traces');
      await page.getByText('No traces received yet').waitFor();
      await page.getByLabel('OTLP', { exact: true }).getByLabel('Copy command').waitFor();
      await clean(page, 'empty');
      await shot('explore-traces-empty');
      mock.settings.empty = false;
      await traces(page).first().waitFor();
      await open('/explore/traces/0123456789abcdef');
      await page.getByText('Trace not found').waitFor();
      await open('/explore/traces/nonsense');
      await page.getByText('Invalid trace id').waitFor();
      mock.settings.missing = true;
      await open('/explore/traces');
      await page.getByRole('heading', { name: 'No trace store' }).waitFor();
    },
  },
  {
    name: 'traces: dark',
    context: { colorScheme: 'dark' },
    async run({ open, page, shot }) {
      await mockTempo(page);
      await open(address(ROOTS, '&box=errors'));
      await page.getByLabel('Comparison').getByText('selected').waitFor();
      await clean(page, 'dark list');
      await shot('explore-traces-dark', { fullPage: true });
      await open(`/explore/traces/${traceId(1_795_740_000)}`);
      await spans(page).nth(4).waitFor();
      await clean(page, 'dark trace');
      await shot('trace-dark');
    },
  },
  {
    name: 'traces: fit a phone',
    context: PHONE,
    async run({ open, page, shot }) {
      await mockTempo(page);
      await open(address(ROOTS, '&box=errors'));
      await traces(page).first().waitFor();
      await settled(page);
      await until('the list fits', async () => (await overflow(page)) <= 0);
      await shot('explore-traces-phone', { fullPage: true });
      for (const view of ['', 'critical', 'structure', 'diff']) {
        await open(`/explore/traces/${traceId(1_795_740_000)}?view=${view}`);
        await settled(page);
        await until(`${view} fits`, async () => (await overflow(page)) <= 0);
      }
      await open(`/explore/traces/${traceId(1_795_740_000)}`);
      await spans(page).nth(2).locator('.span-open').click();
      await until('the drawer fits', async () => (await overflow(page)) <= 0);
      await shot('trace-phone', { fullPage: true });
    },
  },
];
