import { describe, expect, it } from 'vitest';
import { type EventSeries, eventsQuery, readEvents } from './events';

describe('the history of an alert', () => {
  it('is asked for by all of its labels', () => {
    expect(eventsQuery({ alertname: 'A', x: 'a"b' }, '1d')).toBe(
      'tethys_alert_event{alertname="A",x="a\\"b"}[1d]',
    );
  });

  it('is in order, each change once, and no longer than wanted', () => {
    const series: EventSeries[] = [
      { metric: { tethys_event: 'firing' }, values: [[10, '1']] },
      {
        metric: { tethys_event: 'firing', region: 'eu' },
        values: [
          [10, '1'],
          [30, '1'],
        ],
      },
      { metric: { tethys_event: 'notified', tethys_by: 'r' }, values: [[20, '1']] },
    ];
    expect(readEvents(series, 10).map((e) => `${e.at} ${e.event} ${e.by}`)).toEqual([
      '30000 firing ',
      '20000 notified r',
      '10000 firing ',
    ]);
    expect(readEvents(series, 1)).toHaveLength(1);
  });
});
