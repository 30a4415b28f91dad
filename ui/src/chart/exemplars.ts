/** Exemplars on a chart: marks that can be pointed at. */
import type uPlot from 'uplot';
import type { LabelSet } from '../api/types';
import { token } from './palette';

export interface ExemplarPoint {
  /** Unix seconds. */
  time: number;
  value: number;
  labels: LabelSet;
  series: LabelSet;
}

const EXEMPLAR_RADIUS = 8;
/** Exemplars nearer to each other than this (px) are shown as one. */
const EXEMPLAR_CELL = 22;

/** One exemplar a cell of the drawing: the one with the largest value. */
function thinned(u: uPlot, points: ExemplarPoint[]): ExemplarPoint[] {
  const cells = new Map<string, ExemplarPoint>();
  for (const point of points) {
    const { x, y } = exemplarPosition(u, point, false);
    const key = `${Math.round(x / EXEMPLAR_CELL)} ${Math.round(y / EXEMPLAR_CELL)}`;
    const known = cells.get(key);
    if (!known || point.value > known.value) cells.set(key, point);
  }
  return [...cells.values()];
}

export function drawExemplars(u: uPlot, points: ExemplarPoint[]): void {
  const { ctx } = u;
  const size = 3.5 * window.devicePixelRatio;
  ctx.save();
  ctx.fillStyle = token('--exemplar');
  ctx.strokeStyle = token('--surface');
  ctx.lineWidth = window.devicePixelRatio;
  for (const point of thinned(u, points)) {
    const { x, y } = exemplarPosition(u, point, true);
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

/** Exemplars beyond the value axis stand at its edge. */
function exemplarPosition(u: uPlot, point: ExemplarPoint, canvas: boolean): { x: number; y: number } {
  const scale = u.scales.y;
  const value = Math.min(Math.max(point.value, scale?.min ?? point.value), scale?.max ?? point.value);
  return { x: u.valToPos(point.time, 'x', canvas), y: u.valToPos(value, 'y', canvas) };
}

export function exemplarAt(
  u: uPlot,
  points: ExemplarPoint[],
  left: number,
  top: number,
): ExemplarPoint | null {
  let best: ExemplarPoint | null = null;
  let distance = EXEMPLAR_RADIUS;
  for (const point of thinned(u, points)) {
    const { x, y } = exemplarPosition(u, point, false);
    const d = Math.hypot(x - left, y - top);
    if (d < distance) {
      best = point;
      distance = d;
    }
  }
  return best;
}
