/** The acts of a case as buttons: one for each act of a state, the ones for this person first. */

import type { Act } from './api';

const WEIGHT: Record<Act['weight'], number> = { primary: 0, plain: 1, grave: 2 };

/** Name of an act's button, its draft and its focus. */
export const keyOf = (act: Pick<Act, 'state' | 'act'>): string => `act:${act.state}:${act.act}`;

/**
 * One button for each act of a state. A protocol may write several transitions for one act, each with its own guard: the
 * server chooses among them when the act is done, so the one that is open stands for all.
 */
export function buttons(acts: readonly Act[]): { mine: Act[]; others: Act[] } {
  const byKey = new Map<string, Act>();
  for (const act of acts) {
    const other = byKey.get(keyOf(act));
    if (other === undefined || rank(act) < rank(other)) byKey.set(keyOf(act), act);
  }
  const all = [...byKey.values()];
  return {
    mine: all.filter((act) => act.mine).sort((a, b) => Number(a.blocked !== null) - Number(b.blocked !== null) || WEIGHT[a.weight] - WEIGHT[b.weight]),
    others: all.filter((act) => !act.mine),
  };
}

function rank(act: Act): number {
  return (act.mine ? 0 : 2) + (act.blocked === null ? 0 : 1);
}
