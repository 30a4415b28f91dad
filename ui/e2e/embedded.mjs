// The Alertmanager inside of a server, as the server's own pages and API show it.
import assert from 'node:assert/strict';
import { until } from './steps.mjs';

export const scenarios = [
  {
    name: 'alerts: the embedded Alertmanager is listed as an Alertmanager that alerts are sent to',
    async run({ open, page, shot, baseUrl }) {
      const url = /\/alertmanager\/api\/v2\/alerts$/;
      const { data } = await (await fetch(`${baseUrl}/api/v1/alertmanagers`)).json();
      assert.equal(data.activeAlertmanagers.length, 1);
      assert.match(data.activeAlertmanagers[0].url, url);
      await open('/alertmanager-discovery');
      const row = page.locator('.manager');
      await row.waitFor();
      assert.match(await row.locator('.target-url').textContent(), url);
      await until('an alert was sent', async () => /[1-9]\d* sent/.test(await row.textContent()));
      assert.ok(!/not sent|nowhere|No Alertmanager/.test(await page.locator('main').textContent()));
      await shot('alertmanagers-embedded');
    },
  },
  {
    name: 'alerts: pages agree on the number of firing alerts',
    async run({ open, page, baseUrl }) {
      const firing = async () => {
        const { data } = await (await fetch(`${baseUrl}/api/v1/alerts`)).json();
        return data.alerts.filter((one) => one.state === 'firing').length;
      };
      await until('alerts fire', async () => (await firing()) === 3);
      await open('/alerts');
      await page.getByText('3 firing, 0 pending alerts of 1 rules').waitFor();
      await page.locator('.nav-badge-warn', { hasText: '3' }).waitFor();
      await open('/alertmanager/alerts');
      await page.getByText(/^3 alerts in \d+ groups?$/).waitFor();
      // The page of alerts shows what the Alertmanager does with each, the overview their rule.
      await open('/alerts');
      await page.locator('.alert-received', { hasText: 'notifies' }).first().waitFor();
      await page.locator('.alert-received').first().getByRole('button', { name: 'Notifications' }).click();
      await page.locator('.why-route').first().waitFor();
      await open('/overview');
      await page.locator('.problem', { hasText: '3 alerts' }).waitFor();
    },
  },
];
