import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// What the dev and preview servers hand on to a running server; everything else is the application's.
const upstream = process.env.TETHYS_URL ?? 'http://127.0.0.1:9090';
const proxied = ['/api', '/loki', '/tempo', '/pyroscope', '/-/', '/metrics', '/federate', '/version'];
const proxy = Object.fromEntries(
  proxied.map((path) => [path, { target: upstream, changeOrigin: true, ws: path === '/loki' }]),
);

/** The list of bundled code does not hold the fonts: their licence asks to go with them. */
const fontLicences: Plugin = {
  name: 'font-licences',
  generateBundle() {
    const text = ['geist', 'geist-mono']
      .map((font) =>
        readFileSync(new URL(`./node_modules/@fontsource-variable/${font}/LICENSE`, import.meta.url), 'utf8'),
      )
      .join('\n\n');
    this.emitFile({ type: 'asset', fileName: 'assets/licenses-fonts.txt', source: text });
  },
};

export default defineConfig({
  // Relative asset addresses: the same build works under any --web.route-prefix.
  base: './',
  plugins: [react(), fontLicences],
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy },
  build: {
    target: 'es2022',
    license: { fileName: 'assets/licenses.txt' },
    chunkSizeWarningLimit: 700,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node', css: true },
});
