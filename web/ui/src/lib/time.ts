/** Times as officers read them: Indian Standard Time, 24 hours, international digits in both languages. */

export type Lang = 'en' | 'hi';

const ZONE = 'Asia/Kolkata';
const LOCALE: Record<Lang, string> = { en: 'en-IN', hi: 'hi-IN-u-nu-latn' };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** IST has been UTC+05:30 without daylight saving since 1945. */
const IST_OFFSET_MS = 5.5 * HOUR_MS;

const formats = new Map<string, Intl.DateTimeFormat>();
function format(lang: Lang, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = lang + JSON.stringify(options);
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat(LOCALE[lang], { timeZone: ZONE, ...options });
    formats.set(key, found);
  }
  return found;
}

const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

/** `14:35` */
export function clockTime(ms: number): string {
  return format('en', CLOCK).format(ms);
}

/** `14:35:07` */
export function clockSeconds(ms: number): string {
  return format('en', { ...CLOCK, second: '2-digit' }).format(ms);
}

/** `21 Nov 2026` */
export function day(ms: number, lang: Lang): string {
  return format(lang, { day: 'numeric', month: 'short', year: 'numeric' }).format(ms);
}

function dayNumber(ms: number): number {
  return Math.floor((ms + IST_OFFSET_MS) / DAY_MS);
}

/** The time alone today, with the day before it otherwise: `14:35` or `20 Nov 2026, 14:35`. */
export function moment(ms: number, now: number, lang: Lang): string {
  return dayNumber(ms) === dayNumber(now) ? clockTime(ms) : `${day(ms, lang)}, ${clockTime(ms)}`;
}

/** What is left of a clock, in the unit that a person would say. */
export interface Remaining {
  late: boolean;
  unit: 'now' | 'minutes' | 'hours' | 'days';
  minutes: number;
  hours: number;
  days: number;
}

/** Time from now to `due`, counted down: 9 min 59 s is "9 min left", and 1 s past due is already late. */
export function remaining(due: number, now: number): Remaining {
  const late = now >= due;
  const all = Math.floor(Math.abs(due - now) / MINUTE_MS);
  const days = Math.floor(all / (24 * 60));
  const hours = Math.floor((all % (24 * 60)) / 60);
  const minutes = all % 60;
  const unit = days > 0 ? 'days' : hours > 0 ? 'hours' : minutes > 0 ? 'minutes' : 'now';
  return { late, unit, minutes, hours, days };
}

/** A length of time for people: `450 ms`, `12 s`, `3 min`, `1 h 20 min`. */
export function span(ms: number): Remaining {
  return remaining(ms, 0);
}

/** `2026-11-21T14:35` in IST for `<input type="datetime-local">`; empty for no time. */
export function toInput(ms: number | null): string {
  return ms === null ? '' : new Date(ms + IST_OFFSET_MS).toISOString().slice(0, 16);
}

/** The moment that `2026-11-21T14:35` means in IST; null when it is none. */
export function fromInput(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (match === null) return null;
  const [, y, mo, d, h, mi, s] = match.map(Number) as [number, number, number, number, number, number, number];
  const utc = Date.UTC(y, mo - 1, d, h, mi, Number.isNaN(s) ? 0 : s);
  const back = new Date(utc);
  if (back.getUTCDate() !== d || back.getUTCMonth() !== mo - 1 || back.getUTCHours() !== h) return null;
  return utc - IST_OFFSET_MS;
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** Milliseconds of a length of time as protocols write it: `10m`, `1h30m`; null when it is none. */
export function durationMs(text: string): number | null {
  const pieces = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)];
  if (pieces.length === 0 || pieces.map((piece) => piece[0]).join('') !== text) return null;
  return pieces.reduce((sum, piece) => sum + Number(piece[1]) * (UNIT_MS[piece[2] ?? ''] ?? 0), 0);
}
