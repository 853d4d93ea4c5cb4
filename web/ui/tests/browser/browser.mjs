// One headless Chromium for the scripts of this folder; CHROMIUM names another one.
import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/** A page in a language, a theme and a size; `problems` gathers console errors, policy breaches and page errors. */
export async function open(browser, { lang = 'en', theme = 'light', width = 1366, height = 768, reducedMotion = 'reduce' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: lang === 'hi' ? 'hi-IN' : 'en-IN', reducedMotion, timezoneId: 'UTC' });
  await context.addInitScript(([l, th]) => {
    if (localStorage.getItem('niyam:lang') === null) localStorage.setItem('niyam:lang', l);
    if (localStorage.getItem('niyam:theme') === null) localStorage.setItem('niyam:theme', th);
  }, [lang, theme]);
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  return { context, page, problems };
}

/** Options of the command line: `--base URL --out DIR`. */
export function options(argv = process.argv.slice(2)) {
  const found = {};
  for (let i = 0; i < argv.length; i += 2) found[argv[i].replace(/^--/, '')] = argv[i + 1];
  return found;
}
