// Screenshots of every screen, to be looked at by people.
//   node tests/browser/shots.mjs --out DIR [--base http://127.0.0.1:PORT] [--only board]
// Without --base the built screens are served with the mock's invented data.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from '../mock/serve.mjs';
import { launch, open, options } from './browser.mjs';

const { base: given, out = 'shots', only } = options();
const server = given === undefined ? await serve() : null;
const base = given ?? `http://127.0.0.1:${server.address().port}`;
mkdirSync(out, { recursive: true });

const first = async (open) => (await (await fetch(`${base}/api/v1/board?open=${open}`)).json()).cases;
const cases = await first(true);
const SCREENS = [
  ['board', '/'],
  ['case', `/cases/${cases.find((c) => c.stage === 'verification')?.id ?? cases[0]?.id}`],
  ['visit', `/cases/${cases.find((c) => c.stage === 'visit')?.id ?? cases[0]?.id}`],
  ['filed', '/filed'],
  ['protocols', '/protocols'],
  ['intake', '/intake'],
  ['help', '/help'],
].filter(([name]) => only === undefined || only.split(',').includes(name));
const SIZES = [['wide', 1366, 768], ['phone', 360, 740], ['wall', 2560, 1440]];

const browser = await launch();
for (const lang of ['en', 'hi']) {
  for (const theme of ['light', 'dark']) {
    for (const [size, width, height] of SIZES) {
      if (size === 'wall' && (lang !== 'en' || theme !== 'dark')) continue;
      const { context, page } = await open(browser, { lang, theme, width, height });
      for (const [name, path] of SCREENS) {
        await page.goto(base + path);
        await page.waitForSelector('[data-ready]');
        await page.evaluate(() => document.fonts.ready);
        await page.screenshot({ path: join(out, `${name}-${size}-${lang}-${theme}.png`), fullPage: size !== 'wall' });
      }
      await context.close();
    }
  }
}
await browser.close();
server?.close();
server?.closeAllConnections();
