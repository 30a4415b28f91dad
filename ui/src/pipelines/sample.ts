/** What a tap shows of a batch, in lines that a person reads. */

export interface Sample {
  signal: string;
  encoding: string;
  items: number;
  bytes: number;
  content?: unknown;
  series?: { labels: Record<string, string>; samples: [number, string][] }[];
  more?: boolean;
  error?: string;
}

export interface Line {
  /** When, in ms since 1970; 0 for not said. */
  time: number;
  text: string;
  /** Smaller: attributes, labels. */
  detail: string;
}

/** Lines of one batch that are shown. */
export const MOST_LINES = 12;

type Value = Record<string, unknown>;

const list = (value: unknown): Value[] => (Array.isArray(value) ? (value as Value[]) : []);

/** An attribute value of OTLP as text. */
export function anyValue(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === undefined ? '' : String(value);
  const [kind, inner] = Object.entries(value as Value)[0] ?? ['', ''];
  if (kind === 'arrayValue')
    return `[${list((inner as Value).values)
      .map(anyValue)
      .join(', ')}]`;
  if (kind === 'kvlistValue') return `{${attributes((inner as Value).values)}}`;
  return String(inner);
}

const attributes = (value: unknown): string =>
  list(value)
    .map((pair) => `${String(pair.key)}=${anyValue(pair.value)}`)
    .join(' ');

const millis = (nanos: unknown): number => {
  const n = Number(nanos ?? 0);
  return Number.isFinite(n) ? Math.round(n / 1e6) : 0;
};

const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

function point(metric: Value, data: Value, about: string): Line {
  const value = data.asDouble ?? data.asInt;
  const text =
    value !== undefined ? String(value) : `count ${String(data.count ?? 0)}, sum ${String(data.sum ?? 0)}`;
  return {
    time: millis(data.timeUnixNano),
    text: `${String(metric.name)} ${text}${metric.unit ? ` ${String(metric.unit)}` : ''}`,
    detail: [attributes(data.attributes), about].filter(Boolean).join(' · '),
  };
}

function profile(data: Value, strings: unknown, about: string): Line {
  const word = (index: unknown) => String((Array.isArray(strings) ? strings : [])[Number(index ?? 0)] ?? '');
  const type = data.sampleType as Value | undefined;
  const samples = list(data.samples);
  const sum = samples
    .flatMap((sample) => (Array.isArray(sample.values) ? sample.values : []))
    .reduce((all: number, value) => all + Number(value), 0);
  const unit = word(type?.unitStrindex);
  return {
    time: millis(data.timeUnixNano),
    text: `${word(type?.typeStrindex) || 'profile'} ${sum}${unit && ` ${unit}`} in ${samples.length} samples`,
    detail: about,
  };
}

function* otlp(content: Value): Generator<Line> {
  const strings = (content.dictionary as Value | undefined)?.stringTable;
  for (const resource of list(
    content.resourceMetrics ?? content.resourceLogs ?? content.resourceSpans ?? content.resourceProfiles,
  )) {
    const about = attributes((resource.resource as Value | undefined)?.attributes);
    for (const scope of list(
      resource.scopeMetrics ?? resource.scopeLogs ?? resource.scopeSpans ?? resource.scopeProfiles,
    )) {
      for (const data of list(scope.profiles)) yield profile(data, strings, about);
      for (const metric of list(scope.metrics))
        for (const kind of KINDS)
          for (const data of list((metric[kind] as Value | undefined)?.dataPoints))
            yield point(metric, data, about);
      for (const log of list(scope.logRecords))
        yield {
          time: millis(log.timeUnixNano ?? log.observedTimeUnixNano),
          text: `${log.severityText ? `${String(log.severityText)} ` : ''}${anyValue(log.body)}`,
          detail: [attributes(log.attributes), about].filter(Boolean).join(' · '),
        };
      for (const span of list(scope.spans)) {
        const took = (Number(span.endTimeUnixNano) - Number(span.startTimeUnixNano)) / 1e6;
        yield {
          time: millis(span.startTimeUnixNano),
          text: `${String(span.name)}${Number.isFinite(took) ? ` ${Math.round(took * 1000) / 1000} ms` : ''}`,
          detail: [attributes(span.attributes), about].filter(Boolean).join(' · '),
        };
      }
    }
  }
}

/** The first lines of a batch, and whether there are more. */
export function lines(sample: Sample): { lines: Line[]; more: boolean } {
  const out: Line[] = [];
  const all: Iterable<Line> = sample.series
    ? sample.series.map((series) => {
        const { __name__: name, ...labels } = series.labels;
        const last = series.samples.at(-1);
        return {
          time: last?.[0] ?? 0,
          text: `${name ?? ''} ${last?.[1] ?? ''}`.trim(),
          detail: Object.entries(labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(' '),
        };
      })
    : otlp((sample.content ?? {}) as Value);
  for (const line of all) {
    if (out.length === MOST_LINES) return { lines: out, more: true };
    out.push(line);
  }
  return { lines: out, more: sample.more ?? false };
}
