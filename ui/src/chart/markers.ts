/** Marks on the time axis of a chart: alerts, restarts, deployments, annotations of dashboards; bands of incidents. */
import type uPlot from 'uplot';
import { token } from './palette';

export interface ChartMarker {
  /** Unix seconds. */
  time: number;
  kind: 'alert' | 'restart' | 'deployment' | 'down' | 'annotation' | 'incident';
  text: string;
  /** Unix seconds; what lasts is a band. */
  until?: number;
}

/** Markers nearer to the pointer than this (px) are named in the tooltip. */
const NEAR = 6;

const COLORS: Record<ChartMarker['kind'], string> = {
  alert: '--bad',
  down: '--bad',
  restart: '--warn',
  deployment: '--info',
  annotation: '--exemplar',
  incident: '--bad',
};

const BAND_OPACITY = 0.1;

export const markerColor = (kind: ChartMarker['kind']): string => token(COLORS[kind]);

export function drawMarkers(u: uPlot, markers: ChartMarker[]): void {
  const { ctx, bbox } = u;
  const ratio = window.devicePixelRatio;
  ctx.save();
  ctx.lineWidth = ratio;
  for (const { time, kind, until } of markers) {
    if (until !== undefined) {
      drawBand(u, time, until, kind);
      continue;
    }
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

function drawBand(u: uPlot, from: number, to: number, kind: ChartMarker['kind']): void {
  const { ctx, bbox } = u;
  const end = bbox.left + bbox.width;
  const left = Math.min(end, Math.max(bbox.left, u.valToPos(from, 'x', true)));
  const right = Math.min(end, Math.max(bbox.left, u.valToPos(to, 'x', true)));
  if (right <= left) return;
  ctx.fillStyle = markerColor(kind);
  ctx.globalAlpha = BAND_OPACITY;
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  ctx.globalAlpha = 1;
  ctx.fillRect(left, bbox.top, right - left, 3 * window.devicePixelRatio);
}

/** Pixels between the pointer and a marker; 0 within a band. */
function distanceTo(u: uPlot, { time, until }: ChartMarker, left: number): number {
  const from = u.valToPos(time, 'x');
  if (until === undefined) return Math.abs(from - left);
  const to = u.valToPos(until, 'x');
  return left < from ? from - left : left > to ? left - to : 0;
}

/** Markers at the pointer, nearest first. */
export function markersAt(u: uPlot, markers: ChartMarker[], left: number): ChartMarker[] {
  return markers
    .map((marker) => ({ marker, distance: distanceTo(u, marker, left) }))
    .filter(({ distance }) => distance <= NEAR)
    .sort((a, b) => a.distance - b.distance)
    .map(({ marker }) => marker);
}
