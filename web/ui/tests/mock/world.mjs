// The mock's memory: cases that can be acted on, in the shapes of the API. Time is real, data invented.
import { ACTS, FORMS, LEVELS, ROLES, STAGE_OF, STATES, geometry } from './protocol.mjs';
import { CANDIDATES, PEOPLE, UNITS, alertView, factsOf, sha } from './data.mjs';

const t = (en, hi) => ({ en, hi });
const MINUTE = 60_000;
const iso = (ms) => new Date(ms).toISOString();

export class World {
  constructor() {
    this.me = PEOPLE[0];
    this.cases = new Map();
    this.alerts = new Map();
    this.streams = new Set();
    this.done = new Map();
    this.count = 0;
    const now = Date.now();
    this.filed = [
      { alert: 'alert_f1', source: 'mail', reason: t('Newsletter: no person in distress is named', 'समाचार पत्र: किसी संकटग्रस्त व्यक्ति का उल्लेख नहीं'), received_at: iso(now - 50 * MINUTE), subject_line: 'Weekly offers from Example Stationery' },
      { alert: 'alert_f2', source: 'mail', reason: t('Contact test of the platform', 'मंच का संपर्क परीक्षण'), received_at: iso(now - 200 * MINUTE), subject_line: 'Contact test, please ignore' },
    ];
    // [path of states, level, platform, minor, unit, minutes until due, opened minutes ago, more]
    this.open(['read', 'desk_review'], 'red', 'instagram', 'yes', null, -6, 16);
    this.open(['read', 'desk_review', 'hand_over'], 'orange', 'facebook', 'unknown', 'kota', -2, 31, { alerts: 2 });
    this.open(['read', 'unreadable'], null, null, null, null, 3, 2, { nobody: true });
    this.open(['read', 'desk_review'], 'orange', 'x', 'no', null, 7, 3);
    this.open(['read', 'desk_review', 'hand_over', 'reach', 'talk', 'team'], 'red', 'instagram', 'yes', 'jwn', 12, 40, { alerts: 3, person: PEOPLE[3] });
    this.open(['read', 'desk_review', 'escalated'], 'yellow', 'x', 'unknown', null, 4, 14, { person: PEOPLE[1] });
    this.open(['read', 'desk_review', 'hand_over', 'reach', 'counselling'], 'yellow', 'facebook', 'no', 'jjn', 66, 190, { drill: true });
    this.open(['read', 'desk_review', 'hand_over', 'reach', 'counselling', 'follow_up'], 'green', 'instagram', 'no', 'udr', 1100, 420);
    this.open(['read', 'desk_review', 'no_risk'], 'green', 'facebook', 'no', null, null, 600);
    this.open(['read', 'desk_review', 'hand_over', 'reach', 'counselling', 'follow_up', 'safe'], 'red', 'instagram', 'yes', 'kota', null, 1500);
  }

  open(path, level, platform, minor, unit, dueIn, age, more = {}) {
    const n = ++this.count;
    const now = Date.now();
    const opened = now - age * MINUTE;
    const id = `case_0199f00d${String(n).padStart(4, '0')}`;
    const alert = `alert_0199f00d${String(n).padStart(4, '0')}`;
    const last = path.at(-1);
    const active = path.includes('team') && last === 'team' ? ['reach', 'talk', 'team'] : [last];
    const kase = {
      id, number: `RJ-2026-${String(n).padStart(6, '0')}`, active, visited: path, level, platform, minor, unit: unit && UNITS[unit],
      opened, last: now - 2 * MINUTE, due: dueIn === null ? null : now + dueIn * MINUTE, drill: more.drill ?? false, alerts: more.alerts ?? 1,
      nobody: more.nobody ?? false, person: more.person ?? null,
    };
    kase.alertIds = Array.from({ length: kase.alerts }, (_, i) => `${alert}${i || ''}`);
    for (const one of kase.alertIds) this.alerts.set(one, alertView(one, kase, iso(opened)));
    const levelLabel = LEVELS.find((l) => l.id === level)?.label ?? null;
    kase.facts = factsOf(alert, iso(opened), level, levelLabel, minor);
    kase.entries = this.history(kase, path, opened);
    this.cases.set(id, kase);
    return kase;
  }

  history(kase, path, opened) {
    const entries = [];
    path.forEach((state, i) => entries.push(this.entry(entries.length + 1, opened + i * 2 * MINUTE, i === 0 ? 'opened' : i === 1 ? 'recorded' : 'act', STATES[state][2], i < 2 ? null : PEOPLE[i % PEOPLE.length], state)));
    if (kase.due !== null && kase.due < Date.now()) {
      const late = this.entry(entries.length + 1, kase.due, 'clock', STATES[path.at(-1)][5], null, path.at(-1));
      late.late_ms = 1400;
      late.told = [{ to: t('Desk supervisor', 'डेस्क पर्यवेक्षक'), message: t('Case waits past its time, please look.', 'मामला समय से अधिक रुका है, कृपया देखें।'), status: 'done' }, { to: t('SMS gateway of the district', 'ज़िले का एसएमएस गेटवे'), message: t('Case waits past its time.', 'मामला समय से अधिक रुका है।'), status: 'failed' }];
      entries.push(late);
    }
    return entries;
  }

  entry(number, at, kind, title, person, state) {
    return {
      number, at: iso(at), happened_at: kind === 'recorded' ? iso(at - 4 * MINUTE) : null, late_ms: null, kind, title,
      actor: person && { name: person.name, role_label: person.role_label, unit_name: person.unit.name },
      reasons: [
        { kind: 'transition', text: t(`went to “${STATES[state][2].en}”`, `“${STATES[state][2].hi}” में गया`), place: { file: 'rules/protocols/rajasthan-phq/protocol.yaml', line: 40 + number } },
        { kind: 'table', text: t('table severity, row minor_and_farewell: a minor and a farewell make it red', 'तालिका severity, पंक्ति minor_and_farewell: नाबालिग और विदाई संदेश पर लाल'), place: { file: 'rules/protocols/rajasthan-phq/tables/severity.yaml', line: 12 } },
      ],
      told: STATES[state][3] ? [{ to: ROLES[STATES[state][3]], message: t('A case waits for you.', 'एक मामला आपकी प्रतीक्षा में है।'), status: 'done' }] : [],
      hash: sha(`${number}${at}`),
    };
  }

  card(k) {
    const leaf = k.active.at(-1);
    const [, , , role] = STATES[leaf];
    const closed = leaf === 'safe' || leaf === 'no_risk';
    const owner = role && !k.nobody ? { role_label: ROLES[role], unit_name: role.includes('desk') ? UNITS.desk.name : (k.unit?.name ?? UNITS.kota.name), person_name: k.person?.name ?? null } : null;
    return {
      id: k.id, number: k.number, protocol: { name: 'rajasthan-phq', title: t('Rajasthan PHQ distress alert', 'राजस्थान पुलिस मुख्यालय संकट सूचना') },
      stage: STAGE_OF(leaf), states: k.active.map((s) => ({ id: s, label: STATES[s][2] })), life: closed ? 'closed' : 'open',
      outcome: closed ? leaf : null, level: k.level, level_label: LEVELS.find((l) => l.id === k.level)?.label ?? null, platform: k.platform,
      source: 'mail', minor: k.minor === 'unknown' ? null : k.minor && k.minor === 'yes', unit: k.unit, owner, opened_at: iso(k.opened), last_event_at: iso(k.last),
      due: k.due === null ? null : { at: iso(k.due), label: STATES[leaf][5], state: leaf }, overdue: k.due !== null && k.due < Date.now(),
      overdue_since: k.due !== null && k.due < Date.now() ? { at: iso(k.due), label: STATES[leaf][5], state: leaf } : null,
      unowned: !closed && owner === null, drill: k.drill, alerts: k.alerts,
    };
  }

  board(open) {
    const all = [...this.cases.values()].map((k) => this.card(k));
    const living = all.filter((c) => c.life === 'open');
    return {
      now: iso(Date.now()), cases: all.filter((c) => (c.life === 'open') === open),
      counts: { open: living.length, overdue: living.filter((c) => c.overdue).length, unowned: living.filter((c) => c.unowned).length, closed_today: all.length - living.length },
    };
  }

  form(k, id) {
    const form = structuredClone(FORMS[id]);
    for (const field of form.fields) field.value = k.facts.find((f) => f.name === field.fact && f.readable)?.value ?? null;
    return form;
  }

  view(k) {
    const acts = k.active.flatMap((state) => (ACTS[state] ?? []).map(([act, label, by, weight, form]) => ({
      act, label, weight, state, by: by.map((id) => ({ id, label: ROLES[id] })), mine: by.includes(this.me.role), form: form && this.form(k, form), blocked: null,
    })));
    return {
      ...this.card(k), version: sha('rajasthan-phq'), events: k.entries.length, facts: k.facts,
      alerts: k.alertIds.map((id, i) => ({ id, received_at: this.alerts.get(id).received_at, source: 'mail', relation: i === 0 ? 'new' : i === 1 ? 'duplicate' : 'update', sha256: this.alerts.get(id).sha256, bytes: 50218 })),
      clocks: k.active.filter((s) => STATES[s][5] && k.due !== null).map((s, i) => ({ name: `${s}_clock`, label: STATES[s][5], state: s, due: iso(k.due + i * 9 * MINUTE), repeats: i > 0 })),
      owners: k.active.filter((s) => STATES[s][3]).map((s) => ({ state: s, state_label: STATES[s][2], role_label: ROLES[STATES[s][3]], unit_name: k.unit?.name ?? UNITS.desk.name, person_name: k.nobody ? null : (k.person?.name ?? null) })),
      active: k.active, visited: k.visited, acts,
      record: k.active.includes('talk') ? [{ state: 'talk', label: t('Talk to the person', 'व्यक्ति से बात'), form: this.form(k, 'met') }] : [],
      candidates: k.visited.includes('desk_review') && !k.unit ? CANDIDATES : [],
      links: k.alerts > 2 ? [{ case: 'case_0199f00d0010', number: 'RJ-2026-000010', relation: 'related' }] : [],
    };
  }

  chart(k) {
    return geometry(k?.active ?? [], k?.visited ?? []);
  }

  /** Performs an act or says why not: { status, body }. */
  act(k, { request_id, act, form }) {
    const before = this.done.get(request_id);
    if (before) return before;
    const found = k.active.flatMap((s) => (ACTS[s] ?? []).map((a) => [s, ...a])).find((a) => a[1] === act);
    if (!found || !found[3].includes(this.me.role)) {
      return fail(409, 'act_not_allowed', t('This act is not open to you in the state the case is in now.', 'मामले की अभी की स्थिति में यह कार्य आपके लिए खुला नहीं है।'));
    }
    const [state, , label, , , formId, target] = found;
    const troubles = {};
    for (const field of formId ? FORMS[formId].fields : []) {
      const value = form?.[field.fact];
      if (field.required && (value === undefined || value === null || value === '')) troubles[field.fact] = t('An answer is needed here.', 'यहाँ उत्तर चाहिए।');
      if (field.fact === 'age' && typeof value === 'number' && value > 120) troubles.age = t('At most 120 years.', 'अधिकतम 120 वर्ष।');
      if (field.fact === 'person_safe' && value === 'no' && !form.hospital) troubles.hospital = t('Say where the person was taken.', 'बताएँ कि व्यक्ति को कहाँ ले जाया गया।');
    }
    if (Object.keys(troubles).length) return fail(422, 'form_invalid', t('Some answers are missing or wrong.', 'कुछ उत्तर नहीं हैं या ग़लत हैं।'), { number: k.entries.length, problems: Object.fromEntries(Object.entries(troubles).map(([fact, message]) => [fact, { problem: 'missing', message }])) });
    this.write(k, form ?? {});
    k.active = target === 'reach' ? ['reach', 'talk', 'team'] : [target];
    k.visited = [...new Set([...k.visited, ...k.active])];
    k.nobody = false;
    k.person = null;
    const minutes = STATES[k.active.at(-1)][4];
    k.due = minutes ? Date.now() + minutes * MINUTE : null;
    k.last = Date.now();
    const number = k.entries.length + 1;
    k.entries.push(this.entry(number, Date.now(), 'act', label, this.me, target === 'reach' ? 'team' : target));
    this.tell(k);
    const answer = { status: 200, body: { number, case: this.view(k) } };
    this.done.set(request_id, answer);
    return answer;
  }

  record(k, { request_id, form }) {
    const before = this.done.get(request_id);
    if (before) return before;
    this.write(k, form ?? {});
    const number = k.entries.length + 1;
    k.entries.push(this.entry(number, Date.now(), 'recorded', t('Findings recorded', 'निष्कर्ष दर्ज'), this.me, k.active.at(-1)));
    this.tell(k);
    const answer = { status: 200, body: { number, case: this.view(k) } };
    this.done.set(request_id, answer);
    return answer;
  }

  write(k, form) {
    for (const [name, value] of Object.entries(form)) {
      const label = Object.values(FORMS).flatMap((f) => f.fields).find((f) => f.fact === name);
      let fact = k.facts.find((f) => f.name === name);
      if (!fact && label) k.facts.push((fact = { name, label: label.label, type: label.type, sealed: false, readable: true, spans: [] }));
      if (!fact) continue;
      Object.assign(fact, { value, value_label: label?.choices?.find((c) => c.id === value)?.label ?? null, by: { kind: 'person', text: this.me.name }, at: iso(Date.now()), event: k.entries.length + 1 });
      if (name === 'level') k.level = value;
      if (name === 'minor') k.minor = value;
      if (name === 'unit') k.unit = Object.values(UNITS).find((u) => u.code === value) ?? k.unit;
    }
  }

  tell(k) {
    for (const res of this.streams) res.write(`event: change\ndata: ${JSON.stringify({ case: k.id, number: k.entries.length, board: true })}\n\n`);
  }

  receive(bytes) {
    if (/newsletter|offers/i.test(bytes)) {
      const alert = `alert_${sha(bytes).slice(0, 12)}`;
      this.filed.unshift({ alert, source: 'mail', reason: t('Newsletter: no person in distress is named', 'समाचार पत्र: किसी संकटग्रस्त व्यक्ति का उल्लेख नहीं'), received_at: iso(Date.now()), subject_line: 'Newsletter' });
      return { alert, class: 'filed', cases: [] };
    }
    const k = this.open(['read', 'desk_review'], 'orange', 'facebook', 'unknown', null, 10, 0);
    this.tell(k);
    return { alert: k.alertIds[0], class: 'alert', cases: [{ id: k.id, number: k.number, relation: 'new' }] };
  }
}

export function fail(status, code, message, details = {}) {
  return { status, body: { error: { code, message, request_id: `req_${Date.now().toString(36)}`, details } } };
}
