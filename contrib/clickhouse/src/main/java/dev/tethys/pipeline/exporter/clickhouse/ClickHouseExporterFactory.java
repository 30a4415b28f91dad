package dev.tethys.pipeline.exporter.clickhouse;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NamedEncoder;
import dev.tethys.web.client.HttpClientFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Creates {@code clickhouse} exporters. */
public final class ClickHouseExporterFactory
    implements ExporterFactory<ClickHouseSettings>, Checkable<ClickHouseSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public ClickHouseExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "clickhouse";
  }

  @Override
  public String about() {
    return "Writes metrics, logs and traces to ClickHouse.";
  }

  @Override
  public Type<ClickHouseSettings> settings() {
    return ClickHouseSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  private ClickHouseClient client(ClickHouseSettings s, Context context) {
    Map<String, String> usual = new HashMap<>();
    if (!s.user().isEmpty()) {
      usual.put("X-ClickHouse-User", s.user());
      if (!s.password().value().isEmpty()) {
        usual.put("X-ClickHouse-Key", s.password().value());
      }
    }
    return new ClickHouseClient(
        HttpEndpoint.of(s.client(), usual, s.delivery().timeout(), clients, context), s);
  }

  @Override
  public Exporter create(ClickHouseSettings s, Signal signal, Context context) {
    return context.exporter(
        s.delivery(),
        signal,
        NamedEncoder.marked(
            new BoundedNames(
                s.names(signal), s.maxNames(), context.metrics(), context.id().toString(), signal),
            new NamedEncoder.Series(s.rows().otlp(), true),
            new TableRequestEncoder(s.rows(), false)),
        new ClickHouseSender(client(s, context), s));
  }

  @Override
  public Set<Signal> tried() {
    return Set.of(Signal.METRICS, Signal.LOGS);
  }

  @Override
  public ExporterProbe probe(ClickHouseSettings s, Signal signal, Context context) {
    return new ClickHouseProbe(client(s, context), s, signal);
  }
}
