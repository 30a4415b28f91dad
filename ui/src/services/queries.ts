/** PromQL over span metrics (`traces_spanmetrics_*`). */
import { quote } from '../lib/labels';
import { formatDuration } from '../lib/time';

/** Rates are means over this time, or over the range or the age of the data where that is shorter. */
const WINDOW_MS = 300_000;
const LEAST_WINDOW_MS = 60_000;
export const SCRAPE_MS = 15_000;

/** @param age of the oldest sample within the window, ms; null when unknown */
export const windowOf = (range: number, age: number | null): string =>
  formatDuration(
    Math.min(
      range,
      WINDOW_MS,
      age === null ? WINDOW_MS : Math.max(LEAST_WINDOW_MS, Math.ceil(age / SCRAPE_MS) * SCRAPE_MS),
    ),
  );

/** Seconds since the oldest sample within the window. */
export const AGE = `time() - min(min_over_time(timestamp(up)[${formatDuration(WINDOW_MS)}:15s]))`;

/** Spans that answer a request or take a message: those of a service's own work. */
const ENTRY = 'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"';
const FAILED = 'status_code="STATUS_CODE_ERROR"';

const CALLS = 'traces_spanmetrics_calls_total';
const LATENCY = 'traces_spanmetrics_latency_bucket';

const selector = (...matchers: (string | false)[]) => `{${matchers.filter(Boolean).join(',')}}`;

const ofService = (service: string | null) => service !== null && `service=${quote(service)}`;

export interface Scope {
  /** Null for all services. */
  service: string | null;
  /** Window of the rates, as a PromQL duration. */
  window: string;
}

const by = (labels: string, inner: string) => `sum by (${labels}) (${inner})`;

/** Labels of the groups of entry spans: the service, and its operation where asked for. */
const labels = (operations: boolean) => (operations ? 'service, span_name' : 'service');

export const rate = ({ service, window }: Scope, operations = false): string =>
  by(labels(operations), `rate(${CALLS}${selector(ENTRY, ofService(service))}[${window}])`);

export const failures = ({ service, window }: Scope, operations = false): string =>
  by(labels(operations), `rate(${CALLS}${selector(ENTRY, FAILED, ofService(service))}[${window}])`);

export const quantile = (q: number, { service, window }: Scope, operations = false): string =>
  `histogram_quantile(${q}, ${by(`${labels(operations)}, le`, `rate(${LATENCY}${selector(ENTRY, ofService(service))}[${window}])`)})`;
