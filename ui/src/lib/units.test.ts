import { describe, expect, it } from 'vitest';
import { formatValue, significant, type UnitId } from './units';

describe('values for people', () => {
  it.each<[number, UnitId, string]>([
    [0, 'bytes', '0 B'],
    [1023, 'bytes', '1023 B'],
    [1024, 'bytes', '1 KiB'],
    [25_199_999_999, 'bytes', '23.47 GiB'],
    [-2048, 'bytes/s', '-2 KiB/s'],
    [1_500_000, 'bits/s', '1.5 Mb/s'],
    [0.000_45, 'seconds', '450 µs'],
    [0.25, 'seconds', '250 ms'],
    [0.999_99, 'seconds', '1 s'],
    [90, 'seconds', '90 s'],
    [3725, 'seconds', '1h 2m'],
    [-3725, 'seconds', '-1h 2m'],
    [0.1234, 'ratio', '12.34%'],
    [42, 'percent', '42%'],
    [12_345, 'none', '12.35k'],
    [999_999, 'none', '1M'],
    [12.5, 'per second', '12.5/s'],
    [0.0005, 'none', '0.0005'],
    [1e-9, 'none', '1e-9'],
    [21.5, 'celsius', '21.5 °C'],
    [0.004, 'watts', '4 mW'],
    [1_795_166_351, 'timestamp', '2026-11-20 09:19:11Z'],
  ])('%d as %s is %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  it('keeps the spelling of what is no number', () => {
    expect(formatValue(Number.NaN, 'bytes')).toBe('NaN');
    expect(formatValue(Number.POSITIVE_INFINITY, 'seconds')).toBe('+Inf');
    expect(formatValue(Number.NEGATIVE_INFINITY, 'none')).toBe('-Inf');
  });

  it('never shows trailing zeros or more digits than asked', () => {
    expect(significant(1.5, 4)).toBe('1.5');
    expect(significant(1234.5678, 4)).toBe('1235');
    expect(significant(0.000_123_456, 3)).toBe('0.000123');
    expect(significant(100, 2)).toBe('100');
  });
});
