// The history of an alert on the page of alerts, of a server with rules and an Alertmanager inside.
import { until } from './steps.mjs';

export const scenarios = [
  {
    name: 'history: what became of an alert stands in the order of its times',
    async run({ open, page, shot }) {
      await open('/alerts');
      const alert = page.locator('.alert-instance').first();
      await alert.getByRole('button', { name: 'History' }).click();
      const entries = alert.locator('.timeline-list li');
      await until('a firing alert that was notified about', async () => {
        const text = (await entries.allTextContents()).join(' ');
        return text.includes('firing') && text.includes('notified') && text.includes('pending');
      });
      await alert.getByLabel('History of').selectOption({ index: 0 });
      await entries.first().waitFor();
      await shot('alert-history');
    },
  },
];
