/**
 * Forms: from what stands in the inputs to the JSON that the server takes, and back. The check here only saves a way to
 * the server; what the server says about a field is the truth.
 */

import type { Field, Form, Json } from './api';
import { fromInput, toInput } from './time';

/** What an input holds: text for one line, a list for several, a record for a position. */
export type Draft = string | string[] | { lat: string; lon: string; accuracy: string };
export type Drafts = Record<string, Draft>;
/** Why a field cannot be sent, as a key of the catalogue. */
export type Trouble = 'field-required' | 'field-number' | 'field-time' | 'field-duration' | 'field-phone' | 'field-position' | 'field-date';
export type Read = { value: Json } | { trouble: Trouble };

const DIGIT = /[\u0966-\u096F]/g;

/** Devanagari digits become ASCII ones: १४:३५ is 14:35. */
export function asciiDigits(text: string): string {
  return text.replace(DIGIT, (digit) => String(digit.charCodeAt(0) - 0x0966));
}

/** Whether a field asks for several values. `list(of phone)` and `list` with `of` both mean so. */
export function isList(field: Pick<Field, 'type'>): boolean {
  return field.type === 'list' || field.type.startsWith('list');
}
/** Type of one value of the field. */
export function itemType(field: Pick<Field, 'type' | 'of' | 'choices'>): string {
  if (!isList(field)) return field.type;
  return field.of ?? (field.choices !== null ? 'choice' : 'text');
}

function text(value: Json, type: string): string {
  if (value === null || typeof value === 'object') return '';
  if (type === 'time') return toInput(typeof value === 'number' ? value : Number.isNaN(Date.parse(String(value))) ? null : Date.parse(String(value)));
  if (type === 'duration' && typeof value === 'number') return String(value / 60_000);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** What an input shows for a value that is already known. */
export function draftOf(field: Field): Draft {
  if (isList(field)) return Array.isArray(field.value) ? field.value.map((item) => text(item, itemType(field))) : [];
  if (field.type === 'position') {
    const at = field.value !== null && typeof field.value === 'object' && !Array.isArray(field.value) ? field.value : {};
    const degrees = (e7: Json | undefined) => (typeof e7 === 'number' ? (e7 / 1e7).toFixed(7).replace(/0+$/, '').replace(/\.$/, '') : '');
    return { lat: degrees(at.lat_e7), lon: degrees(at.lon_e7), accuracy: typeof at.accuracy_m === 'number' ? String(at.accuracy_m) : '' };
  }
  return text(field.value, field.type);
}

/** Facts whose earlier answer must be given anew: their inputs start empty. */
export type Anew = ReadonlySet<string>;
const NONE: Anew = new Set();

/** Everything a form's inputs show at first, under what was typed before. */
export function startOf(form: Form, kept: Drafts = {}, anew: Anew = NONE): Drafts {
  return Object.fromEntries(form.fields.map((field) => [field.fact, kept[field.fact] ?? draftOf(anew.has(field.fact) ? { ...field, value: null } : field)]));
}

function readNumber(typed: string): Read {
  const plain = asciiDigits(typed).replace(/[\s,]/g, '');
  return /^-?\d{1,15}$/.test(plain) ? { value: Number(plain) } : { trouble: 'field-number' };
}
/** Indian numbers are often typed without the country: ten digits get +91. */
function readPhone(typed: string): Read {
  const plain = asciiDigits(typed).replace(/[\s().-]/g, '');
  if (/^\+\d{7,15}$/.test(plain)) return { value: plain };
  const national = plain.replace(/^0/, '');
  return /^\d{10}$/.test(national) ? { value: `+91${national}` } : { trouble: 'field-phone' };
}
function readDuration(typed: string): Read {
  const minutes = Number(asciiDigits(typed).trim());
  return Number.isFinite(minutes) && minutes >= 0 ? { value: Math.round(minutes * 60_000) } : { trouble: 'field-duration' };
}
function readTime(typed: string): Read {
  const ms = fromInput(asciiDigits(typed));
  return ms === null ? { trouble: 'field-time' } : { value: new Date(ms).toISOString() };
}
function readDate(typed: string): Read {
  const plain = asciiDigits(typed).trim();
  return /^\d{4}-\d{2}-\d{2}$/.test(plain) && !Number.isNaN(Date.parse(plain)) ? { value: plain } : { trouble: 'field-date' };
}

function readOne(typed: string, type: string): Read {
  if (typed.trim() === '') return { value: null };
  if (type === 'number') return readNumber(typed);
  if (type === 'phone') return readPhone(typed);
  if (type === 'duration') return readDuration(typed);
  if (type === 'time') return readTime(typed);
  if (type === 'date') return readDate(typed);
  return { value: typed.trim() };
}

function readPosition(at: { lat: string; lon: string; accuracy: string }): Read {
  if (`${at.lat}${at.lon}${at.accuracy}`.trim() === '') return { value: null };
  const degrees = (typed: string, limit: number) => {
    const plain = asciiDigits(typed).trim();
    const value = Number(plain);
    return plain !== '' && Number.isFinite(value) && Math.abs(value) <= limit ? Math.round(value * 1e7) : null;
  };
  const [lat_e7, lon_e7] = [degrees(at.lat, 90), degrees(at.lon, 180)];
  const accuracy = readOne(at.accuracy, 'number');
  if (lat_e7 === null || lon_e7 === null || 'trouble' in accuracy) return { trouble: 'field-position' };
  return { value: { lat_e7, lon_e7, accuracy_m: accuracy.value } };
}

/** What a field's input means. An empty one is `null`: not known. */
export function readField(field: Field, draft: Draft | undefined): Read {
  let read: Read;
  if (Array.isArray(draft)) {
    const items = draft.map((item) => readOne(item, itemType(field)));
    const bad = items.find((item) => 'trouble' in item);
    if (bad !== undefined) return bad;
    read = { value: items.flatMap((item) => ('value' in item && item.value !== null ? [item.value] : [])) };
  } else if (typeof draft === 'object') read = readPosition(draft);
  else read = readOne(draft ?? '', field.type);
  if ('trouble' in read) return read;
  const empty = read.value === null || (Array.isArray(read.value) && read.value.length === 0);
  return empty && field.required && field.show_if ? { trouble: 'field-required' } : read;
}

/** How complete a form must be: whole with an act, as far as known when a state's form is saved. */
export type Completeness = 'whole' | 'so-far';

/**
 * What a form sends: answers by fact, or why it cannot be sent yet, by fact. What is not needed and was not changed stays
 * out, so that a fact keeps who said it first.
 */
export function readForm(form: Form, drafts: Drafts, completeness: Completeness, anew: Anew = NONE): { answers: Record<string, Json>; troubles: Record<string, Trouble> } {
  const answers: Record<string, Json> = {};
  const troubles: Record<string, Trouble> = {};
  for (const field of form.fields) {
    const needed = field.required && completeness === 'whole';
    const read = readField({ ...field, required: needed }, drafts[field.fact]);
    if ('trouble' in read) troubles[field.fact] = read.trouble;
    else if (anew.has(field.fact) && isNothing(read.value)) continue;
    else if (needed ? !isNothing(read.value) || !isNothing(field.value) : isChanged(field, drafts[field.fact])) answers[field.fact] = read.value;
  }
  return { answers, troubles };
}

function isChanged(field: Field, draft: Draft | undefined): boolean {
  return draft !== undefined && JSON.stringify(draft) !== JSON.stringify(draftOf(field));
}

function isNothing(value: Json): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Field errors of a 422 answer: `details` by fact, each a text in both languages, a plain text, or with a message inside. */
export function serverTroubles(details: Record<string, Json>): Record<string, { en: string; hi: string } | string> {
  const inner = details.problems ?? details.fields ?? details;
  const found: Record<string, { en: string; hi: string } | string> = {};
  if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return found;
  for (const [fact, said] of Object.entries(inner)) {
    const text = textIn(said);
    if (text !== null) found[fact] = text;
  }
  return found;
}

function textIn(said: Json | undefined): { en: string; hi: string } | string | null {
  if (typeof said === 'string') return said;
  if (Array.isArray(said)) return textIn(said[0]);
  if (said === null || said === undefined || typeof said !== 'object') return null;
  if (typeof said.en === 'string' && typeof said.hi === 'string') return { en: said.en, hi: said.hi };
  return textIn(said.message);
}

/** A request id: the same one is sent again when no answer came, so that an act is done once. */
export function requestId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  // Plain http on a station's LAN is no secure context and has no randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
