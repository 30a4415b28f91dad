import { describe, expect, it } from 'vitest';
import { badgeOf, stepsIn, stepsOf } from './steps';

const step = (result: string, startsMillis?: number) => ({
  timeMillis: 1,
  rule: 'noisy',
  alert: 'Noisy',
  action: 'start',
  control: 'noisy-1',
  result,
  error: '',
  ...(startsMillis === undefined ? {} : { startsMillis }),
});

describe('steps of automation', () => {
  const all = stepsOf(
    { rules: [], steps: [step('cooling down', 5000), step('skipped'), step('failed'), step('done')] },
    undefined,
  );

  it('that wait or were skipped are found, with the time of their start', () => {
    const held = stepsIn(all, 'held');
    expect(held.map((one) => one.result)).toEqual(['cooling down', 'skipped']);
    expect(held[0]?.startsMillis).toBe(5000);
    expect(held[1]?.startsMillis).toBeUndefined();
    expect(stepsIn(all, 'failed').map((one) => one.result)).toEqual(['failed']);
    expect(stepsIn(all, 'all')).toHaveLength(4);
  });

  it('have a colour by their result', () => {
    expect(badgeOf('cooling down')).toBe('warn');
    expect(badgeOf('skipped')).toBe('warn');
    expect(badgeOf('failed')).toBe('err');
    expect(badgeOf('done')).toBe('ok');
    expect(badgeOf('active')).toBe('histogram');
  });
});
