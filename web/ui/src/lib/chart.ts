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

/** Where an edge's label stands: the middle of its longest piece. */
export function labelPoint(points: readonly [number, number][]): [number, number] {
  let best: [number, number] = points[0] ?? [0, 0];
  let longest = -1;
  points.slice(1).forEach((point, index) => {
    const before = points[index] ?? point;
    const length = Math.hypot(point[0] - before[0], point[1] - before[1]);
    if (length > longest) {
      longest = length;
      best = [(point[0] + before[0]) / 2, (point[1] + before[1]) / 2];
    }
  });
  return best;
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
