import { describe, expect, it } from 'vitest';
import { decode, type ExploreState, encode, MAX_HIDDEN, MAX_PANELS, newPanel, stepOf } from './state';

const HOUR = 3_600_000;

describe('the address', () => {
  it('holds every part of the state', () => {
    const state: ExploreState = {
      time: { range: 6 * HOUR, end: Date.UTC(2026, 10, 20, 9) },
      refresh: 15_000,
      panels: [
        newPanel({
          expr: 'rate(a{b="c & d"}[5m])\n+ 1',
          display: 'stacked',
          exemplars: true,
          floor: -2.5,
          unit: 'bytes/s',
          only: 'abc',
        }),
        newPanel({ expr: 'up', tab: 'table', moment: Date.UTC(2026, 10, 20, 8, 59, 59), hide: ['a1', 'b2'] }),
        newPanel({
          expr: 'x',
          resolution: { kind: 'fixed', step: 15_000 },
          display: 'heatmap',
          time: { range: HOUR, end: null },
        }),
        newPanel({ expr: 'y', resolution: { kind: 'auto', density: 'high' } }),
        newPanel({
          expr: 'z',
          tab: 'explain',
          tree: true,
          explain: { view: 'plan', moment: true, analyze: true, part: 3 },
        }),
      ],
    };
    // Through text, as a browser would.
    const text = new URLSearchParams(encode(state)).toString();
    expect(decode(Object.fromEntries(new URLSearchParams(text)))).toEqual(state);
  });

  it('keeps an empty panel', () => {
    const state = decode(
      encode({
        panels: [newPanel(), newPanel({ expr: 'up' })],
        time: { range: HOUR, end: null },
        refresh: 0,
      }),
    );
    expect(state.panels.map((p) => p.expr)).toEqual(['', 'up']);
  });

  it('reads links of the older Prometheus interface', () => {
    const state = decode({
      'g0.expr': 'up',
      'g0.tab': '0',
      'g0.stacked': '1',
      'g0.range_input': '2h',
      'g0.end_input': '2024-01-02 03:04:05',
      'g0.step_input': '30',
      'g1.expr': 'down',
      'g1.tab': '1',
      'g1.range_input': '2h',
      'g1.end_input': '2024-01-02 03:04:05',
    });
    expect(state.time).toEqual({ range: 2 * HOUR, end: Date.UTC(2024, 0, 2, 3, 4, 5) });
    expect(state.panels[0]).toMatchObject({
      tab: 'graph',
      display: 'stacked',
      resolution: { kind: 'fixed', step: 30_000 },
      time: null,
    });
    expect(state.panels[1]).toMatchObject({ tab: 'table', time: null });
  });

  it('reads links of the newer one', () => {
    const state = decode({
      'g0.expr': 'a',
      'g0.show_tree': '0',
      'g0.tab': 'graph',
      'g0.range_input': '1h',
      'g0.res_type': 'auto',
      'g0.res_density': 'low',
      'g0.display_mode': 'lines',
      'g0.show_exemplars': '1',
    });
    expect(state.panels[0]).toMatchObject({ resolution: { kind: 'auto', density: 'low' }, exemplars: true });
  });

  it('falls back where it cannot be read', () => {
    const state = decode({
      'g0.expr': 'a',
      'g0.range_input': 'soon',
      'g0.end_input': 'x',
      'g0.unit': 'furlongs',
      'g0.only': '<script>',
      refresh: '-1',
    });
    expect(state).toEqual({
      panels: [newPanel({ expr: 'a', tab: 'table' })],
      time: { range: HOUR, end: null },
      refresh: 0,
    });
    expect(decode({}).panels).toHaveLength(1);
    expect(decode({ expr: 'up' }).panels[0]?.expr).toBe('up');
  });

  it('is bounded', () => {
    const search: Record<string, string> = {};
    for (let i = 0; i < 200; i++) search[`g${i}.expr`] = 'up';
    search['g0.hide'] = Array.from({ length: 500 }, (_, i) => i.toString(36)).join('.');
    const state = decode(search);
    expect(state.panels).toHaveLength(MAX_PANELS);
    expect(state.panels[0]?.hide).toHaveLength(MAX_HIDDEN);
  });
});

describe('the step', () => {
  it('gives about 100, 250 or 1000 points, at least a second apart', () => {
    expect(stepOf({ kind: 'auto', density: 'medium' }, HOUR)).toBe(14_000);
    expect(stepOf({ kind: 'auto', density: 'low' }, HOUR)).toBe(36_000);
    expect(stepOf({ kind: 'auto', density: 'high' }, 60_000)).toBe(1000);
  });

  it('never asks for more points than the server gives', () => {
    const range = 365 * 24 * HOUR;
    const step = stepOf({ kind: 'fixed', step: 1000 }, range);
    expect(range / step + 1).toBeLessThanOrEqual(11_000);
  });
});
