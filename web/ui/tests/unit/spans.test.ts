import { describe, expect, it } from 'vitest';

import { covered, segments, utf16Offsets } from '../../src/lib/spans';

/** Start and end in scalar values, as the server counts. */
function scalars(text: string, piece: string): { start: number; end: number } {
  const start = [...text.slice(0, text.indexOf(piece))].length;
  return { start, end: start + [...piece].length };
}

describe('spans', () => {
  const TEXT = '🔴 नाम: किरण नमूना 😔 फ़ोन +91 55555 51234';

  it('stand right behind an emoji and across Devanagari with its matras', () => {
    for (const piece of ['किरण नमूना', '+91 55555 51234', '😔']) {
      const cut = segments(TEXT, [{ fact: 'x', ...scalars(TEXT, piece) }]);
      expect(cut.filter((s) => s.facts.length > 0)).toEqual([{ text: piece, facts: ['x'] }]);
      expect(cut.map((s) => s.text).join('')).toBe(TEXT);
    }
  });
  it('would be wrong if UTF-16 units were counted', () => {
    const { start } = scalars(TEXT, 'किरण');
    expect(TEXT.slice(start)).not.toMatch(/^किरण/);
  });
  it('count combining signs one by one, as Unicode does', () => {
    // न + ु + क + ् + त + ा: six scalar values, three letters on screen.
    expect(utf16Offsets('a😔नुक्ता', [0, 1, 2, 8, 99])).toEqual(new Map([[0, 0], [1, 1], [2, 3], [8, 9], [99, 9]]));
  });
  it('may overlap, lie in each other and repeat', () => {
    const cut = segments('abcdef', [
      { fact: 'p', start: 0, end: 4 }, { fact: 'q', start: 2, end: 6 }, { fact: 'q', start: 2, end: 3 },
    ]);
    expect(cut).toEqual([
      { text: 'ab', facts: ['p'] }, { text: 'c', facts: ['p', 'q'] }, { text: 'd', facts: ['p', 'q'] }, { text: 'ef', facts: ['q'] },
    ]);
  });
  it('lose no text when they are broken or past the end', () => {
    const cut = segments('अब', [{ fact: 'a', start: 5, end: 9 }, { fact: 'b', start: 1, end: 1 }, { fact: 'c', start: -2, end: 1 }, { fact: 'd', start: 1, end: 99 }]);
    expect(cut).toEqual([{ text: 'अ', facts: [] }, { text: 'ब', facts: ['d'] }]);
    expect(segments('', [{ fact: 'a', start: 0, end: 1 }])).toEqual([]);
  });
  it('of a post make one covered piece, with all that lies in it', () => {
    const list = segments('before POST after', [{ fact: 'post_text', start: 7, end: 11 }, { fact: 'name', start: 8, end: 9 }]);
    const groups = covered(list, new Set(['post_text']));
    expect(groups.map((g) => [g.hidden, g.segments.map((s) => s.text).join('')])).toEqual([[false, 'before '], [true, 'POST'], [false, ' after']]);
  });
});
