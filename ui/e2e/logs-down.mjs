// The inspector of logs while Loki answers 503 (--feed=URL takes lines).
import assert from 'node:assert/strict';
import { until } from './steps.mjs';

export const scenarios = [
  {
    name: 'logs: entries are not called sent while Loki is down',
    async run({ open, page, shot, feed, baseUrl }) {
      await open('/inspect?job=fed');
      await page.getByRole('button', { name: 'Show entries' }).click();
      await page.getByText('Waiting for an entry…').waitFor();
      // A push is answered when its entries are delivered, so these wait.
      let n = 0;
      const accepted = [];
      await until('an entry that is not delivered', async () => {
        fetch(`${feed}/promtail/api/v1/raw`, { method: 'POST', body: `lost ${n++}\n` }).then(
          (answer) => accepted.push(answer.status),
          () => {}, // the process ends before the answer
        );
        const { data } = await (await fetch(`${baseUrl}/api/v1/logs/stages`)).json();
        return data.clients[0].failing && data.clients[0].queued > 0;
      });
      const notice = page.locator('.notice-error', { hasText: 'Not delivered to 127.0.0.1' });
      await notice.waitFor();
      assert.match(await notice.textContent(), /\d+ entries queued by client .*503/);
      const trace = page.getByLabel('Entries', { exact: true }).locator('.log-trace').first();
      assert.match(await trace.textContent(), /Queued for delivery/);
      assert.ok(!/\bSent\b/.test(await page.locator('main').textContent()), 'nothing is called sent');
      assert.ok(!accepted.includes(204), 'no push is acknowledged');
      await shot('logs-not-delivered');
    },
  },
];
