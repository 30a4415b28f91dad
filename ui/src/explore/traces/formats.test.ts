import { describe, expect, it } from 'vitest';
import { readTraceFile } from './file';
import { writeJaeger } from './jaeger';
import { attributeOf, formatAttribute, normalId, type Trace, toTraces } from './model';
import { readOtlp, writeOtlp } from './otlp';

const TRACE = '5b8efff798038103d269b633813fc60c';
const SPAN = 'eee19b7ec3c1b174';

const OTLP = {
  resourceSpans: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'shop' } },
          { key: 'process.pid', value: { intValue: '4711' } },
        ],
      },
      scopeSpans: [
        {
          scope: { name: 'http', version: '1.2' },
          spans: [
            {
              traceId: TRACE.toUpperCase(),
              spanId: SPAN,
              parentSpanId: 'eee19b7ec3c1b173',
              traceState: 'ot=th:8',
              name: 'GET /cart',
              kind: 2,
              startTimeUnixNano: '1544712660123456789',
              endTimeUnixNano: '1544712661123456790',
              attributes: [
                { key: 'http.status_code', value: { intValue: '500' } },
                { key: 'ratio', value: { doubleValue: 2 } },
                { key: 'cached', value: { boolValue: false } },
                { key: 'big', value: { intValue: '9223372036854775807' } },
                { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } } },
                {
                  key: 'user',
                  value: { kvlistValue: { values: [{ key: 'id', value: { stringValue: 'u1' } }] } },
                },
              ],
              droppedAttributesCount: 2,
              droppedLinksCount: 1,
              events: [
                {
                  timeUnixNano: '1544712660223456789',
                  name: 'exception',
                  attributes: [{ key: 'exception.type', value: { stringValue: 'IOException' } }],
                },
              ],
              links: [{ traceId: TRACE, spanId: '00f067aa0ba902b7', attributes: [] }],
              status: { code: 2, message: 'failed' },
            },
          ],
        },
      ],
    },
  ],
};

const first = (t: Trace | undefined) => {
  const span = t?.spans[0];
  if (!span) throw new Error('no span');
  return span;
};
const open = (body: unknown) => readTraceFile(JSON.stringify(body));

describe('OTLP JSON', () => {
  const span = first(toTraces(readOtlp(OTLP))[0]);

  it('is read with every field', () => {
    expect(span).toMatchObject({
      traceId: TRACE,
      id: SPAN,
      parentId: 'eee19b7ec3c1b173',
      name: 'GET /cart',
      kind: 'server',
      status: 'error',
      statusMessage: 'failed',
      start: 0,
      duration: 1_000_000_001,
      traceState: 'ot=th:8',
      dropped: 3,
    });
    expect(span.resource.service).toBe('shop');
    expect(span.scope).toMatchObject({ name: 'http', version: '1.2' });
    expect(span.events[0]).toMatchObject({ time: 100_000_000, name: 'exception' });
    expect(span.links[0]?.spanId).toBe('00f067aa0ba902b7');
  });

  it('keeps the types of values', () => {
    const value = (key: string) => span.attributes.find((a) => a.key === key)?.value;
    expect(value('http.status_code')).toBe(500n);
    expect(value('ratio')).toBe(2);
    expect(value('cached')).toBe(false);
    expect(value('big')).toBe(9223372036854775807n);
    expect(value('tags')).toEqual(['a', 1n]);
    expect(attributeOf(span.attributes, 'user')).toBe('{"id":"u1"}');
  });

  it('is written as it was read', () => {
    const again = JSON.parse(JSON.stringify(writeOtlp(toTraces(readOtlp(OTLP))[0] as Trace)));
    const written = again.resourceSpans[0].scopeSpans[0].spans[0];
    const {
      droppedAttributesCount: _a,
      droppedLinksCount: _l,
      ...read
    } = OTLP.resourceSpans[0]?.scopeSpans[0]?.spans[0] ?? ({} as never);
    expect(written).toEqual({ ...read, traceId: TRACE });
    expect(again.resourceSpans[0].resource).toEqual(OTLP.resourceSpans[0]?.resource);
    expect(again.resourceSpans[0].scopeSpans[0].scope).toEqual({ name: 'http', version: '1.2' });
  });

  it("is read in Tempo's spelling: an envelope, batches, base64 ids, names of enums", () => {
    const body = {
      trace: {
        batches: [
          {
            resource: { attributes: [] },
            scopeSpans: [
              {
                spans: [
                  {
                    traceId: 'W47/95gDgQPSabYzgT/GDA==',
                    spanId: '7uGbfsPBsXQ=',
                    name: 'x',
                    kind: 'SPAN_KIND_CLIENT',
                    startTimeUnixNano: '1',
                    endTimeUnixNano: '2',
                    status: { code: 'STATUS_CODE_ERROR' },
                  },
                ],
              },
            ],
          },
        ],
      },
      metrics: {},
    };
    expect(first(toTraces(readOtlp(body))[0])).toMatchObject({
      traceId: TRACE,
      id: SPAN,
      kind: 'client',
      status: 'error',
    });
  });

  it('shares one resource among the entries of a process', () => {
    const [entry] = OTLP.resourceSpans;
    const spans = readOtlp({ resourceSpans: [entry, entry] });
    expect(spans[0]?.resource).toBe(spans[1]?.resource);
  });

  it('survives what is missing or of the wrong type', () => {
    expect(readOtlp(null)).toEqual([]);
    expect(readOtlp({ resourceSpans: [{ scopeSpans: null }] })).toEqual([]);
    const [span] = readOtlp({ resourceSpans: [{ scopeSpans: [{ spans: [{ startTimeUnixNano: 'x' }] }] }] });
    expect(span).toMatchObject({ startNs: 0n, name: '', resource: { service: 'unknown_service' } });
  });
});

describe('times', () => {
  it('are exact beyond the integers of a double', () => {
    const [t] = toTraces(readOtlp(OTLP));
    expect((t as Trace).base + BigInt(first(t).duration)).toBe(1544712661123456790n);
  });

  it('that were not set do not stretch the trace', () => {
    const spans = readOtlp(OTLP);
    const zero = { ...(spans[0] as (typeof spans)[0]), startNs: 0n, endNs: 5n };
    const [t] = toTraces([...spans, zero]);
    expect(t?.base).toBe(1544712660123456789n);
    expect(t?.spans[1]).toMatchObject({ start: 0, duration: 0 });
  });

  it('that end before they start have no duration', () => {
    const [span] = readOtlp(OTLP);
    const [t] = toTraces([{ ...(span as NonNullable<typeof span>), endNs: 1n }]);
    expect(first(t).duration).toBe(0);
  });
});

describe('Jaeger JSON', () => {
  const written = writeJaeger(toTraces(readOtlp(OTLP))[0] as Trace);

  it('is written and read again', () => {
    const { format, traces } = open(written);
    expect(format).toBe('Jaeger');
    const span = first(traces[0]);
    expect(span).toMatchObject({
      traceId: TRACE,
      id: SPAN,
      parentId: 'eee19b7ec3c1b173',
      kind: 'server',
      status: 'error',
      statusMessage: 'failed',
      traceState: 'ot=th:8',
      duration: 1_000_000_000,
    });
    expect(span.resource.service).toBe('shop');
    expect(attributeOf(span.resource.attributes, 'process.pid')).toBe('4711');
    expect(attributeOf(span.attributes, 'http.status_code')).toBe('500');
    expect(span.attributes.some((a) => a.key === 'otel.status_code')).toBe(false);
    expect(span.events[0]).toMatchObject({ name: 'exception' });
    expect(span.links).toHaveLength(1);
  });

  it('has the form that its interface downloads', () => {
    const body = JSON.parse(JSON.stringify(written));
    expect(body.data[0].spans[0]).toMatchObject({
      traceID: TRACE,
      startTime: 1544712660123456,
      duration: 1000000,
      references: [
        { refType: 'CHILD_OF', traceID: TRACE, spanID: 'eee19b7ec3c1b173' },
        { refType: 'FOLLOWS_FROM' },
      ],
      processID: 'p1',
    });
    expect(body.data[0].processes.p1.serviceName).toBe('shop');
  });

  it('is read without an envelope, with short ids and without processes', () => {
    const { traces } = open({
      traceID: 'abc',
      spans: [
        {
          traceID: 'abc',
          spanID: '1',
          operationName: 'x',
          startTime: 5,
          duration: 2,
          tags: [{ key: 'error', type: 'bool', value: true }],
        },
      ],
    });
    expect(first(traces[0])).toMatchObject({
      traceId: 'abc'.padStart(32, '0'),
      id: '1'.padStart(16, '0'),
      status: 'error',
      duration: 2000,
    });
  });
});

describe('Zipkin JSON', () => {
  const SPANS = [
    {
      traceId: '5af7183fb1d4cf5f',
      id: '352bff9a74ca9ad2',
      parentId: '6b221d5bc9e6496c',
      kind: 'CLIENT',
      name: 'get /api',
      timestamp: 1556604172355737,
      duration: 1431,
      localEndpoint: { serviceName: 'backend', ipv4: '192.168.99.1', port: 3306 },
      remoteEndpoint: { serviceName: 'db', ipv4: '172.19.0.2' },
      annotations: [{ timestamp: 1556604172356737, value: 'retry' }],
      tags: { 'http.method': 'GET', error: 'timed out' },
    },
  ];

  it('is read as a list of spans and as a list of traces', () => {
    for (const body of [SPANS, [SPANS]]) {
      const { format, traces } = open(body);
      expect(format).toBe('Zipkin');
      const span = first(traces[0]);
      expect(span).toMatchObject({
        traceId: '5af7183fb1d4cf5f'.padStart(32, '0'),
        kind: 'client',
        status: 'error',
        statusMessage: 'timed out',
        duration: 1_431_000,
      });
      expect(span.resource.service).toBe('backend');
      expect(attributeOf(span.attributes, 'peer.service')).toBe('db');
      expect(span.events[0]).toMatchObject({ name: 'retry', time: 1_000_000 });
    }
  });
});

describe('files', () => {
  it('of the file exporter hold one request a line', () => {
    const { traces } = readTraceFile(`${JSON.stringify(OTLP)}\n${JSON.stringify(OTLP)}\n`);
    expect(traces[0]?.spans).toHaveLength(2);
  });

  it('that are something else are refused with a reason', () => {
    expect(() => readTraceFile('not json')).toThrow(/not JSON/);
    expect(() => readTraceFile('{"a":1}')).toThrow(/no spans in a known format/);
    expect(() => readTraceFile('[]')).toThrow(/no spans in a known format/);
    expect(() => readTraceFile('{"resourceSpans":[]}')).toThrow(/no span with a trace ID/);
  });
});

describe('ids', () => {
  it('are lower case and padded', () => {
    expect(normalId('ABC', 16)).toBe('0000000000000abc');
    expect(normalId('0000000000000000', 16)).toBe('');
    expect(normalId('', 32)).toBe('');
    expect(formatAttribute(12n)).toBe('12');
  });
});
