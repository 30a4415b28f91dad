import { describe, expect, it } from 'vitest';
import { readJsonLines } from '../lib/json-lines';
import { lines, MOST_LINES, type Sample } from './sample';

const batch = (over: Partial<Sample>): Sample => ({
  signal: 'logs',
  encoding: 'otlp',
  items: 1,
  bytes: 1,
  ...over,
});

describe('what a tap shows', () => {
  it('is records, points, spans and profiles in words', () => {
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
    const log = {
      timeUnixNano: '1700000000000000000',
      severityText: 'INFO',
      body: { kvlistValue: { values: [{ key: 'a', value: { intValue: '1' } }] } },
      attributes: [{ key: 'tags', value: { arrayValue: { values: [{ boolValue: true }, {}] } } }],
    };
    expect(
      lines(batch({ content: { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [log] }] }] } })),
    ).toEqual({
      lines: [{ time: 1_700_000_000_000, text: 'INFO {a=1}', detail: 'tags=[true, ] · service.name=shop' }],
      more: false,
    });
    const metrics = [
      { name: 'm', unit: 's', sum: { dataPoints: [{ asInt: '5' }] } },
      { name: 'h', histogram: { dataPoints: [{ count: '3', sum: 1.5 }] } },
    ];
    const points = lines(batch({ content: { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] } }));
    expect(points.lines.map((line) => line.text)).toEqual(['m 5 s', 'h count 3, sum 1.5']);
    const spans = [{ name: 'GET', startTimeUnixNano: '1000000', endTimeUnixNano: '3500000' }];
    const traces = lines(batch({ content: { resourceSpans: [{ scopeSpans: [{ spans }] }] } }));
    expect(traces.lines[0]?.text).toBe('GET 2.5 ms');
    const profiles = [
      {
        sampleType: { typeStrindex: 1, unitStrindex: 2 },
        samples: [{ values: ['3', '4'] }, { timestampsUnixNano: ['5'] }],
        timeUnixNano: '2000000',
      },
      { samples: [] },
    ];
    const content = {
      resourceProfiles: [{ resource, scopeProfiles: [{ profiles }] }],
      dictionary: { stringTable: ['', 'cpu', 'nanoseconds'] },
    };
    expect(lines(batch({ signal: 'profiles', content })).lines).toEqual([
      { time: 2, text: 'cpu 7 nanoseconds in 2 samples', detail: 'service.name=shop' },
      { time: 0, text: 'profile 0 in 0 samples', detail: 'service.name=shop' },
    ]);
  });

  it('is samples of remote write, and not all of many', () => {
    const series = Array.from({ length: MOST_LINES + 1 }, (_, i) => ({
      labels: { __name__: 'up', job: `j${i}` },
      samples: [[1000, '1']] as [number, string][],
    }));
    const shown = lines(batch({ series }));
    expect(shown.lines).toHaveLength(MOST_LINES);
    expect(shown.lines[0]).toEqual({ time: 1000, text: 'up 1', detail: 'job=j0' });
    expect(shown.more).toBe(true);
  });

  it('is nothing for content of no known shape', () => {
    expect(lines(batch({ content: 7 }))).toEqual({ lines: [], more: false });
    expect(lines(batch({ content: { resourceLogs: 'x' } })).lines).toEqual([]);
  });

  it('comes in lines however they are cut', async () => {
    const text = '{"items":1}\n\n{"items":2}\nnonsense\n{"items":3}\n';
    const bytes = new TextEncoder().encode(text);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += 5) controller.enqueue(bytes.slice(i, i + 5));
        controller.close();
      },
    });
    const seen: number[] = [];
    await readJsonLines<Sample>(body, (sample) => seen.push(sample.items));
    expect(seen).toEqual([1, 2, 3]);
  });
});
