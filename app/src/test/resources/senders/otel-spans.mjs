// Sends spans with OpenTelemetry's SDK for Node, and writes what the SDK says of them to the file $SENT.
import {appendFileSync} from 'node:fs';
import {createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace} from '@opentelemetry/api';
import {OTLPTraceExporter} from '@opentelemetry/exporter-trace-otlp-proto';
import {resourceFromAttributes} from '@opentelemetry/resources';
import {BasicTracerProvider, SimpleSpanProcessor} from '@opentelemetry/sdk-trace-base';

const nanos = ([s, n]) => (BigInt(s) * 1000000000n + BigInt(n)).toString();
const exporter = new OTLPTraceExporter({url: process.env.TETHYS + '/v1/traces'});
const noting = {
  export(spans, done) {
    for (const s of spans) {
      appendFileSync(process.env.SENT, JSON.stringify({
        trace: s.spanContext().traceId,
        id: s.spanContext().spanId,
        parent: s.parentSpanContext?.spanId ?? '',
        state: s.spanContext().traceState?.serialize() ?? '',
        name: s.name,
        kind: s.kind + 1,
        start: nanos(s.startTime),
        end: nanos(s.endTime),
        status: s.status.code,
        message: s.status.message ?? '',
        attributes: s.attributes,
        events: s.events.map(e => ({time: nanos(e.time), name: e.name, attributes: e.attributes ?? {}})),
        links: s.links.map(l => ({
          trace: l.context.traceId, id: l.context.spanId, state: l.context.traceState?.serialize() ?? '', attributes: l.attributes ?? {},
        })),
        scope: s.instrumentationScope.name + ' ' + (s.instrumentationScope.version ?? ''),
        resource: s.resource.attributes,
      }) + '\n');
    }
    exporter.export(spans, done);
  },
  shutdown: () => exporter.shutdown(),
  forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
};
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({'service.name': 'node-shop', 'service.version': '1.2', shards: [1, 2]}),
  spanProcessors: [new SimpleSpanProcessor(noting)],
});
const tracer = provider.getTracer('shop', '0.3');
const remote = {
  traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7', traceFlags: 1, isRemote: true,
  traceState: createTraceState('vendor=a1,other=b2'),
};
const server = tracer.startSpan('GET /cart', {
  kind: SpanKind.SERVER,
  attributes: {text: 'käse "quoted"\n', whole: 42, part: 0.1, yes: true, texts: ['a', ''], numbers: [1, 2], empty: ''},
  links: [{context: {...remote, spanId: '00000000000000aa'}, attributes: {why: 'batch'}}],
}, trace.setSpanContext(ROOT_CONTEXT, remote));
server.addEvent('retry', {attempt: 2, final: false});
const client = tracer.startSpan('SELECT', {kind: SpanKind.CLIENT}, trace.setSpan(ROOT_CONTEXT, server));
client.recordException(new Error('no rows'));
client.setStatus({code: SpanStatusCode.ERROR, message: 'no rows'});
client.end();
server.setStatus({code: SpanStatusCode.OK});
server.end();
tracer.startSpan('alone', {}, ROOT_CONTEXT).end();
await provider.forceFlush();
await provider.shutdown();
