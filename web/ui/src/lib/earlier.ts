/** Answers that a form already holds: who gave them, and which must be given anew. */

import type { Act, Entry, Fact, Field } from './api';

/** Who said a field's present value, when a form offers it as an answer. */
export function earlierOf(field: Field, facts: readonly Fact[]): Fact | null {
  if (field.value === null || field.value === '' || (Array.isArray(field.value) && field.value.length === 0)) return null;
  const fact = facts.find((one) => one.name === field.fact);
  return fact === undefined || fact.by === null || fact.by.kind === 'default' ? null : fact;
}

/**
 * Whether the answer must be given anew: the field is needed, and the same act was answered with it before. The result of
 * the contact after a day must not slip through as that of the seventh day.
 */
export function mustAnswerAgain(act: Pick<Act, 'label'>, field: Field, earlier: Fact | null, entries: readonly Entry[]): boolean {
  if (earlier === null || !field.required || earlier.by?.kind !== 'person') return false;
  const entry = entries.find((one) => one.number === earlier.event);
  return entry !== undefined && entry.kind === 'act' && entry.title.en === act.label.en;
}
