import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// What the dev and preview servers hand on to a running server; everything else is the application's.
const upstream = process.env.TETHYS_URL ?? 'http://127.0.0.1:9090';
const proxied = ['/api', '/-/', '/metrics', '/federate', '/version'];
const proxy = Object.fromEntries(proxied.map((path) => [path, { target: upstream, changeOrigin: true }]));

export default defineConfig({
  // Relative asset addresses: the same build works under any --web.route-prefix.
  base: './',
  plugins: [react()],
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy },
  build: {
    target: 'es2022',
    license: { fileName: 'assets/licenses.md' },
    chunkSizeWarningLimit: 700,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node', css: true },
});
