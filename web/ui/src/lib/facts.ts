/** Order and grouping of a case's facts: what somebody needs who has ten seconds comes first. */

import type { Fact } from './api';

/** Names that intake fills and every protocol shares, in the order of use on the phone; others follow as they come. */
const FIRST: readonly string[] = [
  'level', 'minor', 'name', 'phones', 'unit', 'place_hints', 'position', 'home_place', 'institute', 'hostel', 'family_phones',
  'platform', 'handle', 'profile_url', 'post_text', 'posted_at', 'language', 'emails', 'ip_addresses', 'date_of_birth',
  'external_ref', 'platform_flag', 'reporter_name', 'reporter_role', 'reporter_phones', 'reporter_emails',
];

export interface Groups {
  /** Somebody said it: an alert, a person, a rule. */
  said: Fact[];
  /** What the rules concluded from that; the few that people look for first stay with what was said. */
  ruled: Fact[];
  /** As the protocol begins: nobody said anything yet. */
  assumed: Fact[];
  /** Nothing is known. */
  unknown: Fact[];
}

function isEmpty(fact: Fact): boolean {
  return fact.value === null || fact.value === '' || (Array.isArray(fact.value) && fact.value.length === 0);
}

/** Groups the facts. A sealed one that cannot be read counts as said: that it is there is worth knowing. */
export function grouped(facts: readonly Fact[]): Groups {
  const rank = (fact: Fact) => {
    const at = FIRST.indexOf(fact.name);
    return at < 0 ? FIRST.length : at;
  };
  const groups: Groups = { said: [], ruled: [], assumed: [], unknown: [] };
  for (const fact of facts.map((one, index) => ({ one, index })).sort((a, b) => rank(a.one) - rank(b.one) || a.index - b.index).map(({ one }) => one)) {
    const covered = fact.sealed && !fact.readable;
    if (isEmpty(fact) && !covered) groups.unknown.push(fact);
    else if (fact.by?.kind === 'default' && !covered) groups.assumed.push(fact);
    else if (fact.by?.kind === 'rule' && !covered && !FIRST.includes(fact.name)) groups.ruled.push(fact);
    else groups.said.push(fact);
  }
  return groups;
}

/** The name of the rule that said it; null when its text is only the place of a line in a file. */
export function ruleName(text: string): string | null {
  return /\.\w+:\d+$/.test(text) ? null : text;
}
