/** Trace files: OTLP, Jaeger and Zipkin JSON, told apart by their form. */
import { isJaeger, readJaeger } from './jaeger';
import { type RawSpan, type Trace, toTraces } from './model';
import { isOtlp, readOtlp } from './otlp';
import { isZipkin, readZipkin } from './zipkin';

/** Larger files are refused: the browser would run out of memory while parsing. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;

export type Format = 'OTLP' | 'Jaeger' | 'Zipkin';

export interface TraceFile {
  format: Format;
  traces: Trace[];
}

function read(body: unknown): { format: Format; spans: RawSpan[] } | null {
  if (isOtlp(body)) return { format: 'OTLP', spans: readOtlp(body) };
  // A Zipkin list of lists is no Jaeger list of traces, and the other way round.
  if (isZipkin(body)) return { format: 'Zipkin', spans: readZipkin(body) };
  if (isJaeger(body)) return { format: 'Jaeger', spans: readJaeger(body) };
  return null;
}

/** The Collector's file exporter writes one OTLP request a line. */
function readLines(text: string): { format: Format; spans: RawSpan[] } | null {
  const spans: RawSpan[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const body: unknown = JSON.parse(line);
    if (!isOtlp(body)) return null;
    for (const span of readOtlp(body)) spans.push(span);
  }
  return { format: 'OTLP', spans };
}

/** Throws an Error with a message for people. */
export function readTraceFile(text: string): TraceFile {
  let found: { format: Format; spans: RawSpan[] } | null;
  try {
    found = read(JSON.parse(text));
  } catch (e) {
    try {
      found = readLines(text);
    } catch {
      throw new Error(`The file is not JSON: ${e instanceof Error ? e.message : String(e)}.`);
    }
  }
  if (!found)
    throw new Error(
      'The file is JSON but contains no spans in a known format. Use OTLP JSON (resourceSpans), Jaeger JSON (data[].spans) or Zipkin v2 JSON (a list of spans).',
    );
  const spans = found.spans.filter((span) => span.traceId !== '');
  if (spans.length === 0) throw new Error(`The ${found.format} file contains no span with a trace ID.`);
  return { format: found.format, traces: toTraces(spans) };
}
