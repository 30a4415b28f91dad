/** Marks on the time axis of a chart: alerts, restarts, deployments, annotations of dashboards. */
import type uPlot from 'uplot';
import { token } from './palette';

export interface ChartMarker {
  /** Unix seconds. */
  time: number;
  kind: 'alert' | 'restart' | 'deployment' | 'down' | 'annotation';
  text: string;
}

/** Markers nearer to the pointer than this (px) are named in the tooltip. */
const NEAR = 6;

const COLORS: Record<ChartMarker['kind'], string> = {
  alert: '--bad',
  down: '--bad',
  restart: '--warn',
  deployment: '--info',
  annotation: '--exemplar',
};

export const markerColor = (kind: ChartMarker['kind']): string => token(COLORS[kind]);

export function drawMarkers(u: uPlot, markers: ChartMarker[]): void {
  const { ctx, bbox } = u;
  const ratio = window.devicePixelRatio;
  ctx.save();
  ctx.lineWidth = ratio;
  for (const { time, kind } of markers) {
    const x = Math.round(u.valToPos(time, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = markerColor(kind);
    ctx.fillStyle = markerColor(kind);
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(x - 4 * ratio, bbox.top);
    ctx.lineTo(x + 4 * ratio, bbox.top);
    ctx.lineTo(x, bbox.top + 6 * ratio);
    ctx.closePath();
    ctx.fill();
  }
  ctx.restore();
}

/** Markers at the pointer, nearest first. */
export function markersAt(u: uPlot, markers: ChartMarker[], left: number): ChartMarker[] {
  return markers
    .map((marker) => ({ marker, distance: Math.abs(u.valToPos(marker.time, 'x') - left) }))
    .filter(({ distance }) => distance <= NEAR)
    .sort((a, b) => a.distance - b.distance)
    .map(({ marker }) => marker);
}
