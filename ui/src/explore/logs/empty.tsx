import { CopyButton, Empty } from '../../components/ui';

const origin = () => `${location.origin}${new URL(document.baseURI).pathname.replace(/\/$/, '')}`;

/** The three shortest ways to send logs to this server, each as a command. */
export function sendingWays(base: string): { title: string; what: string; command: string }[] {
  return [
    {
      title: 'Loki push',
      what: 'Promtail, Alloy, Fluent Bit, Vector, or one line by curl.',
      command: `curl -X POST ${base}/loki/api/v1/push -H 'Content-Type: application/json' -d '{"streams":[{"stream":{"service_name":"shop"},"values":[["'$(date +%s%N)'","level=info msg=hello"]]}]}'`,
    },
    {
      title: 'OTLP',
      what: 'Every OpenTelemetry SDK and Collector.',
      command: `export OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=${base}/v1/logs OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/protobuf OTEL_LOGS_EXPORTER=otlp`,
    },
    {
      title: 'Pipeline exporter',
      what: 'A Collector configuration that reads files.',
      command: `cat > logs.yaml <<END
receivers:
  filelog:
    include: [/var/log/*.log]
exporters:
  otlphttp:
    logs_endpoint: ${base}/v1/logs
service:
  pipelines:
    logs:
      receivers: [filelog]
      exporters: [otlphttp]
END
./tethys collector --config logs.yaml`,
    },
  ];
}

export function NoLogsYet() {
  return (
    <>
      <Empty icon="logs" title="No logs received yet">
        No entries in the last 30 days. This page shows the first one as soon as it arrives.
      </Empty>
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
    </>
  );
}

export function NoLogStore() {
  return (
    <Empty icon="logs" title="No log store">
      This server has no log store: it does not serve <code>/loki/api/v1</code>.
    </Empty>
  );
}
