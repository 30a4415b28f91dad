import { describe, expect, it } from 'vitest';
import {
  describeRange,
  formatAgo,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  roughDuration,
  spellDuration,
} from './time';

describe('durations', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2w', 1_209_600_000],
    ['1y', 31_536_000_000],
    ['250ms', 250],
    ['1d2h3m4s5ms', 93_784_005],
    ['0s', 0],
  ])('%s is %d ms, both ways', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(text);
  });

  it('reads plain numbers as seconds', () => {
    expect(parseDuration('90')).toBe(90_000);
    expect(parseDuration('1.5')).toBe(1500);
  });

  it.each(['', 'x', '1m1h', '-5m', '5 m', '1h30'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('prefers days over weeks that are not whole', () => {
    expect(formatDuration(8 * 86_400_000)).toBe('8d');
  });
});

describe('moments', () => {
  it('round trips in UTC', () => {
    const ms = Date.UTC(2026, 10, 20, 9, 15, 7);
    expect(formatMoment(ms, true)).toBe('2026-11-20 09:15:07');
    expect(parseMoment('2026-11-20 09:15:07', true)).toBe(ms);
    expect(parseMoment(formatMoment(ms, false), false)).toBe(ms);
  });

  it('reads dates, minutes, RFC 3339 and unix seconds', () => {
    expect(parseMoment('2026-11-20', true)).toBe(Date.UTC(2026, 10, 20));
    expect(parseMoment('2026-11-20 09:15', true)).toBe(Date.UTC(2026, 10, 20, 9, 15));
    expect(parseMoment('2026-11-20T09:15:00+01:00', false)).toBe(Date.UTC(2026, 10, 20, 8, 15));
    expect(parseMoment('1795166351', false)).toBe(1_795_166_351_000);
  });

  it.each(['', 'soon', '2026-13-01', '2026-11-20 25:00', '20-11-2026'])('refuses %j', (text) => {
    expect(parseMoment(text, true)).toBeNull();
  });
});

describe('for people', () => {
  it('says how long ago with two units', () => {
    expect(formatAgo(0, 500)).toBe('just now');
    expect(formatAgo(0, 3_725_000)).toBe('1h 2m ago');
    expect(formatAgo(60_000, 0)).toBe('in 1m');
    expect(roughDuration(850)).toBe('850ms');
    expect(roughDuration(3 * 86_400_000 + 4 * 3_600_000)).toBe('3d 4h');
  });

  it('names ranges', () => {
    expect(spellDuration(3_600_000)).toBe('1 hour');
    expect(spellDuration(172_800_000)).toBe('2 days');
    expect(describeRange({ range: 900_000, end: null }, true)).toBe('Last 15 minutes');
    expect(describeRange({ range: 3_600_000, end: Date.UTC(2026, 10, 20, 10) }, true)).toBe(
      '2026-11-20 09:00:00 → 10:00:00',
    );
  });
});
