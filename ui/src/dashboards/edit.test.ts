import { describe, expect, it } from 'vitest';
import {
  addPanel,
  editable,
  emptyDashboard,
  findPanel,
  movePanel,
  newPanel,
  readingOf,
  removePanel,
  resizePanel,
  updatePanel,
  withQuery,
  withReading,
} from './edit';
import { type Json, object, objects, set } from './json';
import { readPanel } from './read';

const panel = (id: number, x: number, y: number, w = 12, h = 8): Json => ({
  id,
  type: 'timeseries',
  gridPos: { x, y, w, h },
  unknown: { kept: id },
});
const dashboard = (...panels: Json[]): Json => ({ title: 'T', other: [1], panels });
const places = (raw: Json) =>
  Object.fromEntries(
    objects(raw.panels).map((p) => {
      const { x, y, w, h } = object(p.gridPos);
      return [String(p.id), `${x},${y} ${w}x${h}`];
    }),
  );

describe('changes of a dashboard', () => {
  it('moves panels and makes room without overlaps or gaps', () => {
    const raw = dashboard(panel(1, 0, 0), panel(2, 12, 0), panel(3, 0, 8, 24, 4));
    expect(places(movePanel(raw, 1, 12, 0))).toEqual({ 1: '12,0 12x8', 2: '12,8 12x8', 3: '0,16 24x4' });
    expect(places(movePanel(raw, 3, 0, -8))).toEqual({ 3: '0,0 24x4', 1: '0,4 12x8', 2: '12,4 12x8' });
    expect(places(movePanel(raw, 2, 20, -5))).toEqual(places(raw));
    expect(places(resizePanel(raw, 1, 0, 3))).toMatchObject({ 1: '0,0 12x11', 3: '0,11 24x4' });
    expect(places(resizePanel(raw, 2, 50, -50))).toMatchObject({ 2: '12,0 12x2' });
    expect(places(removePanel(raw, 1))).toEqual({ 2: '12,0 12x8', 3: '0,8 24x4' });
  });

  it('keeps panels below their row', () => {
    const raw = dashboard(
      panel(1, 0, 0),
      { id: 2, type: 'row', gridPos: { x: 0, y: 8, w: 24, h: 1 } },
      panel(3, 0, 9),
    );
    expect(places(removePanel(raw, 1))).toEqual({ 2: '0,0 24x1', 3: '0,1 12x8' });
  });

  it('keeps members that are not known', () => {
    const raw = dashboard(panel(1, 0, 0), { id: 2, type: 'row', collapsed: true, panels: [panel(3, 0, 1)] });
    const changed = updatePanel(movePanel(raw, 1, 1, 1), 3, (p) => set(p, 'fieldConfig.defaults.unit', 's'));
    expect(changed.other).toEqual([1]);
    expect(findPanel(changed, 1)?.unknown).toEqual({ kept: 1 });
    expect(findPanel(changed, 3)).toMatchObject({
      unknown: { kept: 3 },
      fieldConfig: { defaults: { unit: 's' } },
    });
    expect(set({ a: { b: 1, c: 2 } }, 'a.b', undefined)).toEqual({ a: { c: 2 } });
  });

  it('gives each panel an id of its own', () => {
    const raw = editable(
      dashboard({ type: 'stat' }, panel(1, 0, 0), panel(1, 0, 8), {
        type: 'row',
        panels: [{ type: 'stat' }],
      }),
    );
    const ids = objects(raw.panels).flatMap((p) => [p.id, ...objects(p.panels).map((q) => q.id)]);
    expect(new Set(ids).size).toBe(5);
  });

  it('adds a query of Explore that is read again as it was', () => {
    for (const [signal, query] of [
      ['metrics', 'up'],
      ['logs', '{a="b"}'],
      ['traces', '{ status = error }'],
      ['profiles', '{service_name="x"}'],
    ] as const) {
      const { raw, id } = addPanel(
        emptyDashboard('D'),
        newPanel('timeseries', 'P', [{ signal, query, profileType: 'cpu' }]),
      );
      const target = readPanel(findPanel(raw, id) ?? {}).targets[0];
      expect(target).toMatchObject({ signal, query });
      const changed = withQuery(objects(findPanel(raw, id)?.targets)[0] ?? {}, signal, 'other');
      expect(readPanel({ targets: [changed] }).targets[0]).toMatchObject({ signal, query: 'other' });
    }
  });

  it('changes how a query is read', () => {
    for (const reading of ['range', 'instant', 'table'] as const) {
      const target = readPanel({ targets: [withReading({ expr: 'up', instant: true }, reading)] }).targets[0];
      expect(target && readingOf(target)).toBe(reading);
    }
  });
});
