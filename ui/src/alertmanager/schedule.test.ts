import { describe, expect, it } from 'vitest';
import { DAYS, readWeekly, sayWeekly, type Weekly, writeWeekly } from './schedule';

const office: Weekly = {
  days: ['friday', 'monday', 'tuesday', 'wednesday', 'thursday'],
  from: '09:00',
  to: '17:30',
  zone: 'Europe/Paris',
};

describe('schedules of silences that come again', () => {
  it('are written as time_intervals', () => {
    expect(JSON.parse(writeWeekly(office))).toEqual([
      {
        weekdays: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
        times: [{ start_time: '09:00', end_time: '17:30' }],
        location: 'Europe/Paris',
      },
    ]);
  });
  it('over midnight take a part of the next day', () => {
    expect(
      JSON.parse(writeWeekly({ days: ['saturday', 'sunday'], from: '22:00', to: '06:00', zone: '' })),
    ).toEqual([
      { weekdays: ['saturday', 'sunday'], times: [{ start_time: '22:00', end_time: '24:00' }] },
      { weekdays: ['monday', 'sunday'], times: [{ start_time: '00:00', end_time: '06:00' }] },
    ]);
  });
  it('are read back, unless they say more', () => {
    for (const weekly of [
      { ...office, days: [...DAYS] },
      { ...office, days: ['monday', 'friday'], to: '00:00' } as Weekly,
      { days: ['sunday'], from: '22:00', to: '06:00', zone: '' } as Weekly,
    ])
      expect(readWeekly(writeWeekly(weekly))).toEqual(weekly);
    expect(readWeekly('[{"months":["1"]}]')).toBeNull();
    expect(readWeekly('[{"times":[{"start_time":"01:00","end_time":"02:00"}],"years":["2030"]}]')).toBeNull();
    expect(readWeekly('- weekdays: [sunday]')).toBeNull();
    expect(readWeekly('{}')).toBeNull();
  });
  it('are said in words', () => {
    expect(sayWeekly(office)).toBe('Mon to Fri, 09:00 to 17:30, Europe/Paris');
    expect(sayWeekly({ ...office, days: ['sunday', 'tuesday'], zone: '' })).toBe(
      'Tue, Sun, 09:00 to 17:30 UTC',
    );
    expect(sayWeekly({ ...office, days: [...DAYS], zone: '' })).toBe('every day, 09:00 to 17:30 UTC');
  });
});
