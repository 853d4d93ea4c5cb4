import { describe, expect, it } from 'vitest';

import type { Box, Geometry } from '../../src/lib/api';
import { edgeKind, eventKey, labelPoint, standsIn, tightened } from '../../src/lib/chart';

const t = (text: string) => ({ en: text, hi: text });
function box(id: string, x: number, w: number, more: Partial<Box> = {}): Box {
  return { id, label: t(id), owner: null, clock: null, kind: 'human', x, y: 10, w, h: 20, depth: 0, active: false, visited: false, ...more };
}
const edge = (from: string, to: string, points: [number, number][], taken = false) => ({ id: `${from}${to}`, from, to, points, label: null, taken });

describe('the chart', () => {
  const geometry: Geometry = {
    width: 1000, height: 100, lanes: [{ stage: 'intake', label: t('Intake'), x: 40, width: 200 }],
    boxes: [box('a', 40, 200), box('b', 700, 200)], edges: [edge('a', 'b', [[240, 20], [470, 20], [700, 20]])],
  };
  it('narrows the space between columns and leaves states, order and joints as they are', () => {
    const tight = tightened(geometry);
    expect(tight.width).toBeLessThan(750);
    expect(tight.boxes.map((one) => one.w)).toEqual([200, 200]);
    const [a, b] = tight.boxes;
    const points = tight.edges[0]?.points ?? [];
    expect(points[0]?.[0]).toBe((a?.x ?? 0) + 200);
    expect(points[2]?.[0]).toBe(b?.x);
    expect(points.map(([x]) => x)).toEqual([...points.map(([x]) => x)].sort((p, q) => p - q));
  });
  it('stands in the innermost active states only', () => {
    expect([...standsIn([box('open', 0, 1, { active: true }), box('open.talk', 0, 1, { active: true }), box('open.talkative', 0, 1), box('open.talk.call', 0, 1, { active: true })])]).toEqual(['open.talk.call']);
  });
  it('puts a word over a level piece and beside an upright one', () => {
    expect(labelPoint([[0, 0], [100, 0], [100, 20]])).toEqual({ x: 50, y: 0, beside: false });
    expect(labelPoint([[0, 0], [10, 0], [10, 80]])).toEqual({ x: 10, y: 40, beside: true });
  });
  it('never shows the name of an event', () => {
    expect([null, t('done.state.open.reach'), t('roster.empty'), t('Accept'), { en: 'Go on', hi: 'आगे' }].map(eventKey)).toEqual(['chart-by-itself', 'chart-all-done', 'chart-by-itself', null, null]);
  });
  it('draws most edges quietly', () => {
    const here = new Set(['b']);
    const kinds = [edge('a', 'x', []), edge('a', 'x', [], true), edge('b', 'x', [], true), edge('c', 'x', [])].map((one) => edgeKind(one, 'c', here));
    expect(kinds).toEqual(['plain', 'taken', 'here', 'chosen']);
  });
});
