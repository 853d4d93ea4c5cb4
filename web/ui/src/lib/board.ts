/** Order, sections and filters of the board: what is dangerous first, then by due time. */

import type { Card, Due, Level, Person, Stage } from './api';

export type SectionName = 'overdue' | 'unowned' | 'open' | 'closed';
export interface Section {
  name: SectionName;
  cards: Card[];
}
export interface Filter {
  stage: Stage | null;
  unit: string | null;
  level: Level | null;
  mine: boolean;
  closed: boolean;
}

export const STAGES: readonly Stage[] = ['intake', 'verification', 'assignment', 'visit', 'closure'];
export const LEVELS: readonly Level[] = ['red', 'orange', 'yellow', 'green'];
const SECTIONS: readonly SectionName[] = ['overdue', 'unowned', 'open', 'closed'];

function among<T extends string>(value: string | null, all: readonly T[]): T | null {
  return all.find((one) => one === value) ?? null;
}

/** Filter of an address; what it cannot mean is no filter. */
export function filterOf(query: string): Filter {
  const params = new URLSearchParams(query);
  const unit = params.get('unit');
  return {
    stage: among(params.get('stage'), STAGES),
    unit: unit === '' ? null : unit,
    level: among(params.get('level'), LEVELS),
    mine: params.get('mine') === 'yes',
    closed: params.get('show') === 'closed',
  };
}

/** The address of a filter, without what is not filtered. */
export function queryOf(filter: Filter): URLSearchParams {
  const params = new URLSearchParams();
  if (filter.stage !== null) params.set('stage', filter.stage);
  if (filter.unit !== null) params.set('unit', filter.unit);
  if (filter.level !== null) params.set('level', filter.level);
  if (filter.mine) params.set('mine', 'yes');
  if (filter.closed) params.set('show', 'closed');
  return params;
}

/** Whether a case waits for this person: named, or by the role and unit they act in. */
export function isMine(card: Pick<Card, 'owner'>, me: Person | null): boolean {
  if (me === null || card.owner === null) return false;
  if (card.owner.person_name !== null) return card.owner.person_name.en === me.name.en;
  if (card.owner.role_label.en !== me.role_label.en) return false;
  return card.owner.unit_name === null || card.owner.unit_name.en === me.unit.name.en;
}

type Timed = Pick<Card, 'life' | 'due' | 'overdue' | 'overdue_since'>;

/** Whether the card is past its due time now, whatever the server last said. */
export function isOverdue(card: Timed, now: number): boolean {
  if (card.life === 'closed') return false;
  return card.overdue || (card.due !== null && Date.parse(card.due.at) <= now);
}

/** What a case is late with and since when: as the server says, or the due time that has passed meanwhile. */
export function lateSince(card: Timed, now: number): Due | null {
  if (card.life === 'closed') return null;
  return card.overdue_since ?? (card.due !== null && Date.parse(card.due.at) <= now ? card.due : null);
}

/** The next due time, unless it is the one that the case is late with. */
export function nextDue(card: Timed, now: number): Due | null {
  const late = lateSince(card, now);
  return card.due !== null && (late === null || (late.at !== card.due.at && Date.parse(card.due.at) > now)) ? card.due : null;
}

export function passes(card: Card, filter: Filter, me: Person | null): boolean {
  if ((card.life === 'closed') !== filter.closed) return false;
  if (filter.stage !== null && card.stage !== filter.stage) return false;
  if (filter.unit !== null && card.unit?.code !== filter.unit) return false;
  if (filter.level !== null && card.level !== filter.level) return false;
  return !filter.mine || isMine(card, me);
}

export function sectionOf(card: Card, now: number): SectionName {
  if (card.life === 'closed') return 'closed';
  // A halted case runs no clocks: it needs a person as urgently as a late one.
  if (card.life === 'halted' || isOverdue(card, now)) return 'overdue';
  return card.unowned ? 'unowned' : 'open';
}

/** Due first; without a due time last; then the graver level, then the older case. */
export function compareOpen(a: Card, b: Card): number {
  const due = (card: Card) => (card.due === null ? Number.POSITIVE_INFINITY : Date.parse(card.due.at));
  const level = (card: Card) => (card.level === null ? LEVELS.length : LEVELS.indexOf(card.level));
  const [dueA, dueB] = [due(a), due(b)];
  if (dueA !== dueB) return dueA < dueB ? -1 : 1;
  return level(a) - level(b) || a.opened_at.localeCompare(b.opened_at) || a.number.localeCompare(b.number);
}

/** Halted cases first, then the longest late; what is equally late goes as {@link compareOpen} has it. */
function compareLate(now: number): (a: Card, b: Card) => number {
  const since = (card: Card) => {
    if (card.life === 'halted') return Number.NEGATIVE_INFINITY;
    const late = lateSince(card, now);
    return late === null ? Number.POSITIVE_INFINITY : Date.parse(late.at);
  };
  return (a, b) => {
    const [lateA, lateB] = [since(a), since(b)];
    if (lateA !== lateB) return lateA < lateB ? -1 : 1;
    return compareOpen(a, b);
  };
}

function compareClosed(a: Card, b: Card): number {
  return b.last_event_at.localeCompare(a.last_event_at) || a.number.localeCompare(b.number);
}

/** The cards that pass, in sections that are not empty, in the order of danger. */
export function sections(cards: readonly Card[], filter: Filter, me: Person | null, now: number): Section[] {
  const byName = new Map<SectionName, Card[]>(SECTIONS.map((name) => [name, []]));
  for (const card of cards) {
    if (passes(card, filter, me)) byName.get(sectionOf(card, now))?.push(card);
  }
  return SECTIONS.map((name) => {
    const found = byName.get(name) ?? [];
    found.sort(name === 'closed' ? compareClosed : name === 'overdue' ? compareLate(now) : compareOpen);
    return { name, cards: found };
  }).filter((section) => section.cards.length > 0);
}

/** Which row stands where: what must not change under a pointer. */
export type Layout = { name: SectionName; ids: string[] }[];

export function layoutOf(list: readonly Section[]): Layout {
  return list.map(({ name, cards }) => ({ name, ids: cards.map((card) => card.id) }));
}

/** How a new layout differs from the one on screen. */
export function difference(shown: Layout, next: Layout): { fresh: number; moved: number; gone: number } {
  const flat = (layout: Layout) => layout.flatMap(({ name, ids }) => ids.map((id) => ({ id, name })));
  const before = flat(shown);
  const after = flat(next);
  const was = new Map(before.map(({ id, name }) => [id, name]));
  const is = new Set(after.map(({ id }) => id));
  const fresh = after.filter(({ id }) => !was.has(id)).length;
  const gone = before.filter(({ id }) => !is.has(id)).length;
  // Moved: in another section, or no longer in the order of the rows that stayed in theirs.
  let moved = after.filter(({ id, name }) => was.has(id) && was.get(id) !== name).length;
  const stayed = (list: typeof after, other: Map<string, string>) =>
    list.filter(({ id, name }) => other.get(id) === name).map(({ id }) => id);
  const old = stayed(before, new Map(after.map(({ id, name }) => [id, name])));
  const now = stayed(after, was);
  moved += now.filter((id, index) => old[index] !== id).length;
  return { fresh, moved, gone };
}

/** Fills a held layout with the newest cards; a row whose case left the answer keeps its last card. */
export function fill(layout: Layout, newest: ReadonlyMap<string, Card>, last: ReadonlyMap<string, Card>): Section[] {
  return layout.map(({ name, ids }) => ({
    name,
    cards: ids.flatMap((id) => newest.get(id) ?? last.get(id) ?? []),
  }));
}

/** Units that appear, for the filter, by English name. */
export function unitsOf(cards: readonly Card[]): { code: string; name: { en: string; hi: string } }[] {
  const found = new Map(cards.flatMap((card) => (card.unit === null ? [] : [[card.unit.code, card.unit] as const])));
  return [...found.values()].sort((a, b) => a.name.en.localeCompare(b.name.en, 'en'));
}
