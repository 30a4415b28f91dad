import { describe, expect, it } from 'vitest';
import { type Destination, placesOf, verdictOf } from './findings';

const destination = (part: Partial<Destination>): Destination => ({
  node: 'exporter:otlp@logs',
  records: 10,
  unreadableBatches: 0,
  findings: 0,
  byDetector: {},
  agents: [],
  ...part,
});

describe('findings of personal data', () => {
  it('are 0 only where records were read', () => {
    expect(verdictOf(destination({}))).toEqual({ text: '0', badge: 'ok' });
    expect(verdictOf(destination({ records: 0 })).badge).toBe('histogram');
    expect(verdictOf(destination({ unreadableBatches: 1 })).badge).toBe('warn');
    expect(verdictOf(destination({ findings: 1200 }))).toEqual({ text: '1,200', badge: 'err' });
  });

  it('are listed by detector and field', () => {
    expect(placesOf(destination({ byDetector: { email: { body: 2, 'attributes.user': 30 } } }))).toEqual([
      'email: attributes.user (30), body (2)',
    ]);
  });
});
