import { describe, expect, it } from 'vitest';

import type { Entry, Fact, Field } from '../../src/lib/api';
import { earlierOf, mustAnswerAgain } from '../../src/lib/earlier';
import { lines, steps } from '../../src/lib/timeline';

const t = (text: string) => ({ en: text, hi: text });
function entry(number: number, kind: Entry['kind'], title: string, more: Partial<Entry> = {}): Entry {
  return { number, at: '2026-11-21T09:00:00Z', happened_at: null, late_ms: null, kind, title: t(title), actor: null, reasons: [], told: [], hash: String(number), ...more };
}
const ignored = [{ kind: 'ignored', text: t('changes nothing'), place: null }];

describe('the timeline', () => {
  const all = [
    entry(1, 'opened', 'opened'), entry(2, 'delivery', 'A is responsible', { reasons: ignored }), entry(3, 'delivery', 'A is responsible', { reasons: ignored }),
    entry(4, 'act', 'Accept'), entry(5, 'delivery', 'failed', { reasons: [{ kind: 'taken', text: t('to the control room'), place: null }] }),
  ];
  it('puts confirmations under the step that caused them and keeps every entry', () => {
    expect(steps(all).map((step) => [step.entry.number, ...step.followers.map((one) => one.number)])).toEqual([[1, 2, 3], [4], [5]]);
    expect(steps(all).flatMap((step) => [step.entry, ...step.followers])).toEqual(all);
  });
  it('says the same once', () => {
    expect(lines(steps(all)[0]?.followers ?? []).map((line) => [line.entry.number, line.times])).toEqual([[2, 2]]);
  });
  it('keeps a confirmation without a step before it', () => {
    expect(steps(all.slice(1, 2))).toHaveLength(1);
  });
});

describe('an earlier answer', () => {
  const field = (more: Partial<Field> = {}): Field => ({ fact: 'result', label: t('R'), help: null, type: 'choice', of: null, choices: [], required: true, value: 'well', show_if: true, ...more });
  const fact = (more: Partial<Fact> = {}): Fact => ({
    name: 'result', label: t('R'), type: 'choice', value: 'well', value_label: null, sealed: false, readable: true, by: { kind: 'person', text: t('A') }, at: null, event: 2, spans: [], ...more,
  });
  const act = { label: t('Record the contact') };
  const entries = [entry(1, 'act', 'Accept'), entry(2, 'act', 'Record the contact'), entry(3, 'recorded', 'Record the contact')];

  it('must be given anew when the same act gave it', () => {
    expect(mustAnswerAgain(act, field(), earlierOf(field(), [fact()]), entries)).toBe(true);
  });
  it('stands when another act, a saved form, an alert or a rule gave it, and when it is not needed', () => {
    for (const other of [fact({ event: 1 }), fact({ event: 3 }), fact({ event: null }), fact({ by: { kind: 'alert', text: t('x') } }), fact({ by: { kind: 'rule', text: t('x') } })]) {
      expect(mustAnswerAgain(act, field(), earlierOf(field(), [other]), entries)).toBe(false);
    }
    expect(mustAnswerAgain(act, field({ required: false }), earlierOf(field(), [fact()]), entries)).toBe(false);
  });
  it('is none where nobody answered', () => {
    expect(earlierOf(field({ value: null }), [fact()])).toBeNull();
    expect(earlierOf(field(), [fact({ by: { kind: 'default', text: t('default') } })])).toBeNull();
  });
});
