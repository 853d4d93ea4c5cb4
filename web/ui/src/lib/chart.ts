/** Reading a chart's geometry: which box stands in which lane, paths with round corners, what an act leads to. */

import type { Act, Box, Edge, Geometry } from './api';

/** A line through the points with corners of radius `r`, as path data. */
export function rounded(points: readonly [number, number][], r = 6): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first[0]} ${first[1]}`;
  rest.forEach((point, index) => {
    const before = index === 0 ? first : (rest[index - 1] ?? first);
    const after = rest[index + 1];
    if (after === undefined) {
      path += `L${point[0]} ${point[1]}`;
      return;
    }
    const cut = (to: readonly [number, number]) => {
      const length = Math.hypot(to[0] - point[0], to[1] - point[1]);
      const share = length === 0 ? 0 : Math.min(r, length / 2) / length;
      return [round(point[0] + (to[0] - point[0]) * share), round(point[1] + (to[1] - point[1]) * share)];
    };
    const [a, b] = [cut(before), cut(after)];
    path += `L${a[0]} ${a[1]}Q${point[0]} ${point[1]} ${b[0]} ${b[1]}`;
  });
  return path;
}
const round = (value: number) => Math.round(value * 10) / 10;

/** Where an edge's label stands: over the middle of its longest level piece, beside an upright one. */
export function labelPoint(points: readonly [number, number][]): { x: number; y: number; beside: boolean } {
  let best = { x: points[0]?.[0] ?? 0, y: points[0]?.[1] ?? 0, beside: false };
  let longest = -1;
  points.slice(1).forEach((point, index) => {
    const before = points[index] ?? point;
    const length = Math.hypot(point[0] - before[0], point[1] - before[1]);
    if (length <= longest) return;
    longest = length;
    const beside = Math.abs(point[1] - before[1]) > Math.abs(point[0] - before[0]);
    best = { x: (point[0] + before[0]) / 2, y: (point[1] + before[1]) / 2, beside };
  });
  return best;
}

/** Key of the catalogue for an event that has no words of its own in a protocol; null when the label is words. */
export function eventKey(label: Edge['label']): string | null {
  if (label === null) return 'chart-by-itself';
  if (label.en !== label.hi || !/^[\w.*]+$/.test(label.en)) return null;
  if (label.en.startsWith('done.')) return 'chart-all-done';
  return /[._*]/.test(label.en) ? 'chart-by-itself' : null;
}

/** Whether the box holds others. */
export function isGroup(box: Box, boxes: readonly Box[]): boolean {
  return boxes.some((other) => other !== box && other.depth > box.depth && inside(other, box));
}
function inside(inner: Box, outer: Box): boolean {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.w <= outer.x + outer.w && inner.y + inner.h <= outer.y + outer.h;
}

/** Boxes of each lane in reading order, groups before what they hold. */
export function outline(geometry: Geometry): { lane: Geometry['lanes'][number]; boxes: Box[] }[] {
  return geometry.lanes.map((lane) => ({
    lane,
    boxes: geometry.boxes
      .filter((box) => {
        const middle = box.x + box.w / 2;
        return middle >= lane.x && middle < lane.x + lane.width;
      })
      .sort((a, b) => a.y - b.y || a.depth - b.depth || a.x - b.x),
  }));
}

/** Share of the width that the space between columns keeps: it holds nothing but lines. */
const GUTTER = 0.42;
/** Units beside a column that keep their width: borders of groups and heads of arrows. */
const MARGIN = 10;

/**
 * The same picture with narrower space between its columns, so that a page's width holds it. Order and columns stay: x only
 * grows more slowly where no state stands.
 */
export function tightened(geometry: Geometry): Geometry {
  const kept: [number, number][] = [];
  for (const box of [...geometry.boxes].filter((one) => !isGroup(one, geometry.boxes)).sort((a, b) => a.x - b.x)) {
    const [from, to] = [Math.max(0, box.x - MARGIN), box.x + box.w + MARGIN];
    const last = kept.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else kept.push([from, to]);
  }
  const at = (x: number): number => {
    let wide = 0;
    for (const [from, to] of kept) wide += Math.max(0, Math.min(x, to) - from);
    return round(wide + (x - wide) * GUTTER);
  };
  return {
    width: at(geometry.width),
    height: geometry.height,
    lanes: geometry.lanes.map((lane) => ({ ...lane, x: at(lane.x), width: at(lane.x + lane.width) - at(lane.x) })),
    boxes: geometry.boxes.map((box) => ({ ...box, x: at(box.x), w: at(box.x + box.w) - at(box.x) })),
    edges: geometry.edges.map((edge) => ({ ...edge, points: edge.points.map(([x, y]): [number, number] => [at(x), y]) })),
  };
}

/** How loudly an edge is drawn: that of the chosen state, one that leads on from here, one that was taken, or quietly. */
export type EdgeKind = 'chosen' | 'here' | 'taken' | 'plain';

export function edgeKind(edge: Edge, chosen: string | null, here: ReadonlySet<string>): EdgeKind {
  if (edge.from === chosen) return 'chosen';
  if (here.has(edge.from)) return 'here';
  return edge.taken ? 'taken' : 'plain';
}

/** The innermost states where the case stands; states around them are active too and would drown them. */
export function standsIn(boxes: readonly Box[]): Set<string> {
  const active = boxes.filter((box) => box.active).map((box) => box.id);
  return new Set(active.filter((id) => !active.some((other) => other.startsWith(`${id}.`))));
}

/** Edges that leave a box, in the order of the file. */
export function leaving(geometry: Geometry, id: string): Edge[] {
  return geometry.edges.filter((edge) => edge.from === id);
}

/** The box an act leads to, when the chart shows one such edge; null when it does not say. */
export function leadsTo(geometry: Geometry | null, act: Pick<Act, 'state' | 'label'>): Box | null {
  if (geometry === null) return null;
  const found = geometry.edges.filter((edge) => edge.from === act.state && edge.label?.en === act.label.en);
  const targets = new Set(found.map((edge) => edge.to));
  if (targets.size !== 1) return null;
  const [id] = targets;
  return geometry.boxes.find((box) => box.id === id) ?? null;
}
