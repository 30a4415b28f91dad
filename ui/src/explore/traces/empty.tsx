import { CopyButton, Empty } from '../../components/ui';
import '../logs/logs-explore.css';
import '../logs/logs-lines.css';

const origin = () => `${location.origin}${new URL(document.baseURI).pathname.replace(/\/$/, '')}`;

/** The shortest ways to send spans to this server, each as a command. */
export function sendingWays(base: string): { title: string; what: string; command: string }[] {
  return [
    {
      title: 'OTLP',
      what: 'Every OpenTelemetry SDK and Collector.',
      command: `export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${base}/v1/traces OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf OTEL_TRACES_EXPORTER=otlp`,
    },
    {
      title: 'One span',
      what: 'A test span by curl.',
      command: `now=$(date +%s); curl -X POST ${base}/v1/traces -H 'Content-Type: application/json' -d '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[{"traceId":"'$(openssl rand -hex 16)'","spanId":"'$(openssl rand -hex 8)'","name":"GET /cart","kind":2,"startTimeUnixNano":"'$now'000000000","endTimeUnixNano":"'$now'250000000"}]}]}]}'`,
    },
    {
      title: 'Zipkin',
      what: 'Zipkin reporters send to the same server.',
      command: `export OTEL_TRACES_EXPORTER=zipkin OTEL_EXPORTER_ZIPKIN_ENDPOINT=${base}/zipkin/api/v2/spans`,
    },
  ];
}

export function SendTraces() {
  return (
    <div className="logs-ways">
      {sendingWays(origin()).map((way) => (
        <section key={way.title} className="logs-way" aria-label={way.title}>
          <header>
            <h3>{way.title}</h3>
            <CopyButton label="Copy command" text={way.command} />
          </header>
          <p>{way.what}</p>
          <pre>{way.command}</pre>
        </section>
      ))}
    </div>
  );
}

export function NoTracesYet() {
  return (
    <>
      <Empty icon="plan" title="No traces received yet">
        No spans in the last 30 days. This page shows the first one as soon as it arrives.
      </Empty>
      <SendTraces />
    </>
  );
}

export function NoTraceStore() {
  return (
    <Empty icon="plan" title="No trace store">
      This server has no trace store: it does not serve <code>/tempo/api</code>.
    </Empty>
  );
}
