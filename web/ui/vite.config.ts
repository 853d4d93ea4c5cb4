import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Serves the invented data of tests/mock in `npm run dev`; never part of the build. */
function mock(): Plugin {
  return {
    name: 'niyam-mock',
    apply: 'serve',
    async configureServer(server) {
      if (process.env.NIYAM_API !== undefined || process.env.VITEST !== undefined) return;
      const path = './tests/mock/api.mjs';
      const { handler } = (await import(/* @vite-ignore */ new URL(path, import.meta.url).href)) as {
        handler: () => (req: unknown, res: unknown, next: () => void) => void;
      };
      server.middlewares.use(handler() as never);
    },
  };
}

export default defineConfig({
  plugins: [svelte(), mock()],
  // `NIYAM_API=http://127.0.0.1:7600 npm run dev` works against a running server instead of the mock.
  server: {
    host: '127.0.0.1',
    ...(process.env.NIYAM_API === undefined ? {} : { proxy: { '/api': process.env.NIYAM_API } }),
  },
  build: {
    target: ['chrome111', 'edge111', 'firefox113', 'safari16.4'],
    // Every byte comes from a file of its own, so that the content security policy needs no `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    outDir: 'dist',
  },
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node' },
});
