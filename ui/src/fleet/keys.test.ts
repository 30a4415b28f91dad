import { describe, expect, it } from 'vitest';
import { type OutputKeys, percent, verdictOf } from './keys';

const keys = (part: Partial<OutputKeys>): OutputKeys => ({
  agents: 1,
  agentsWithout: 3,
  exporters: [{ node: 'exporter:otlp@logs', compared: true, records: 100, recordsWithout: 300 }],
  rows: [],
  complete: true,
  errors: [],
  ...part,
});

describe('attribute keys of a version', () => {
  it('are judged only where records were compared', () => {
    const few = { node: 'exporter:b@logs', compared: false, records: 1, recordsWithout: 0 };
    expect(verdictOf(keys({}))).toBe('No key differs at 1 exporter.');
    expect(verdictOf(keys({ exporters: [few] }))).toBe('Too few records passed to compare keys.');
    expect(verdictOf(keys({ exporters: [...keys({}).exporters, few] }))).toBe(
      'No key differs at 1 exporter; 1 had too few records.',
    );
    const row = { exporter: 'exporter:otlp@logs', key: 'attributes.tier', shareBefore: 0, share: 1 };
    expect(verdictOf(keys({ rows: [row] }))).toBe('1 key differs at 1 exporter.');
    expect(percent(0.125)).toBe('12.5 %');
  });
});
