/** Text typed into a form and not yet sent. It survives errors and reloads in this tab, and goes when it was sent. */

import type { Drafts } from './form';

/** What is kept for one form of one case. */
export interface Kept {
  values: Drafts;
  reason: string;
  /** Of an attempt that got no answer: sent again with the same id, the act is done once. */
  request: string | null;
}

const key = (place: string) => `niyam:draft:${place}`;

export function load(place: string): Kept | null {
  try {
    const text = sessionStorage.getItem(key(place));
    return text === null ? null : (JSON.parse(text) as Kept);
  } catch {
    return null;
  }
}
export function save(place: string, kept: Kept): void {
  try {
    sessionStorage.setItem(key(place), JSON.stringify(kept));
  } catch {
    // Storage full or off: the text is still in the page.
  }
}
export function forget(place: string): void {
  try {
    sessionStorage.removeItem(key(place));
  } catch {
    // as above
  }
}
