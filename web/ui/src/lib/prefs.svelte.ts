/** What this person chose on this device: language, theme, keys, order of the timeline. Kept in local storage. */

import type { Lang } from './time';

export type Theme = 'system' | 'light' | 'dark';

function read(key: string): string | null {
  try {
    return localStorage.getItem(`niyam:${key}`);
  } catch {
    return null; // storage may be off; the choice then lasts until the page is left
  }
}
function write(key: string, value: string): void {
  try {
    localStorage.setItem(`niyam:${key}`, value);
  } catch {
    // as above
  }
}

function firstLang(): Lang {
  const kept = read('lang');
  if (kept === 'en' || kept === 'hi') return kept;
  return navigator.languages.some((l) => l.toLowerCase().startsWith('hi')) ? 'hi' : 'en';
}
function firstTheme(): Theme {
  const kept = read('theme');
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

class Prefs {
  lang = $state<Lang>(firstLang());
  theme = $state<Theme>(firstTheme());
  /** Whether single keys work as shortcuts (WCAG 2.1.4: they can be switched off). */
  keys = $state(read('keys') !== 'off');
  newestFirst = $state(read('order') !== 'oldest');

  setLang(lang: Lang): void {
    this.lang = lang;
    write('lang', lang);
    document.documentElement.lang = lang;
  }
  setTheme(theme: Theme): void {
    this.theme = theme;
    write('theme', theme);
    this.apply();
  }
  setKeys(on: boolean): void {
    this.keys = on;
    write('keys', on ? 'on' : 'off');
  }
  setNewestFirst(on: boolean): void {
    this.newestFirst = on;
    write('order', on ? 'newest' : 'oldest');
  }
  /** Puts the language and the theme on the page and follows the system, and the printer, from now on. */
  start(): void {
    document.documentElement.lang = this.lang;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.apply());
    addEventListener('beforeprint', () => (document.documentElement.dataset.theme = 'light'));
    addEventListener('afterprint', () => this.apply());
    this.apply();
  }
  apply(): void {
    const dark = this.theme === 'dark' || (this.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }
}

export const prefs = new Prefs();
