import { describe, expect, it } from 'vitest';

import type { Field, Form, Json } from '../../src/lib/api';
import { asciiDigits, draftOf, isList, itemType, readField, readForm, requestId, serverTroubles, startOf } from '../../src/lib/form';

const t = (text: string) => ({ en: text, hi: text });
function field(type: string, more: Partial<Field> = {}): Field {
  return { fact: 'f', label: t('F'), help: null, type, of: null, choices: null, required: false, value: null, show_if: true, ...more };
}
const read = (type: string, draft: Parameters<typeof readField>[1], more: Partial<Field> = {}) => readField(field(type, more), draft);

it('an answer that must be given anew starts empty and is never wiped out', () => {
  const form: Form = { id: 'f', title: t('F'), fields: [field('choice', { fact: 'result', required: true, value: 'well' }), field('text', { fact: 'hidden', required: true, show_if: false, value: 'x' })] };
  const anew = new Set(['result', 'hidden']);
  const start = startOf(form, {}, anew);
  expect(start).toEqual({ result: '', hidden: '' });
  expect(readForm(form, start, 'whole', anew)).toEqual({ answers: {}, troubles: { result: 'field-required' } });
  expect(readForm(form, { ...start, result: 'well' }, 'whole', anew)).toEqual({ answers: { result: 'well' }, troubles: {} });
});

describe('reading a field', () => {
  it('takes Devanagari digits wherever digits are meant', () => {
    expect(asciiDigits('०१२३४५६७८९')).toBe('0123456789');
    expect(read('number', '१७')).toEqual({ value: 17 });
    expect(read('phone', '५५५५५ ५१२३४')).toEqual({ value: '+915555551234' });
    expect(read('duration', '१०')).toEqual({ value: 600_000 });
  });
  it('keeps free text in both scripts as it is', () => {
    expect(read('text', ' ghar par है १७ ')).toEqual({ value: 'ghar par है १७' });
  });
  it('knows whole numbers only, with lakh grouping', () => {
    expect(read('number', '1,00,000')).toEqual({ value: 100_000 });
    for (const bad of ['1.5', 'many', '1e3', '--1']) expect(read('number', bad)).toEqual({ trouble: 'field-number' });
  });
  it('brings phone numbers to E.164', () => {
    expect(read('phone', '+91 55555-51234')).toEqual({ value: '+915555551234' });
    expect(read('phone', '05555551234')).toEqual({ value: '+915555551234' });
    expect(read('phone', '100')).toEqual({ trouble: 'field-phone' });
  });
  it('means Indian time and sends UTC', () => {
    expect(read('time', '2026-11-21T00:10')).toEqual({ value: '2026-11-20T18:40:00.000Z' });
    expect(read('time', 'soon')).toEqual({ trouble: 'field-time' });
  });
  it('turns degrees into whole 1e-7 degrees and refuses half a position', () => {
    expect(read('position', { lat: '25.2138', lon: '७५.8648', accuracy: '20' })).toEqual({ value: { lat_e7: 252_138_000, lon_e7: 758_648_000, accuracy_m: 20 } });
    expect(read('position', { lat: '25.2', lon: '', accuracy: '' })).toEqual({ trouble: 'field-position' });
    expect(read('position', { lat: '91', lon: '75', accuracy: '' })).toEqual({ trouble: 'field-position' });
    expect(read('position', { lat: '', lon: '', accuracy: '' })).toEqual({ value: null });
  });
  it('drops empty lines of a list and refuses the whole list for one bad item', () => {
    const list = { of: 'phone' };
    expect(read('list', ['5555551234', ' ', ''], list)).toEqual({ value: ['+915555551234'] });
    expect(read('list', ['5555551234', 'x'], list)).toEqual({ trouble: 'field-phone' });
    expect(read('list', [''], { ...list, required: true })).toEqual({ trouble: 'field-required' });
  });
  it('asks for a required answer only while the field is shown', () => {
    expect(read('yes-no', '', { required: true })).toEqual({ trouble: 'field-required' });
    expect(read('yes-no', '', { required: true, show_if: false })).toEqual({ value: null });
  });
  it('understands both ways a list is written', () => {
    expect(isList(field('list'))).toBe(true);
    expect(isList(field('text'))).toBe(false);
    expect(itemType(field('list', { choices: [] }))).toBe('choice');
  });
});

describe('a form', () => {
  const form: Form = {
    id: 'x', title: t('x'),
    fields: [
      field('text', { fact: 'a', required: true }), field('text', { fact: 'b' }), field('text', { fact: 'c', value: 'was' }), field('number', { fact: 'd' }),
    ],
  };
  it('starts with what is known, under what was typed', () => {
    expect(startOf(form, { b: 'typed' })).toEqual({ a: '', b: 'typed', c: 'was', d: '' });
  });
  it('sends answers, sends a cleared value as unknown, leaves untouched fields out', () => {
    expect(readForm(form, { a: 'x', b: '', c: '', d: '' }, 'whole')).toEqual({ answers: { a: 'x', c: null }, troubles: {} });
    expect(readForm(form, { a: 'x', b: '', c: 'was', d: '' }, 'whole').answers).toEqual({ a: 'x' });
  });
  it('sends what is needed even when it was known, since the act asks for it', () => {
    const known: Form = { ...form, fields: [field('list', { fact: 'p', of: 'phone', required: true, value: ['+915555551234'] })] };
    expect(readForm(known, startOf(known), 'whole').answers).toEqual({ p: ['+915555551234'] });
    expect(readForm(known, startOf(known), 'so-far').answers).toEqual({});
  });
  it('says all troubles at once', () => {
    expect(readForm(form, { a: ' ', b: 'ok', c: 'c', d: 'y' }, 'whole').troubles).toEqual({ a: 'field-required', d: 'field-number' });
  });
  it('of a state can be saved before it is complete, but not with nonsense', () => {
    expect(readForm(form, { a: '', b: 'ok', c: 'was', d: '' }, 'so-far')).toEqual({ answers: { b: 'ok' }, troubles: {} });
    expect(readForm(form, { a: '', b: '', c: 'was', d: 'y' }, 'so-far').troubles).toEqual({ d: 'field-number' });
  });
  it('shows each kind of known value so that it reads back as itself', () => {
    const cases: [string, Json, Partial<Field>][] = [
      ['text', 'नमूना', {}], ['number', 17, {}], ['time', '2026-11-21T09:05:00.000Z', {}], ['duration', 600_000, {}], ['phone', '+915555551234', {}],
      ['list', ['+915555551234'], { of: 'phone' }], ['position', { lat_e7: 252_138_000, lon_e7: 758_648_000, accuracy_m: null }, {}], ['date', '2008-01-31', {}],
    ];
    for (const [type, value, more] of cases) {
      const f = field(type, { ...more, value });
      expect(readField(f, draftOf(f))).toEqual({ value });
    }
  });
});

describe('what the server says about fields', () => {
  it('is read by fact, in each shape it may have', () => {
    expect(serverTroubles({ a: t('no'), b: 'plain', c: { message: t('deep') }, d: [t('first')], e: 3 })).toEqual({ a: t('no'), b: 'plain', c: t('deep'), d: t('first') });
    expect(serverTroubles({ number: 4, problems: { a: { problem: 'missing', message: t('no') } } })).toEqual({ a: t('no') });
  });
});

it('makes a request id of version 4 without a secure context', () => {
  const original = crypto.randomUUID;
  Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true });
  try {
    expect(requestId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(requestId()).not.toBe(requestId());
  } finally {
    Object.defineProperty(crypto, 'randomUUID', { value: original, configurable: true });
  }
});
