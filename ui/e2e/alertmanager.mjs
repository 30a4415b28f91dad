// The pages of an Alertmanager, on its own or inside of a server (--manager=PATH below which its API is).
import assert from 'node:assert/strict';
import { overflow } from './browser.mjs';
import { manyAlertGroups } from './fixtures.mjs';
import { PHONE, settled, until } from './steps.mjs';

async function post(base, path, body) {
  const answer = await fetch(`${base}/api/v2/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer;
}

const get = async (base, path) => (await fetch(`${base}/api/v2/${path}`)).json();

/** Four alerts of which one inhibits another; sent again by each scenario, they stay the same. */
async function alerts(base) {
  const now = Date.now();
  const alert = (labels, summary) => ({
    labels,
    annotations: { summary },
    startsAt: new Date(now - 600_000).toISOString(),
    endsAt: new Date(now + 3_600_000).toISOString(),
    generatorURL: 'http://prometheus.example/graph?g0.expr=up',
  });
  const page = { alertname: 'DiskFull', severity: 'page', cluster: 'eu' };
  await post(base, 'alerts', [
    alert({ ...page, team: 'db', instance: 'db-1' }, 'db-1 is full'),
    alert({ ...page, team: 'db', instance: 'db-2' }, 'db-2 is full'),
    alert({ ...page, team: 'web', instance: 'web-1', cluster: 'us' }, 'web-1 is full'),
    alert({ alertname: 'ClusterDown', cluster: 'us' }, 'nothing answers'),
  ]);
  await until('groups', async () => (await get(base, 'alerts/groups')).length >= 2);
}

const card = (page, text) => page.locator('.am-group', { hasText: text });

export const scenarios = [
  {
    name: 'alertmanager: alerts stand in groups, filtered by labels and receiver',
    async run({ open, page, shot, manager, root }) {
      await alerts(manager);
      await open(root);
      await until('the start page are alerts', () => page.url().includes('/alertmanager/alerts'));
      // The page shows routes, not notifications that were sent.
      await page.getByRole('heading', { name: 'Alerts by receiver' }).waitFor();
      assert.ok(!/notified/i.test(await page.locator('main').textContent()));
      await card(page, 'db-1').first().waitFor();
      await page.getByText('db-1 is full').first().waitFor();
      await page.getByText('1 alert silenced, inhibited or muted').waitFor();
      assert.equal(await page.getByText('web-1 is full').count(), 0, 'inhibited ones are not shown');
      await shot('alertmanager');
      await page.getByRole('button', { name: 'inhibited', exact: true }).click();
      await page.getByText('web-1 is full').first().waitFor();
      await page.getByLabel('Filter alerts by labels').fill('team=~"d.+"');
      await page.keyboard.press('Enter');
      await until('only the team that was asked for', async () => {
        const text = await page.locator('main').textContent();
        return text.includes('db-2 is full') && !text.includes('web-1 is full');
      });
      assert.ok(new URL(page.url()).searchParams.get('filter').includes('team=~"d.+"'));
      // A press on a label narrows further; a press on a filter takes it away.
      await page.locator('.am-alert .chip-button', { hasText: 'severity' }).first().click();
      await until('another filter', () =>
        (new URL(page.url()).searchParams.get('filter') ?? '').includes('severity="page"'),
      );
      await page.getByTitle('Remove this filter').last().click();
      await page.getByText('db-1 is full').first().waitFor();
      await page.getByLabel('Filter alerts by labels').fill('nonsense');
      await page.keyboard.press('Enter');
      await page.locator('.field-problem').waitFor();
      await page.getByLabel('Groups').selectOption({ label: 'By team' });
      await card(page, 'team').filter({ hasText: '2 alerts' }).waitFor();
      await page.getByLabel('Receiver').selectOption('default');
      await page.getByText('No alert matches').waitFor();
    },
  },
  {
    name: 'alertmanager: alerts with the highest severity and the greatest age stand first',
    async run({ open, page, pages }) {
      const since = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();
      const alert = (name, severity, hours) => ({
        labels: { alertname: name, severity },
        annotations: {},
        startsAt: since(hours),
        endsAt: since(-1),
        fingerprint: name,
        receivers: [{ name: 'r' }],
        status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
      });
      const group = (name, ...all) => ({ labels: { team: name }, receiver: { name: 'r' }, alerts: all });
      await page.route('**/api/v2/alerts/groups**', (route) =>
        route.fulfill({
          json: [
            group('a', alert('Info', 'info', 9)),
            group(
              'b',
              alert('Young', 'critical', 1),
              alert('Warn', 'warning', 9),
              alert('Old', 'critical', 5),
            ),
          ],
        }),
      );
      await open(`${pages}/alerts`);
      await page.locator('.am-alert').first().waitFor();
      const names = await page.locator('.am-alert .chip-value').allTextContents();
      assert.deepEqual(
        names.filter((text) => ['Info', 'Young', 'Warn', 'Old'].includes(text)),
        ['Old', 'Young', 'Warn', 'Info'],
      );
      const times = await page.locator('.am-alert time').allTextContents();
      for (const text of times) assert.match(text, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      // One switch for the zone of every page.
      const local = times[0];
      await page.getByRole('button', { name: 'Times in local time. Show UTC' }).click();
      await page.getByRole('button', { name: 'Times in UTC. Show local time' }).waitFor();
      const iso = await page.locator('.am-alert time').first().getAttribute('datetime');
      await until('UTC', async () => {
        const text = await page.locator('.am-alert time').first().textContent();
        return text === iso.slice(0, 19).replace('T', ' ');
      });
      await page.getByRole('button', { name: 'Times in UTC. Show local time' }).click();
      await until(
        'local time',
        async () => (await page.locator('.am-alert time').first().textContent()) === local,
      );
    },
  },
  {
    name: 'alertmanager: a silence is previewed, made, edited and expired',
    async run({ open, page, shot, manager, root }) {
      await alerts(manager);
      const filter = '{alertname="DiskFull",team="db"}';
      await open(`${root}#/silences/new?filter=${encodeURIComponent(filter)}`);
      await page.getByRole('heading', { name: 'New silence' }).waitFor();
      await page.locator('.am-affected', { hasText: '2 alerts' }).waitFor();
      await page.getByLabel('Value 2').fill('web');
      await page.locator('.am-affected', { hasText: '1 alert' }).waitFor();
      await page.getByLabel('Operator 2').selectOption('=~');
      await page.getByLabel('Value 2').fill('db|web');
      await page.locator('.am-affected', { hasText: '3 alerts' }).waitFor();
      await shot('alertmanager-silence-new');
      await page.getByRole('button', { name: 'Create silence' }).click();
      await page.locator('.field-problem', { hasText: 'Enter a comment' }).waitFor();
      await page.getByLabel('Who').fill('ada');
      await page.getByLabel('Why').fill('disks are being replaced');
      await page.getByRole('button', { name: '8h' }).click();
      await page.getByRole('button', { name: 'Create silence' }).click();
      await page.getByRole('heading', { name: 'Silence', exact: true }).waitFor();
      const id = page.url().split('/').at(-1);
      const made = await get(manager, `silence/${id}`);
      assert.equal(made.comment, 'disks are being replaced');
      assert.equal(Math.round((Date.parse(made.endsAt) - Date.parse(made.startsAt)) / 3_600_000), 8);
      await page.getByText('Affected alerts').waitFor();
      await shot('alertmanager-silence');

      await page.getByRole('link', { name: 'Edit' }).click();
      await page.getByLabel('Why').fill('disks were replaced');
      await page.getByRole('button', { name: 'Save' }).click();
      // The text alone stands in the form, too.
      await page.getByRole('heading', { name: 'Silence', exact: true }).waitFor();
      await page.getByText('disks were replaced').waitFor();
      assert.equal(
        (await get(manager, `silence/${id}`)).comment,
        'disks were replaced',
        'it is the same one',
      );

      await page.goto(page.url().replace(/\/alertmanager\/.*/, '/alertmanager/silences'));
      const row = page.locator('.am-silence', { hasText: 'disks were replaced' });
      await row.waitFor();
      await shot('alertmanager-silences');
      await row.getByRole('button', { name: 'Expire' }).click();
      await page.getByRole('button', { name: 'Expire it' }).click();
      await row.waitFor({ state: 'detached' });
      assert.equal((await get(manager, `silence/${id}`)).status.state, 'expired');
      await page.getByRole('button', { name: /^expired/ }).click();
      await row.getByRole('link', { name: 'Recreate' }).click();
      await page.getByRole('heading', { name: 'Recreate silence' }).waitFor();
      assert.equal(await page.getByLabel('Why').inputValue(), 'disks were replaced');
    },
  },
  {
    name: 'alertmanager: alerts that are silenced lead to their silence',
    async run({ open, page, manager, root }) {
      await alerts(manager);
      const answer = await post(manager, 'silences', {
        matchers: [{ name: 'instance', value: 'db-2', isRegex: false, isEqual: true }],
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 600_000).toISOString(),
        createdBy: 'grace',
        comment: 'known',
      });
      const { silenceID } = await answer.json();
      await open(`${root}#/alerts?silenced=true&filter=${encodeURIComponent('{instance="db-2"}')}`);
      await page.getByRole('link', { name: 'silenced' }).first().click();
      await page.getByText('known', { exact: true }).waitFor();
      assert.ok(page.url().endsWith(silenceID));
      await open(`${root}#/silences/${silenceID}`);
      await page.getByText('known', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Expire' }).click();
      await page.getByRole('button', { name: 'Expire it' }).click();
      await page.getByRole('heading', { name: 'Silences', exact: true }).waitFor();
    },
  },
  {
    name: 'alertmanager: why an alert notifies, notes and acknowledgements',
    async run({ open, page, shot, manager, pages }) {
      await alerts(manager);
      await open(`${pages}/alerts?filter=${encodeURIComponent('{instance="db-1"}')}`);
      const alert = page.locator('.am-alert', { hasText: 'db-1 is full' }).first();
      await alert.waitFor();
      await alert.getByRole('button', { name: 'Why?' }).click();
      const why = alert.locator('.why');
      await why.getByText('db-pager').first().waitFor();
      await why.getByLabel('Your name').fill('ada');
      assert.ok(await why.getByRole('button', { name: 'Add note' }).isDisabled(), 'a note says something');
      await why.getByLabel('Note').fill('the disk is on its way');
      await why.getByRole('button', { name: 'Add note' }).click();
      const note = why.locator('.annotation', { hasText: 'the disk is on its way' });
      await note.waitFor();
      await why.getByRole('button', { name: 'Acknowledge' }).click();
      const acknowledged = why.locator('.annotation', { hasText: 'acknowledged' });
      await acknowledged.waitFor();
      const entries = why.locator('.timeline-list li');
      await until('its history', async () => {
        const text = (await entries.allTextContents()).join(' ');
        return text.includes('firing') && text.includes('acknowledged');
      });
      await shot('alertmanager-why');
      const list = async () => (await fetch(`${manager}/api/tethys/notes`)).json();
      assert.deepEqual((await list()).map((one) => one.acknowledges).sort(), [false, true]);
      await acknowledged.getByRole('button', { name: 'Withdraw' }).click();
      await acknowledged.waitFor({ state: 'detached' });
      await note.getByRole('button', { name: 'Withdraw' }).click();
      await note.waitFor({ state: 'detached' });
      assert.deepEqual(await list(), []);
      // One that is kept back says by what.
      await open(`${pages}/alerts?inhibited=true&filter=${encodeURIComponent('{instance="web-1"}')}`);
      const held = page.locator('.am-alert', { hasText: 'web-1 is full' }).first();
      await held.getByRole('button', { name: 'Why?' }).click();
      await held.locator('.why', { hasText: 'Inhibited by' }).waitFor();
    },
  },
  {
    name: 'alertmanager: a silence that comes again is previewed, made, edited and deleted',
    async run({ open, page, shot, manager, pages, allow }) {
      allow(/status of 400 .*recurring-silences\/preview/);
      await alerts(manager);
      const list = async () => (await fetch(`${manager}/api/tethys/recurring-silences`)).json();
      await open(`${pages}/recurring`);
      await page.getByText('No recurring silences').waitFor();
      await page.getByRole('link', { name: 'New recurring silence' }).click();
      await page.getByRole('button', { name: 'Create recurring silence' }).click();
      await page.locator('.field-problem', { hasText: 'Enter a comment' }).waitFor();
      await page.getByLabel('Label 1').fill('team');
      await page.getByLabel('Value 1').fill('db');
      await page.getByLabel('From', { exact: true }).fill('22:00');
      await page.getByLabel('To', { exact: true }).fill('06:00');
      await page.getByLabel('Time zone').fill('Europe/Paris');
      await until('five times of two nights a week', async () => {
        return (await page.locator('.am-next-times li').count()) === 5;
      });
      await page.locator('.am-affected', { hasText: '2 alerts' }).waitFor();
      await page.getByLabel('Time zone').fill('Europe/Nowhere');
      await page.locator('.am-next-times', { hasText: 'unknown time zone' }).waitFor();
      await page.getByLabel('Time zone').fill('Europe/Paris');
      await page.getByLabel('Who').fill('ada');
      await page.getByLabel('Why').fill('backups at night');
      await shot('alertmanager-recurring-new');
      await page.getByRole('button', { name: 'Create recurring silence' }).click();
      const row = page.locator('.am-recurring', { hasText: 'backups at night' });
      await row.getByText('Sat, Sun, 22:00 to 06:00, Europe/Paris').waitFor();
      await shot('alertmanager-recurring');
      const [made] = await list();
      assert.equal(JSON.parse(made.schedule).length, 2, 'a night is parts of two days');

      await row.getByRole('link', { name: 'Edit' }).click();
      await page.getByLabel('Days').getByRole('button', { name: 'fri' }).click();
      await page.getByRole('radio', { name: 'time_intervals' }).click();
      assert.ok(
        (await page.getByLabel('time_intervals', { exact: true }).last().inputValue()).includes('friday'),
      );
      await page.getByLabel('time_intervals', { exact: true }).last().fill('- days_of_month: ["1", "-1"]');
      await page.getByLabel('Why').fill('first and last day');
      await page.getByRole('button', { name: 'Save' }).click();
      const changed = page.locator('.am-recurring', { hasText: 'first and last day' });
      await changed.getByText('days_of_month').waitFor();
      assert.equal((await list()).length, 1, 'it took the place of the other');
      await changed.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('button', { name: 'Delete it' }).click();
      await page.getByText('No recurring silences').waitFor();
      assert.deepEqual(await list(), []);
      await open(`${pages}/recurring/${made.id}`);
      await page.getByText('Recurring silence not found').waitFor();
    },
  },
  {
    name: 'alertmanager: alerts that have to come are shown as heard or missing',
    async run({ open, page, shot, pages }) {
      await open(`${pages}/status`);
      const beats = page.locator('.am-heartbeats');
      await beats.getByText('alertname="Watchdog"').waitFor();
      await beats.getByText('heard', { exact: true }).waitFor();
      await page.route('**/api/tethys/heartbeats', (route) =>
        route.fulfill({
          json: [
            {
              name: 'b',
              matchers: '{x="y"}',
              withinMillis: 60_000,
              heardAt: '2026-01-01T00:00:00Z',
              missing: true,
              missingSince: '2026-01-01T00:01:00Z',
            },
          ],
        }),
      );
      await open(`${pages}/status`);
      await beats.getByText('missing').waitFor();
      await shot('alertmanager-heartbeats');
    },
  },
  {
    name: 'alertmanager: the routing tree, and why an alert goes where it goes',
    async run({ open, page, shot, pages }) {
      await open(`${pages}/routes`);
      await page.locator('.route-card').first().waitFor();
      await page.getByLabel('Labels of an alert').fill('severity="page", team="db", instance="db-1"');
      await page.getByRole('heading', { name: 'Goes to db-pager' }).waitFor();
      await page.locator('.route-card.mark-taken', { hasText: 'db-pager' }).waitFor();
      await page.locator('.route-steps', { hasText: 'the value is “db”' }).waitFor();
      await shot('alertmanager-routing');
      await page.reload();
      await page.getByRole('heading', { name: 'Goes to db-pager' }).waitFor();
      await page.getByLabel('Labels of an alert').fill('team="web"');
      await page.getByRole('heading', { name: 'Goes to web-chat' }).waitFor();
      await page.locator('.route-taken', { hasText: 'muted now by always' }).waitFor();
      // White space separates labels, as between arguments of amtool; each label is shown as it was read.
      await page.getByLabel('Labels of an alert').fill('severity=page team=net');
      await page.getByRole('heading', { name: 'Goes to pager' }).waitFor();
      await until('two labels', async () => (await page.locator('.route-labels .chip').count()) === 2);
      await page.getByLabel('Labels of an alert').fill('severity=page now');
      await page.locator('.field-problem', { hasText: 'severity="page now"' }).waitFor();
      await page.getByLabel('Labels of an alert').fill('team=~"web"');
      await page.locator('.field-problem').waitFor();
      await page.locator('.route-card', { hasText: 'pager' }).first().click();
      await page.locator('.am-facts', { hasText: 'Repeat interval' }).waitFor();
    },
  },
  {
    name: 'alertmanager: status shows cluster and configuration',
    async run({ open, page, shot, root }) {
      await open(`${root}#/status`);
      await page
        .getByText(/Standalone, no cluster|^Ready$|^Settling/)
        .first()
        .waitFor();
      await page.locator('.yaml-line', { hasText: 'db-pager' }).first().waitFor();
      await shot('alertmanager-status');
    },
  },
  {
    name: 'alertmanager: dark, and on a phone',
    context: { ...PHONE, colorScheme: 'dark' },
    async run({ open, page, shot, pages, manager }) {
      await alerts(manager);
      for (const path of [
        '/alerts?inhibited=true',
        '/silences',
        '/silences/new',
        '/recurring',
        '/recurring/new',
        '/routes',
        '/status',
      ]) {
        await open(pages + path);
        await settled(page);
        assert.equal(await page.locator('main .notice-error').count(), 0, `error shown on ${path}`);
        assert.ok((await overflow(page)) <= 0, `${path} is wider than a phone`);
        await shot(`alertmanager-phone${path.replaceAll(/\W+/g, '-')}`);
      }
    },
  },
  {
    name: 'alertmanager: ten thousand alerts stay quick',
    async run({ open, page, pages }) {
      await page.route('**/api/v2/alerts/groups**', (route) =>
        route.fulfill({ json: manyAlertGroups(10_000) }),
      );
      await open(`${pages}/alerts`);
      await page.getByText('10,000 alerts in 100 groups').waitFor();
      const start = Date.now();
      await page.locator('.am-group .discovery-head').first().click();
      await page.locator('.am-alert').first().waitFor();
      console.log(`      a group of 10,000 alerts opened in ${Date.now() - start} ms`);
      await page.getByLabel('Groups').selectOption({ label: 'By zone' });
      await page.getByText('10,000 alerts in 7 groups').waitFor();
      assert.ok(
        (await page.locator('.am-alert').count()) <= 7 * 20,
        'only the first of each group are drawn',
      );
    },
  },
  {
    name: 'alertmanager: what is missing or fails is said in words',
    async run({ open, page, pages, allow }) {
      allow(/the server responded with a status of (404|422|500|503)/);
      await open(`${pages}/silences/00000000-0000-0000-0000-000000000000`);
      await page.getByText('Silence not found').waitFor();
      await page.route('**/api/v2/alerts/groups**', (route) => route.fulfill({ json: [] }));
      await open(`${pages}/alerts`);
      await page.getByRole('heading', { name: 'No active alerts' }).waitFor();
      await page.unroute('**/api/v2/alerts/groups**');
      await page.route('**/api/v2/alerts/groups**', (route) =>
        route.fulfill({ status: 500, json: 'the disk is full' }),
      );
      await open(`${pages}/alerts`);
      await page.getByText('the disk is full').waitFor();
    },
  },
];
