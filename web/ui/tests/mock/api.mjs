// A small server of /api/v1 with invented data, for `npm run dev`, the browser tests and nothing else.
import { PEOPLE } from './data.mjs';
import { World, fail } from './world.mjs';

const t = (en, hi) => ({ en, hi });
const NOT_FOUND = fail(404, 'not_found', t('There is no such thing here.', 'यहाँ ऐसा कुछ नहीं है।'));

function body(req) {
  return new Promise((resolve) => {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

/** One middleware `(req, res, next)` over one world. `world` lets a test look inside. */
export function handler(world = new World()) {
  return async (req, res, next) => {
    const url = new URL(req.url, 'http://127.0.0.1');
    if (!url.pathname.startsWith('/api/v1/')) return next();
    const parts = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
    if (parts[0] === 'stream') return stream(world, req, res);
    if (parts[0] === 'alerts' && parts[2] === 'original') return original(world, parts[1], res);
    const { status, body: answer } = await route(world, req, url, parts);
    const text = JSON.stringify(answer);
    res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    res.end(text);
  };
}

const ok = (value) => ({ status: 200, body: value });

async function route(world, req, url, [first, second, third]) {
  const post = req.method === 'POST';
  const sent = post ? await body(req) : '';
  const json = () => (sent === '' ? {} : JSON.parse(sent));
  if (first === 'session') {
    if (post) world.me = PEOPLE.find((p) => p.id === json().person) ?? world.me;
    return ok({ demo: true, me: world.me, people: PEOPLE });
  }
  if (first === 'board') return ok(world.board(url.searchParams.get('open') !== 'false'));
  if (first === 'cases') {
    const k = world.cases.get(second);
    if (!k) return fail(404, 'case_not_found', t('There is no such case, or it is not yours to see.', 'ऐसा कोई मामला नहीं है, या आप उसे नहीं देख सकते।'));
    if (third === undefined) return ok(world.view(k));
    if (third === 'timeline') return ok({ entries: k.entries });
    if (third === 'chart') return ok(world.chart(k));
    if (third === 'acts' && post) return world.act(k, json());
    if (third === 'record' && post) return world.record(k, json());
  }
  if (first === 'alerts') {
    if (post && second === undefined) return { status: 202, body: world.receive(sent) };
    return world.alerts.has(second) ? ok(world.alerts.get(second)) : NOT_FOUND;
  }
  if (first === 'filed') {
    if (!post) return ok(world.filed);
    world.filed = world.filed.filter((f) => f.alert !== second);
    return ok({ case: world.receive('reopened').cases[0].id });
  }
  if (first === 'protocols') {
    if (third === 'chart') return ok(world.chart(null));
    return ok([
      { name: 'rajasthan-phq', title: t('Rajasthan PHQ distress alert', 'राजस्थान पुलिस मुख्यालय संकट सूचना'), digest: 'a1b2c3d4e5f60718', extends: 'distress-response', order: { number: 'EX-12/2026', date: '2026-05-24', authority: t('Director General (example)', 'महानिदेशक (उदाहरण)') }, open_cases: 8 },
      { name: 'distress-response', title: t('Response to a person in distress (template)', 'संकटग्रस्त व्यक्ति की सहायता (साँचा)'), digest: '0f1e2d3c4b5a6978', extends: null, order: null, open_cases: 0 },
    ]);
  }
  return NOT_FOUND;
}

function stream(world, req, res) {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  res.write(`event: hello\ndata: ${JSON.stringify({ now: new Date().toISOString() })}\n\n`);
  world.streams.add(res);
  const beat = setInterval(() => res.write(': still here\n\n'), 15_000);
  req.on('close', () => {
    clearInterval(beat);
    world.streams.delete(res);
  });
}

function original(world, id, res) {
  const alert = world.alerts.get(id);
  res.writeHead(alert ? 200 : 404, { 'content-type': 'message/rfc822', 'content-disposition': `attachment; filename="${id}.eml"` });
  res.end(alert ? alert.parts.map((p) => p.text ?? '').join('\n\n') : '');
}
