/** The timeline in human units: each step with the confirmations it caused, none of them lost. */

import type { Entry } from './api';

export interface Step {
  entry: Entry;
  /** Confirmations that changed nothing, such as who is now responsible, in the order they came. */
  followers: Entry[];
}

/** Whether an entry only confirms what the step before it asked for. */
export function isConfirmation(entry: Entry): boolean {
  return entry.kind === 'delivery' && entry.told.length === 0 && entry.reasons.every((reason) => reason.kind === 'ignored');
}

/** Entries in the order of their numbers become steps; a confirmation joins the step before it. */
export function steps(entries: readonly Entry[]): Step[] {
  const found: Step[] = [];
  for (const entry of entries) {
    const last = found.at(-1);
    if (last !== undefined && isConfirmation(entry)) last.followers.push(entry);
    else found.push({ entry, followers: [] });
  }
  return found;
}

/** Followers that say the same stand on one line. */
export function lines(followers: readonly Entry[]): { entry: Entry; times: number }[] {
  const found = new Map<string, { entry: Entry; times: number }>();
  for (const entry of followers) {
    const line = found.get(entry.title.en);
    if (line === undefined) found.set(entry.title.en, { entry, times: 1 });
    else line.times += 1;
  }
  return [...found.values()];
}
