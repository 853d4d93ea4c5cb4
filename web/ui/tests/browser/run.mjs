// Journeys through the screens in a real browser, with axe on every screen, language and theme.
//   node tests/browser/run.mjs [--base http://127.0.0.1:PORT]
// Without --base the built screens are served with the mock's invented data; with it, a server started with --demo.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { serve } from '../mock/serve.mjs';
import { launch, open, options } from './browser.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const { base: given } = options();
const server = given === undefined ? await serve() : null;
const base = given ?? `http://127.0.0.1:${server.address().port}`;

const failures = [];
let passed = 0;
function check(name, holds, more = '') {
  if (holds) passed += 1;
  else {
    failures.push(name);
    console.error(`✗ ${name}${more === '' ? '' : `\n    ${more}`}`);
  }
}

async function ready(page, path) {
  await page.goto(base + path);
  try {
    await page.waitForSelector('[data-ready]');
  } catch {
    throw new Error(`${path} does not get ready; it shows: ${(await page.locator('main').innerText()).slice(0, 400)}`);
  }
}

const seen = new Set();

/** Runs axe through the debugger, which the content security policy does not concern. */
async function axe(page, name) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } }), TAGS);
  // Each fault is described where it is met first.
  const told = violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${v.help}: ${n.html.slice(0, 200)}`)).filter((text) => !seen.has(text) && seen.add(text));
  check(`axe: ${name}`, violations.length === 0, told.slice(0, 6).join('\n    '));
}

/** Codes of the rules and of the wire are for files, not for people. Addresses and what the alert itself says may hold any. */
async function words(page, name) {
  const found = await page.evaluate(() => {
    const texts = [...document.querySelectorAll('h1, h2, h3, li.row, figure, nav, .entry .title, .told, .follows, dt, .said')].map((one) => one.innerText ?? '');
    return texts.flatMap((text) => text.match(/\b[a-z]+_[a-z]+\w*|\bdone\.state\b|\bopen\.[a-z_]+\b|\w+\.yaml\b|\bundefined\b|\[object/g) ?? []);
  });
  check(`no codes: ${name}`, found.length === 0, [...new Set(found)].join(' '));
}

/** The chart fits the width of the page. */
async function chartFits(page, name) {
  const wide = await page.locator('figure .scroll').evaluateAll((all) => all.map((one) => one.scrollWidth - one.clientWidth));
  check(`the chart fits the width: ${name}`, wide.every((more) => more <= 0), `${wide} px too wide`);
}

/** Nothing is cut off or scrolls sideways. */
async function fits(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(`no sideways scrolling: ${name}`, wide <= 0, `${wide} px too wide`);
}

const api = async (path) => (await fetch(`${base}/api/v1${path}`)).json();
const people = (await api('/session')).people;

async function screens(browser) {
  const cases = (await api('/board?open=true')).cases;
  const paths = ['/', '/?show=closed', ...[...new Map(cases.map((c) => [c.stage, c])).values()].map((c) => `/cases/${c.id}`), '/filed', '/protocols', '/intake', '/help', '/nowhere', '/cases/case_none'];
  for (const lang of ['en', 'hi']) {
    for (const theme of ['light', 'dark']) {
      const { context, page, problems } = await open(browser, { lang, theme });
      for (const path of paths) {
        await ready(page, path);
        check(`lang of ${path}`, (await page.getAttribute('html', 'lang')) === lang);
        await axe(page, `${path} ${lang} ${theme}`);
        if (theme === 'light') {
          await words(page, `${path} ${lang}`);
          await chartFits(page, `${path} ${lang}`);
          for (const width of [360, 320]) {
            await page.setViewportSize({ width, height: 740 });
            await fits(page, `${path} ${lang} at ${width} px`);
          }
          await page.setViewportSize({ width: 1366, height: 768 });
        }
      }
      // A case that is not there is asked for on purpose; the browser notes its 404.
      const real = problems.filter((text) => !text.includes('404'));
      check(`console is quiet: ${lang} ${theme}`, real.length === 0, real.join('\n    '));
      await context.close();
    }
  }
}

async function choices(browser) {
  const { context, page } = await open(browser, { lang: 'en' });
  await ready(page, '/');
  await page.getByRole('button', { name: 'हिं: हिंदी' }).click();
  await page.reload();
  await page.waitForSelector('[data-ready]');
  check('the language is remembered', (await page.getAttribute('html', 'lang')) === 'hi');
  await page.locator('header select').selectOption('dark');
  await page.reload();
  await page.waitForSelector('[data-ready]');
  check('the theme is remembered', (await page.getAttribute('html', 'data-theme')) === 'dark');
  await context.close();
}

async function keyboard(browser) {
  const { context, page } = await open(browser);
  await ready(page, '/');
  await page.keyboard.press('Tab');
  check('the first stop is the skip link', await page.evaluate(() => document.activeElement?.classList.contains('skip')));
  await page.keyboard.press('?');
  check('? lists the keys', await page.locator('dialog[open]').isVisible());
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  const first = await page.evaluate(() => document.activeElement?.textContent);
  await page.keyboard.press('j');
  const second = await page.evaluate(() => document.activeElement?.textContent);
  check('j goes from case to case', first !== second && /^\D+\d/.test(second ?? ''), `${first} ${second}`);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/cases/**');
  await page.waitForSelector('[data-ready]');
  check('Enter opens the case that has the focus', (await page.textContent('h1'))?.trim() === second?.trim());
  await context.close();
}

async function actAs(page, person) {
  const select = page.locator('.demo select');
  if ((await select.count()) === 0) return;
  const done = page.waitForResponse((r) => r.url().endsWith('/session') && r.request().method() === 'POST');
  await select.selectOption(person.id);
  await done;
}

/** Finds a case and a person who may do such an act there. */
async function findAct(page, wanted) {
  for (const person of people) {
    await actAs(page, person);
    const views = await page.evaluate(async () => {
      const { cases } = await (await fetch('/api/v1/board?open=true')).json();
      return Promise.all(cases.map(async (card) => (await fetch(`/api/v1/cases/${card.id}`)).json()));
    });
    for (const view of views) {
      const act = (view.acts ?? []).find((one) => one.mine && one.blocked === null && wanted(one, view));
      if (act !== undefined) return { person, view, act };
    }
  }
  return null;
}

/** Fills every field that is needed, by its kind, as a person would. */
async function fill(form) {
  for (const field of await form.locator('[data-field]').all()) {
    const needed = (await field.textContent())?.includes('(needed)');
    if (!needed) continue;
    const radio = field.locator('input[type=radio]').first();
    const box = field.locator('input[type=checkbox]').first();
    if ((await radio.count()) > 0) await radio.check();
    else if ((await box.count()) > 0) await box.check();
    else if ((await field.getByRole('button', { name: 'Now', exact: true }).count()) > 0) await field.getByRole('button', { name: 'Now', exact: true }).click();
    else if ((await field.getByRole('button', { name: 'Add', exact: true }).count()) > 0) {
      await field.getByRole('button', { name: 'Add', exact: true }).click();
      await field.locator('input').last().fill('5555551234');
    } else {
      const input = field.locator('input, textarea').first();
      const mode = await input.getAttribute('inputmode');
      const type = await input.getAttribute('type');
      await input.fill(type === 'date' ? '2008-01-31' : mode === 'numeric' || mode === 'decimal' ? '17' : mode === 'tel' ? '5555551234' : 'written by the browser test');
    }
  }
}

/** One try at an act with a form: what was seen on the way, or null when somebody else was faster. */
async function tryAct(page, found, first) {
  await ready(page, `/cases/${found.view.id}`);
  const button = page.locator(`[data-act="act:${found.act.state}:${found.act.act}"]`);
  const before = await page.locator('[data-entry]').count();
  const form = page.locator('.rail form');
  const done = page.locator('.note.done');
  const seen = {};
  await button.click({ timeout: 4000 });
  if (first) await axe(page, 'a form');
  await form.locator('button[type=submit]').click({ timeout: 4000 });
  seen.asks = (await form.locator('.error').count()) > 0;
  await fill(form);
  await page.reload();
  await page.waitForSelector('[data-ready]');
  await button.click({ timeout: 4000 });
  seen.kept = await form.evaluate((element) => [...element.querySelectorAll('input, textarea')].some((i) => (i.type === 'radio' || i.type === 'checkbox' ? i.checked : i.value !== '')));
  // Some questions are asked only after the server saw the answers before them.
  for (let round = 0; round < 4 && (await done.count()) === 0; round += 1) {
    await fill(form);
    await form.locator('button[type=submit]').click({ timeout: 4000 });
    await Promise.race([done.waitFor({ timeout: 3000 }), form.locator('.error').first().waitFor({ timeout: 3000 })]).catch(() => undefined);
  }
  seen.done = (await done.count()) > 0 ? await done.textContent() : '';
  await page.waitForFunction((n) => document.querySelectorAll('[data-entry]').length > n, before, { timeout: 5000 }).catch(() => undefined);
  seen.grown = (await page.locator('[data-entry]').count()) > before;
  return /\d+/.test(seen.done ?? '') ? seen : null;
}

async function act(browser) {
  const { context, page, problems } = await open(browser);
  await ready(page, '/');
  const tried = new Set();
  let seen = null;
  // In a demo invented officers act too: who loses a race tries another case, as a person would.
  for (let round = 0; round < 5 && seen === null; round += 1) {
    const found = await findAct(page, (one, view) => {
      const open = (one.form?.fields ?? []).some((field) => field.required && field.show_if && field.value === null && field.type !== 'position');
      return open && one.weight !== 'grave' && !tried.has(`${view.id} ${one.act}`);
    });
    if (found === null) break;
    tried.add(`${found.view.id} ${found.act.act}`);
    seen = await tryAct(page, found, round === 0).catch(() => null);
  }
  check('somebody may do an act with a form', tried.size > 0);
  check('the act is done and says its number', seen !== null, await page.locator('.rail').innerText().catch(() => ''));
  check('an empty form says what it needs', seen?.asks === true);
  check('what was typed outlives a reload', seen?.kept === true);
  check('the timeline has grown', seen?.grown === true);
  if (seen !== null) await axe(page, 'after the act');
  const real = problems.filter((text) => !/40[49]|422/.test(text));
  check('console is quiet during an act', real.length === 0, real.join('\n    '));
  await context.close();
}

/** Types of answers that a keyboard alone gives without a list of lines. */
const TYPED = /^(?:text|choice|yes-no|yes-no-unknown|number|duration|phone|email|time)$/;

/** Answers what has the focus, as somebody without a mouse does; says whether it was the button that sends. */
async function answerByKeys(page) {
  const at = await page.evaluate(() => {
    const one = document.activeElement;
    const field = one.closest('[data-field]');
    const group = one.closest('fieldset');
    return {
      submit: one.matches('.rail form button[type=submit]'),
      needed: field !== null && field.textContent.includes('(needed)'),
      reason: one.matches('.reason textarea'),
      kind: one instanceof HTMLInputElement ? one.type : one.localName,
      mode: one.getAttribute('inputmode'),
      empty: one.value === '',
      chosen: group !== null && group.querySelector(':checked') !== null,
      now: one.localName === 'button' && one.textContent.trim() === 'Now' && field?.querySelector('input')?.value === '',
    };
  });
  if (at.submit) await page.keyboard.press('Enter');
  else if (at.kind === 'radio' || at.kind === 'checkbox') {
    if (at.needed && !at.chosen) await page.keyboard.press('Space');
  } else if (at.now) await page.keyboard.press('Enter');
  else if ((at.needed || at.reason) && at.empty && (at.kind === 'text' || at.kind === 'tel' || at.kind === 'textarea')) {
    await page.keyboard.type(at.mode === 'numeric' || at.mode === 'decimal' ? '17' : at.mode === 'tel' ? '5555551234' : 'typed by keys');
  }
  return at.submit;
}

/** From the board to a done act and its line, without a pointer. */
async function tryKeys(page, found) {
  await ready(page, '/');
  let there = false;
  for (let step = 0; step < 80 && !there; step += 1) {
    await page.keyboard.press('j');
    there = await page.evaluate((id) => document.activeElement?.getAttribute('href') === `/cases/${id}`, found.view.id);
  }
  if (!there) return false;
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/cases/${found.view.id}`, { timeout: 10_000 });
  await page.waitForSelector('[data-ready]');
  const key = `act:${found.act.state}:${found.act.act}`;
  let on = false;
  for (let step = 0; step < 60 && !on; step += 1) {
    await page.keyboard.press('Tab');
    on = await page.evaluate((wanted) => document.activeElement?.getAttribute('data-act') === wanted, key);
  }
  if (!on) return false;
  await page.keyboard.press('Enter');
  await page.locator('.rail form').waitFor({ timeout: 5000 });
  const done = page.locator('.note.done');
  for (let round = 0; round < 4 && (await done.count()) === 0; round += 1) {
    let sent = false;
    for (let step = 0; step < 120 && !sent; step += 1) {
      sent = await answerByKeys(page);
      if (!sent) await page.keyboard.press('Tab');
    }
    await Promise.race([done.waitFor({ timeout: 5000 }), page.locator('.rail form .error').first().waitFor({ timeout: 5000 })]).catch(() => undefined);
  }
  if ((await done.count()) === 0) return false;
  await page.waitForFunction(() => document.activeElement?.classList.contains('done'), undefined, { timeout: 3000 }).catch(() => undefined);
  return page.evaluate(() => document.activeElement?.classList.contains('done') === true);
}

async function keysOnly(browser) {
  const { context, page } = await open(browser);
  await ready(page, '/');
  const tried = new Set();
  let done = false;
  for (let round = 0; round < 8 && !done; round += 1) {
    const found = await findAct(page, (one, view) => {
      const needed = (one.form?.fields ?? []).filter((field) => field.required);
      return needed.length > 0 && needed.every((field) => TYPED.test(field.type)) && one.weight !== 'grave' && !tried.has(`${view.id} ${one.act}`);
    });
    if (found === null) break;
    tried.add(`${found.view.id} ${found.act.act}`);
    done = await tryKeys(page, found).catch(() => false);
  }
  check('a case is found, opened and acted on with the keyboard alone', done, [...tried].join(', '));
  await context.close();
}

/** A grave act says what it does, and asks for words before it does it. */
async function grave(browser) {
  const { context, page } = await open(browser);
  await ready(page, '/');
  const found = await findAct(page, (one) => one.weight === 'grave');
  if (found !== null) {
    await ready(page, `/cases/${found.view.id}`);
    await page.locator(`[data-act="act:${found.act.state}:${found.act.act}"]`).click({ timeout: 5000 });
    const form = page.locator('.rail form');
    check('a grave act says what it does', (await form.locator('.note.caution').count()) === 1);
    await form.locator('button[type=submit]').click();
    check('a grave act is not done without an answer', (await page.locator('.note.done').count()) === 0 && (await form.locator('[aria-invalid=true], fieldset.bad, .error').count()) > 0);
    await axe(page, 'a grave act');
  }
  await context.close();
}

async function original(browser) {
  const { context, page } = await open(browser);
  const card = (await api('/board?open=true')).cases.find((c) => c.alerts > 0);
  if (card === undefined) return context.close();
  await ready(page, `/cases/${card.id}`);
  const find = page.locator('.find').first();
  await find.waitFor({ timeout: 5000 }).catch(() => undefined);
  if ((await find.count()) > 0) {
    await page.waitForSelector('[data-facts]');
    await find.click();
    const marked = page.locator('[data-facts].on');
    check('a fact shows where it was read', (await marked.count()) > 0);
    check('its mark can be seen', (await marked.count()) > 0 && (await marked.first().isVisible()));
  }
  const post = card.platform === null ? 0 : await page.locator('.cover').count();
  if (post > 0) {
    await page.locator('.cover').first().click();
    check('the text of a post is shown when asked for', (await page.locator('.cover').count()) === 0);
  }
  await context.close();
}

async function lost(browser) {
  const { context, page } = await open(browser);
  await ready(page, '/');
  await context.setOffline(true);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.locator('p.lost').waitFor({ timeout: 45_000 }).catch(() => undefined);
  check('a lost line is said over the full width', await page.locator('p.lost').isVisible());
  await context.setOffline(false);
  await page.locator('p.lost').waitFor({ state: 'detached', timeout: 30_000 }).catch(() => undefined);
  check('and goes by itself when the line is back', (await page.locator('p.lost').count()) === 0);
  await context.close();
}

async function held(browser) {
  const { context, page } = await open(browser);
  await ready(page, '/');
  await page.locator('[data-row]').first().hover();
  const order = () => page.locator('[data-row]').allTextContents();
  const before = await order();
  const note = `Phone note ${Date.now()}: warden Namuna reports a student in distress, Kota, phone 55555 51999`;
  await fetch(`${base}/api/v1/alerts?channel=note`, { method: 'POST', body: note, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  const show = page.locator('.queue button');
  await show.waitFor({ timeout: 10_000 }).catch(() => undefined);
  check('a new case waits behind a button while the pointer is on the board', (await show.count()) === 1 && JSON.stringify(await order()) === JSON.stringify(before));
  await show.click({ timeout: 3000 }).catch(() => undefined); // leaving the list shows it too
  check('and is shown when asked for', (await order()).length > before.length);
  await context.close();
}

const browser = await launch();
try {
  for (const journey of [screens, choices, keyboard, original, act, keysOnly, grave, held, lost]) {
    const start = Date.now();
    try {
      await journey(browser);
    } catch (error) {
      check(`journey ${journey.name}`, false, String(error));
    }
    console.log(`  ${journey.name}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
  }
} finally {
  await browser.close();
  server?.close();
  server?.closeAllConnections();
}
console.log(`${passed} checks hold, ${failures.length} fail`);
process.exit(failures.length === 0 ? 0 : 1);
