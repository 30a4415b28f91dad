import { describe, expect, it } from 'vitest';
import { relabelTrail, ruleText } from './relabel';

describe('relabelling', () => {
  it('is told step by step until a target is dropped', () => {
    const start = { __address__: 'a:1', __meta_x: '1' };
    const trail = relabelTrail(start, [
      {
        rule: {
          action: 'replace',
          source_labels: ['__meta_x'],
          target_label: 'x',
          regex: '(.*)',
          replacement: '$1',
        },
        output: { ...start, x: '1' },
        keep: true,
      },
      {
        rule: { action: 'labeldrop', regex: '__meta_.*' },
        output: { __address__: 'a:1', x: '1' },
        keep: true,
      },
      {
        rule: { action: 'keep', source_labels: ['x', 'y'], separator: ';', regex: '2' },
        output: {},
        keep: false,
      },
      { rule: { action: 'replace', target_label: 'never' }, output: {}, keep: false },
    ]);
    expect(trail).toEqual([
      {
        rule: 'replace [__meta_x] → x',
        changed: [{ name: 'x', before: null, after: '1' }],
        dropped: false,
      },
      {
        rule: 'labeldrop =~ __meta_.*',
        changed: [{ name: '__meta_x', before: '1', after: null }],
        dropped: false,
      },
      { rule: 'keep [x;y] =~ 2', changed: [], dropped: true },
    ]);
  });

  it('is written in one line', () => {
    expect(
      ruleText({
        action: 'replace',
        source_labels: ['a'],
        regex: 'b(.*)',
        target_label: 'c',
        replacement: 'd$1',
      }),
    ).toBe('replace [a] =~ b(.*) → c = "d$1"');
    expect(ruleText({ action: 'hashmod', source_labels: ['a'], modulus: 4, target_label: 't' })).toBe(
      'hashmod [a] % 4 → t',
    );
    expect(ruleText({ action: 'labelmap', regex: '__meta_(.+)', replacement: 'x_$1' })).toBe(
      'labelmap =~ __meta_(.+) "x_$1"',
    );
    expect(ruleText({ action: 'dropequal', source_labels: ['a'], target_label: 'b' })).toBe(
      'dropequal [a] and b',
    );
  });
});
