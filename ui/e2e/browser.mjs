// A headless browser that remembers what went wrong on its pages.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function findChromium(wanted) {
  const path = wanted ?? process.env.CHROMIUM ?? CANDIDATES.find((candidate) => existsSync(candidate));
  if (!path || !existsSync(path))
    throw new Error('no Chromium found: install it or name it with --chromium=PATH');
  return path;
}

export const launch = (path) => chromium.launch({ executablePath: path, args: FLAGS });

/** A page of its own context. `problems` collects console errors, page errors and requests to other hosts. */
export async function openPage(browser, baseUrl, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1360, height: 850 },
    colorScheme: 'light',
    ...options,
  });
  const page = await context.newPage();
  // A busy machine is no fault of the interface.
  page.setDefaultTimeout(30_000);
  const problems = [];
  const allowed = [];
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const text = `${message.text()} (${message.location().url})`;
    if (!allowed.some((pattern) => pattern.test(text))) problems.push(`console: ${text}`);
  });
  page.on('pageerror', (error) => problems.push(`page: ${error}`));
  const origin = new URL(baseUrl).origin;
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob|about):/.test(url)) problems.push(`foreign request: ${url}`);
  });
  return { page, problems, allow: (pattern) => allowed.push(pattern), close: () => context.close() };
}

export async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
