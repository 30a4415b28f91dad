import { describe, expect, it } from 'vitest';
import { type Delivery, droppedText, healthOf, sortDeliveries, timesText } from './deliveries';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const NONE = { queueFull: 0, refused: 0, outOfDate: 0 };

const delivery = (patch: Partial<Delivery> = {}): Delivery => ({
  url: 'http://a:9093/api/v2/alerts',
  waiting: 0,
  capacity: 10_000,
  sent: 0,
  dropped: NONE,
  ...patch,
});

const failing = delivery({
  url: 'http://b:9093/api/v2/alerts',
  waiting: 3,
  lastDelivery: '2026-01-02T02:04:05Z',
  failingSince: '2026-01-02T02:34:05Z',
  lastFailure: '2026-01-02T03:04:00Z',
  lastError: 'connection refused',
});

describe('deliveries', () => {
  it('fail since the first failure behind the last success', () => {
    expect(healthOf(failing)).toBe('down');
    expect(timesText(failing, NOW, true)).toEqual([
      'Failing since 2026-01-02 02:34:05 (30m ago)',
      'last attempt 2026-01-02 03:04:00',
      'last delivery 2026-01-02 02:04:05',
    ]);
    const never = { ...failing, lastDelivery: undefined };
    expect(healthOf(never)).toBe('down');
    expect(timesText(never, NOW, true).at(-1)).toBe('no alert delivered yet');
  });

  it('that work again tell what was', () => {
    const back = { ...failing, failingSince: undefined, lastDelivery: '2026-01-02T03:04:03Z' };
    expect(healthOf(back)).toBe('up');
    expect(timesText(back, NOW, true)).toEqual([
      'Last delivery 2026-01-02 03:04:03',
      'last failure 2026-01-02 03:04:00: connection refused',
    ]);
    expect(timesText(delivery({ lastDelivery: '2026-01-02T03:04:03Z' }), NOW, true)).toEqual([
      'Last delivery 2026-01-02 03:04:03',
    ]);
  });

  it('are unknown while there was nothing to send', () => {
    expect(healthOf(delivery())).toBe('unknown');
    expect(timesText(delivery(), NOW, true)).toEqual(['No alert sent yet']);
  });

  it('that fail stand first', () => {
    const last = delivery({ url: 'http://c:9093/' });
    expect(sortDeliveries([delivery(), failing, last])).toEqual([failing, delivery(), last]);
  });

  it('say why alerts were given up', () => {
    const text = (dropped: Partial<Delivery['dropped']>) =>
      droppedText(delivery({ dropped: { ...NONE, ...dropped } }));
    expect(text({})).toBe('');
    expect(text({ refused: 1200 })).toBe('1,200 dropped: 1,200 refused');
    expect(text({ queueFull: 1, refused: 2, outOfDate: 3 })).toBe(
      '6 dropped: 1 because the queue was full, 2 refused, 3 out of date',
    );
  });
});
