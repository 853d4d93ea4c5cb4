/** Values of facts as lines that people read. */

import type { Json, Text } from './api';
import { length, m, t, when } from './i18n.svelte';
import { prefs } from './prefs.svelte';

const WORDS: Record<string, string> = { yes: 'value-yes', no: 'value-no', unknown: 'value-unknown' };

function one(value: Json, type: string): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? m('value-yes') : m('value-no');
  if (typeof value === 'number') {
    if (type.includes('time')) return when(value);
    return type.includes('duration') ? length(value) : new Intl.NumberFormat('en-IN').format(value);
  }
  if (typeof value === 'string') {
    const word = type.startsWith('yes-no') ? WORDS[value] : undefined;
    if (word !== undefined) return m(word);
    return type === 'time' && !Number.isNaN(Date.parse(value)) ? when(value) : value;
  }
  if (!Array.isArray(value) && typeof value.lat_e7 === 'number' && typeof value.lon_e7 === 'number') {
    const at = `${(value.lat_e7 / 1e7).toFixed(5)}, ${(value.lon_e7 / 1e7).toFixed(5)}`;
    return typeof value.accuracy_m === 'number' ? m('value-position', { at, metres: value.accuracy_m }) : at;
  }
  return JSON.stringify(value);
}

/** Lines of a value; none when nothing is known. The label of a choice, if the server gave one, stands for the value. */
export function lines(value: Json, type: string, label: Text | null = null): string[] {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return [];
  if (label !== null) return [t(label)];
  return Array.isArray(value) ? value.map((item) => one(item, type)) : [one(value, type)];
}

/** `Hindi` for `hi`, in the language chosen; a code without a name stays as it is. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames([prefs.lang], { type: 'language', fallback: 'code' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** `1 234 B`, `48 kB`, `3.2 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
