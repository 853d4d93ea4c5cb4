import { describe, expect, it } from 'vitest';

import type { Card, Person } from '../../src/lib/api';
import { difference, fill, filterOf, isMine, lateSince, layoutOf, nextDue, queryOf, sections, unitsOf } from '../../src/lib/board';

const t = (text: string) => ({ en: text, hi: text });
const NOW = Date.parse('2026-11-21T09:00:00Z');
const minutes = (n: number) => new Date(NOW + n * 60_000).toISOString();
const ALL = filterOf('');
const ME: Person = { id: 'p', name: t('Asha Namuna'), role: 'help_desk', role_label: t('Help desk'), unit: { code: 'U', name: t('Desk') } };

function card(id: string, more: Partial<Card> = {}): Card {
  return {
    id, number: id, protocol: { name: 'kota', title: t('Kota') }, stage: 'intake', states: [], life: 'open', outcome: null, level: 'green',
    level_label: null, platform: null, source: 'mail', minor: null, unit: null, opened_at: minutes(-60), last_event_at: minutes(-1),
    owner: { role_label: t('Help desk'), unit_name: t('Desk'), person_name: null }, due: { at: minutes(10), label: t('x'), state: 's' },
    overdue: false, unowned: false, drill: false, alerts: 1, ...more,
  };
}
const due = (n: number) => ({ at: minutes(n), label: t('x'), state: 's' });
const ids = (list: ReturnType<typeof sections>) => list.map(({ name, cards }) => [name, ...cards.map((c) => c.id)]);

describe('the board', () => {
  it('shows overdue first, then unowned, then by due time', () => {
    const cards = [
      card('later', { due: due(30) }), card('never', { due: null }), card('soon', { due: due(5) }),
      card('unowned', { unowned: true, owner: null, due: due(3) }), card('late', { overdue: true, due: due(-1) }), card('latest', { overdue: true, due: due(-9) }),
    ];
    expect(ids(sections(cards, ALL, null, NOW))).toEqual([['overdue', 'latest', 'late'], ['unowned', 'unowned'], ['open', 'soon', 'later', 'never']]);
  });
  it('calls a case overdue when its time has come, before the server says so', () => {
    expect(ids(sections([card('a', { due: due(0) })], ALL, null, NOW))).toEqual([['overdue', 'a']]);
  });
  it('puts a case that is late and with nobody among the overdue, once', () => {
    expect(ids(sections([card('a', { overdue: true, unowned: true, owner: null })], ALL, null, NOW))).toEqual([['overdue', 'a']]);
  });
  it('sorts the overdue by how long they are late, and says what comes next', () => {
    const late = card('late', { overdue: true, overdue_since: due(-4), due: due(6) });
    const longest = card('longest', { overdue: true, overdue_since: due(-40), due: due(9) });
    expect(ids(sections([late, longest, card('halted', { life: 'halted' })], ALL, null, NOW))).toEqual([['overdue', 'halted', 'longest', 'late']]);
    expect([lateSince(late, NOW)?.at, nextDue(late, NOW)?.at]).toEqual([minutes(-4), minutes(6)]);
    const passed = card('passed', { due: due(-1) });
    expect([lateSince(passed, NOW)?.at, nextDue(passed, NOW)]).toEqual([minutes(-1), null]);
    expect([lateSince(card('well'), NOW), nextDue(card('well'), NOW)?.at]).toEqual([null, minutes(10)]);
  });
  it('puts a halted case among the overdue', () => {
    expect(ids(sections([card('a', { life: 'halted', due: null })], ALL, null, NOW))).toEqual([['overdue', 'a']]);
  });
  it('breaks ties by level, then age', () => {
    const cards = [card('old', { level: 'orange', opened_at: minutes(-90) }), card('none', { level: null }), card('new', { level: 'orange', opened_at: minutes(-5) }), card('red', { level: 'red' })];
    expect(ids(sections(cards, ALL, null, NOW))).toEqual([['open', 'red', 'old', 'new', 'none']]);
  });
  it('keeps closed cases behind their filter, newest first', () => {
    const cards = [card('open'), card('x', { life: 'closed', last_event_at: minutes(-9) }), card('y', { life: 'closed', last_event_at: minutes(-3) })];
    expect(ids(sections(cards, ALL, null, NOW))).toEqual([['open', 'open']]);
    expect(ids(sections(cards, filterOf('?show=closed'), null, NOW))).toEqual([['closed', 'y', 'x']]);
  });
});

describe('filters', () => {
  it('live in the address and survive the way there and back', () => {
    const query = 'stage=visit&unit=RJ-KTC-KUN&level=red&mine=yes&show=closed';
    expect(queryOf(filterOf(`?${query}`)).toString()).toBe(query);
    expect(queryOf(filterOf('?stage=nonsense&level=mauve&other=1')).toString()).toBe('');
  });
  it('know what is mine: by name, else by role and unit', () => {
    expect(isMine(card('a'), ME)).toBe(true);
    expect(isMine(card('a', { owner: { role_label: t('Help desk'), unit_name: t('Other'), person_name: null } }), ME)).toBe(false);
    expect(isMine(card('a', { owner: { role_label: t('Help desk'), unit_name: t('Desk'), person_name: t('Ravi Kalpit') } }), ME)).toBe(false);
    expect(isMine(card('a', { owner: { role_label: t('x'), unit_name: null, person_name: t('Asha Namuna') } }), ME)).toBe(true);
    expect(isMine(card('a', { owner: null }), ME)).toBe(false);
    expect(isMine(card('a'), null)).toBe(false);
  });
  it('offers each unit once', () => {
    const unit = { code: 'B', name: t('B') };
    expect(unitsOf([card('a', { unit }), card('b', { unit: { code: 'A', name: t('A') } }), card('c', { unit }), card('d')]).map((u) => u.code)).toEqual(['A', 'B']);
  });
});

describe('a held board', () => {
  const layout = (cards: Card[]) => layoutOf(sections(cards, ALL, null, NOW));
  const [a, b, c] = [card('a', { due: due(1) }), card('b', { due: due(2) }), card('c', { due: due(3) })];

  it('counts what waits: new, moved, gone', () => {
    const shown = layout([a, b, c]);
    expect(difference(shown, shown)).toEqual({ fresh: 0, moved: 0, gone: 0 });
    expect(difference(shown, layout([card('n', { due: due(0.5) }), a, b, c]))).toEqual({ fresh: 1, moved: 0, gone: 0 });
    expect(difference(shown, layout([a, b, { ...c, overdue: true }]))).toEqual({ fresh: 0, moved: 1, gone: 0 });
    expect(difference(shown, layout([a, b]))).toEqual({ fresh: 0, moved: 0, gone: 1 });
    expect(difference(shown, layout([a, c, { ...b, due: due(9) }])).moved).toBeGreaterThan(0);
  });
  it('keeps every row in its place and shows the newest content in it', () => {
    const shown = layout([a, b]);
    const newer = { ...b, overdue: true, level: 'red' as const };
    const filled = fill(shown, new Map([['b', newer], ['n', card('n')]]), new Map([['a', a], ['b', b]]));
    expect(filled.map(({ name, cards }) => [name, cards])).toEqual([['open', [a, newer]]]);
  });
});
