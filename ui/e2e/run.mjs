// Clicks through the interface of a running server, Tethys or any other that speaks Prometheus's HTTP API:
//   npm run e2e -- --base-url=http://127.0.0.1:9090 [--suite=NAME] [--screenshots=DIR] [--only=TEXT] [--chromium=PATH]
// Suites: server (any that speaks Prometheus's API), pipelines (a collector; its receiver of OTLP is --feed=URL),
// embedded (a server with an Alertmanager inside and three firing alerts), alertmanager and pushgateway (--manager=PATH when they are inside of a server),
// fleet (a control plane with three collectors; --feed=URL is a port that is taken),
// fleet-traffic (a control plane with five collectors, which the demo shop sends to),
// explore-logs, explore-traces, explore-profiles, services, infrastructure, databases and insight (answers are made within the browser), explore-logs-store (a server with an empty log store), dashboards (a server without dashboards), logs (what reads logs; pushes go to --feed=URL), logs-down (the same while Loki is down), remote-write (a server or an agent with the configuration of BrowserWriteTest).
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findChromium, launch, openPage } from './browser.mjs';

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string' },
    screenshots: { type: 'string' },
    only: { type: 'string' },
    chromium: { type: 'string' },
    suite: { type: 'string', default: 'server' },
    feed: { type: 'string' },
    manager: { type: 'string', default: '' },
  },
});
const SUITES = {
  server: './scenarios.mjs',
  pipelines: './pipelines.mjs',
  alertmanager: './alertmanager.mjs',
  pushgateway: './pushgateway.mjs',
  'remote-write': './remote-write.mjs',
  history: './history.mjs',
  embedded: './embedded.mjs',
  logs: './logs.mjs',
  'logs-down': './logs-down.mjs',
  'explore-logs': './explore-logs.mjs',
  'explore-logs-store': './explore-logs-store.mjs',
  'explore-traces': './explore-traces.mjs',
  'explore-profiles': './explore-profiles.mjs',
  services: './services.mjs',
  infrastructure: './infrastructure.mjs',
  databases: './databases.mjs',
  insight: './insight.mjs',
  dashboards: './dashboards.mjs',
  fleet: './fleet.mjs',
  'fleet-traffic': './fleet-traffic.mjs',
};
const suite = SUITES[values.suite];
if (!values['base-url'] || !suite) {
  console.error(
    `usage: npm run e2e -- --base-url=URL [--suite=${Object.keys(SUITES).join('|')}] [--feed=URL] [--screenshots=DIR] [--only=TEXT] [--chromium=PATH]`,
  );
  process.exit(2);
}
const baseUrl = values['base-url'].replace(/\/$/, '');
if (values.screenshots) mkdirSync(values.screenshots, { recursive: true });

// Where an Alertmanager's API, its start page and its other pages are.
const manager = {
  manager: baseUrl + values.manager,
  root: `${values.manager}/`,
  pages: '/alertmanager',
};
const { scenarios } = await import(suite);
const browser = await launch(findChromium(values.chromium));
let failed = 0;
let passed = 0;
try {
  for (const scenario of scenarios) {
    if (values.only && !scenario.name.includes(values.only)) continue;
    const opened = await openPage(browser, baseUrl, scenario.context);
    // What Prometheus, or an older one, does not have is not an error of the interface.
    opened.allow(
      /404 .*\/api\/v1\/(databases\b|status\/(tsdb\/blocks|queries|cardinality|storage|alertmanagers)|explain|pipelines|dashboards$)|(404|503) .*\/api\/v1\/insight\/|404 .*\/(loki|tempo)\/api|404 .*\/pyroscope\//,
    );
    const shot = async (name, options) => {
      if (values.screenshots)
        await opened.page.screenshot({ path: join(values.screenshots, `${name}.png`), ...options });
    };
    const start = performance.now();
    try {
      await scenario.run({
        ...opened,
        baseUrl,
        feed: values.feed,
        ...manager,
        shot,
        open: (path) => opened.page.goto(baseUrl + path),
      });
      if (opened.problems.length > 0) throw new Error(opened.problems.join('\n'));
      passed++;
      console.log(`ok    ${scenario.name} (${Math.round(performance.now() - start)} ms)`);
    } catch (e) {
      failed++;
      await shot(`failed-${scenario.name.replace(/\W+/g, '-')}`).catch(() => {});
      console.log(`FAIL  ${scenario.name}\n      ${String(e.message).replaceAll('\n', '\n      ')}`);
      for (const problem of opened.problems) console.log(`      ${problem}`);
    }
    await opened.close();
  }
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
