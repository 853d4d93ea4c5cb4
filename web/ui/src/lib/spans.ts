/**
 * Spans of facts in an original text. The server counts Unicode scalar values; JavaScript counts UTF-16 code units, so a
 * single emoji before a Devanagari name would move every highlight. Everything here converts once and for the whole text.
 */

/** A fact and where it stands, in scalar values, end exclusive. */
export interface Marked {
  fact: string;
  start: number;
  end: number;
}
/** A piece of the text with the facts that stand in it; empty when none. */
export interface Segment {
  text: string;
  facts: string[];
}

/** UTF-16 offset of each scalar offset that is asked for; offsets past the end mean the end. */
export function utf16Offsets(text: string, scalars: Iterable<number>): Map<number, number> {
  const wanted = [...new Set(scalars)].sort((a, b) => a - b);
  const found = new Map<number, number>();
  let scalar = 0;
  let unit = 0;
  for (const offset of wanted) {
    while (scalar < offset && unit < text.length) {
      unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
      scalar += 1;
    }
    found.set(offset, unit);
  }
  return found;
}

/** The text cut at the borders of all marks. Marks may overlap; broken ones (end before start, negative) are left out. */
export function segments(text: string, marks: readonly Marked[]): Segment[] {
  const good = marks.filter(({ start, end }) => start >= 0 && end > start);
  const offsets = utf16Offsets(text, good.flatMap(({ start, end }) => [start, end]));
  const placed = good
    .map(({ fact, start, end }) => ({ fact, start: offsets.get(start) ?? 0, end: offsets.get(end) ?? 0 }))
    .filter(({ start, end }) => end > start);
  const borders = [...new Set([0, text.length, ...placed.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  return borders.slice(0, -1).flatMap((start, index) => {
    const end = borders[index + 1] ?? text.length;
    const facts = [...new Set(placed.filter((mark) => mark.start <= start && mark.end >= end).map((mark) => mark.fact))];
    return end > start ? [{ text: text.slice(start, end), facts }] : [];
  });
}

/** Segments in which neighbours that hold the text of a post are one piece, to be hidden behind one click. */
export function covered(list: readonly Segment[], hidden: ReadonlySet<string>): { hidden: boolean; segments: Segment[] }[] {
  const groups: { hidden: boolean; segments: Segment[] }[] = [];
  for (const segment of list) {
    const hide = segment.facts.some((fact) => hidden.has(fact));
    const last = groups.at(-1);
    if (last?.hidden === hide) last.segments.push(segment);
    else groups.push({ hidden: hide, segments: [segment] });
  }
  return groups;
}
