package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.web.client.HttpClientFactory;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code elasticsearch} or {@code opensearch} exporters. */
public final class ElasticExporterFactory
    implements ExporterFactory<ElasticSettings>, Checkable<ElasticSettings> {
  private static final ElasticSettings.Keys ELASTICSEARCH =
      new ElasticSettings.Keys("elasticsearch", false);
  private static final ElasticSettings.Keys OPENSEARCH =
      new ElasticSettings.Keys("opensearch", true);

  private final HttpClientFactory clients;
  private final boolean openSearch;

  /**
   * @param clients the process's; not closed here
   * @param openSearch whether the destination is OpenSearch
   */
  public ElasticExporterFactory(HttpClientFactory clients, boolean openSearch) {
    this.clients = clients;
    this.openSearch = openSearch;
  }

  @Override
  public String type() {
    return openSearch ? "opensearch" : "elasticsearch";
  }

  @Override
  public String about() {
    return "Writes metrics, logs and traces to "
        + (openSearch ? "OpenSearch." : "Elasticsearch 8 and 9, data streams by default.");
  }

  @Override
  public Type<ElasticSettings> settings() {
    return (openSearch ? OPENSEARCH : ELASTICSEARCH).type;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  private HttpEndpoint endpoint(ElasticSettings s, Context context) {
    return HttpEndpoint.of(s.client(), s.credentials(), s.delivery().timeout(), clients, context);
  }

  private static Servers servers(ElasticSettings s, HttpEndpoint endpoint, Context context) {
    return new Servers(s, endpoint, context.clock()::nanos, context.logger());
  }

  private static LineRequestEncoder lines(ElasticSettings s, @Nullable ClientAuth auth) {
    return new LineRequestEncoder(
        s.client().compression(), s.client().level(), 2, "application/x-ndjson", auth);
  }

  @Override
  public Exporter create(ElasticSettings s, Signal signal, Context context) {
    CollectorMode mode = s.collector();
    if (mode != null && !mode.mapping().takes(signal)) {
      throw new ConfigException(
          context.name(),
          "mapping mode "
              + mode.mapping()
              + " has no documents of "
              + signal.name().toLowerCase(Locale.ROOT)
              + "; use a separate exporter for them with mapping: {mode: "
              + (signal == Signal.METRICS ? "otel} or {mode: tethys}" : "otel}"));
    }
    Observability schema = s.schema(signal);
    if (schema != null && signal == Signal.METRICS) {
      throw new ConfigException(
          context.name(),
          "mapping mode ss4o does not support metrics; use a separate exporter for them"
              + " with mapping: {mode: tethys}");
    }
    boolean isClymenes =
        signal == Signal.METRICS && s.clymene() || signal == Signal.LOGS && s.clymeneLogs();
    if (s.isUnsaid() && !isClymenes) {
      context
          .logger()
          .log(
              Level.INFO,
              "Documents have the layout of Tethys. Set mapping: {mode: otel} for the layout of the"
                  + " Collector, or mapping: {mode: tethys} to keep this one without this message");
    }
    LineRequestEncoder lines = lines(s, ClientAuth.of(s.client().auth(), context));
    Servers servers = servers(s, endpoint(s, context), context);
    String id = context.id().toString();
    BoundedNames names =
        mode != null || schema != null
            ? CollectorRequestEncoder.names(s.maxNames(), context.metrics(), id, signal)
            : new BoundedNames(s.index(signal), s.maxNames(), context.metrics(), id, signal);
    DocumentRequestEncoder documents =
        new DocumentRequestEncoder(
            names,
            lines,
            s.rows().maxItems(),
            s.rows().maxBytes(),
            schema == null ? "create" : schema.action());
    Encoder encoder =
        mode != null
            ? new CollectorRequestEncoder(mode, documents, context.clock()::millis)
            : schema != null
                ? new ObservabilityRequestEncoder(schema, documents, context.clock()::millis)
                : switch (signal) {
                  case LOGS ->
                      new LogRequestEncoder(documents, s.clymeneLogs(), context.clock()::millis);
                  case TRACES -> new SpanRequestEncoder(documents);
                  default ->
                      new RowRequestEncoder(
                          s.rows(),
                          false,
                          () -> new SampleWriter(names::of, s.clymene(), s.timeSeries()),
                          lines,
                          new UnsupportedItemCounter(context.metrics(), id));
                };
    return context.exporter(
        s.delivery(),
        signal,
        encoder,
        new BulkSender(
            s,
            servers,
            lines,
            new IndexSetup(s, signal, servers, context.logger()),
            new BulkLog(s.bulk().logged(), context.logger(), context.clock()::nanos)));
  }

  @Override
  public Set<Signal> tried() {
    return Set.of(Signal.METRICS, Signal.LOGS);
  }

  @Override
  public ExporterProbe probe(ElasticSettings s, Signal signal, Context context) {
    HttpEndpoint endpoint = endpoint(s, context);
    Servers servers = servers(s, endpoint, context);
    if (signal != Signal.LOGS) {
      return new ElasticProbe(s, signal, endpoint, servers, null);
    }
    LineRequestEncoder lines = lines(s, null);
    ItemProbe probe =
        ItemProbe.of(
            this,
            s,
            signal,
            context,
            () -> "",
            (p, seconds, value) -> ElasticProbe.found(lines.open(p).row(0), value, servers));
    return new ElasticProbe(s, signal, endpoint, servers, probe);
  }
}
