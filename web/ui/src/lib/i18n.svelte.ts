/** Words of the screens from the Fluent catalogues, and texts of the data in the language chosen. */

import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';

import en from '../locales/en.ftl?raw';
import hi from '../locales/hi.ftl?raw';
import type { Text } from './api';
import { clock } from './clock.svelte';
import { prefs } from './prefs.svelte';
import { clockTime, type Lang, moment, remaining, span as lengthOf } from './time';

function bundle(locale: string, source: string): FluentBundle {
  const made = new FluentBundle(locale, { useIsolating: false });
  const errors = made.addResource(new FluentResource(source));
  if (errors.length > 0) throw new Error(`catalogue ${locale}: ${errors.map(String).join('; ')}`);
  return made;
}
// `-u-nu-latn`: international digits in Hindi too, since records are compared across states.
const bundles: Record<Lang, FluentBundle> = { en: bundle('en-IN', en), hi: bundle('hi-IN-u-nu-latn', hi) };

/** A message of the catalogue. The key must stand in both files; a test holds that. */
export function m(key: string, args?: Record<string, FluentVariable>): string {
  const message = bundles[prefs.lang].getMessage(key);
  if (message?.value === null || message?.value === undefined) return key;
  return bundles[prefs.lang].formatPattern(message.value, args);
}

/** A text of the data in the language chosen, in the other one when it is missing, never nothing. */
export function t(text: Text | string | null | undefined): string {
  if (text === null || text === undefined) return '';
  if (typeof text === 'string') return text;
  const other: Lang = prefs.lang === 'en' ? 'hi' : 'en';
  return text[prefs.lang] !== '' ? text[prefs.lang] : text[other];
}

/** Name of a clock; one that its protocol left without words is called by what it is, never by its code. */
export function clockName(label: Text): string {
  return label.en === label.hi && /^[a-z][a-z0-9_]*$/.test(label.en) ? m('clock-plain') : t(label);
}

const DEVANAGARI = /[\u0900-\u097F]/;

/** Language of a piece of data for the `lang` attribute; undefined when it is that of the page. */
export function langOf(text: string): Lang | undefined {
  const found: Lang = DEVANAGARI.test(text) ? 'hi' : 'en';
  return found === prefs.lang ? undefined : found;
}

/** `14:35 IST`, with the day when it is not today. */
export function when(iso: string | number): string {
  const ms = typeof iso === 'number' ? iso : Date.parse(iso);
  return m('time-ist', { time: moment(ms, clock.now, prefs.lang) });
}

/** `14:35` for tight places where the column says IST. */
export function hhmm(iso: string): string {
  return clockTime(Date.parse(iso));
}

/** `9 min left`, `under a minute left`, `2 h 5 min late`. */
export function left(due: string): string {
  const r = remaining(Date.parse(due), clock.now);
  const args = { days: r.days, hours: r.hours, minutes: r.minutes };
  if (r.late) {
    if (r.unit === 'now') return m('late-now');
    if (r.unit === 'minutes') return m('late-minutes', args);
    return r.unit === 'hours' ? m('late-hours', args) : m('late-days', args);
  }
  if (r.unit === 'now') return m('left-now');
  if (r.unit === 'minutes') return m('left-minutes', args);
  return r.unit === 'hours' ? m('left-hours', args) : m('left-days', args);
}

/** `12 s`, `3 min`, `2 h`, `1 h 20 min`, `1 d 4 h`. */
export function length(ms: number): string {
  const r = lengthOf(ms);
  const args = { days: r.days, hours: r.hours, minutes: r.minutes };
  if (r.unit === 'now') return m('length-seconds', { seconds: Math.round(ms / 1000) });
  if (r.unit === 'minutes') return m('length-minutes', args);
  if (r.unit === 'hours') return r.minutes === 0 ? m('length-whole-hours', args) : m('length-hours', args);
  return r.hours === 0 ? m('length-whole-days', args) : m('length-days', args);
}
