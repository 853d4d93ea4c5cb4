import { expect, it } from 'vitest';

import { buttons } from '../../src/lib/acts';
import type { Act } from '../../src/lib/api';

const t = (text: string) => ({ en: text, hi: text });
const blocked = { reason: t('no') };
function act(name: string, more: Partial<Act> = {}): Act {
  return { act: name, label: t(name), weight: 'plain', state: 's', by: [], mine: true, form: null, blocked: null, ...more };
}
const names = (list: Act[]) => list.map((one) => one.act);

it('acts stand in the order of use: open before blocked, primary before grave', () => {
  const { mine, others } = buttons([act('end', { weight: 'grave' }), act('shut', { weight: 'primary', blocked }), act('go', { weight: 'primary' }), act('theirs', { mine: false }), act('note')]);
  expect(names(mine)).toEqual(['go', 'note', 'end', 'shut']);
  expect(names(others)).toEqual(['theirs']);
});
it('several transitions of one act are one button, the one that is open', () => {
  const { mine } = buttons([act('end', { blocked }), act('end', { label: t('open one') }), act('end', { mine: false }), act('end', { state: 'other' })]);
  expect(mine.map((one) => [one.state, one.label.en])).toEqual([['s', 'open one'], ['other', 'end']]);
});
