import { describe, expect, it } from 'vitest';

import type { Fact } from '../../src/lib/api';
import { grouped, ruleName } from '../../src/lib/facts';

const t = (text: string) => ({ en: text, hi: text });
function fact(name: string, more: Partial<Fact> = {}): Fact {
  return { name, label: t(name), type: 'text', value: 'x', value_label: null, sealed: false, readable: true, by: { kind: 'person', text: t('p') }, at: null, event: 1, spans: [], ...more };
}
const names = (list: Fact[]) => list.map((one) => one.name);

describe('the facts of a case', () => {
  it('begin with what is needed first and keep the order of the rest', () => {
    expect(names(grouped([fact('zeal'), fact('area'), fact('phones'), fact('level')]).said)).toEqual(['level', 'phones', 'zeal', 'area']);
  });
  it('fold away what nobody said and what nobody knows', () => {
    const by = { kind: 'default' as const, text: t('default') };
    const groups = grouped([fact('a', { by }), fact('b', { value: null }), fact('c', { value: [] }), fact('d', { by, value: null })]);
    expect([names(groups.said), names(groups.assumed), names(groups.unknown)]).toEqual([[], ['a'], ['b', 'c', 'd']]);
  });
  it('never hide that something is sealed', () => {
    expect(names(grouped([fact('name', { value: null, sealed: true, readable: false, by: null })]).said)).toEqual(['name']);
  });
});

it('keeps apart what rules concluded, but not what is looked for first', () => {
  const by = { kind: 'rule' as const, text: t('set a/protocol.yaml:7') };
  const groups = grouped([fact('level', { by }), fact('told', { by }), fact('area')]);
  expect([names(groups.said), names(groups.ruled)]).toEqual([['level', 'area'], ['told']]);
});

it('names a rule by its title and never by a line of a file', () => {
  expect(ruleName('compute rules/protocols/kota/protocol.yaml:421')).toBeNull();
  expect(ruleName('Level before contact')).toBe('Level before contact');
});
