package dev.tethys.pipeline.exporter.influx;

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
import dev.tethys.pipeline.exporter.rows.Frame;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NamedEncoder;
import dev.tethys.web.client.HttpClientFactory;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code influxdb} exporters. */
public final class InfluxExporterFactory
    implements ExporterFactory<InfluxSettings>, Checkable<InfluxSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public InfluxExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "influxdb";
  }

  @Override
  public String about() {
    return "Writes metrics, logs and traces to InfluxDB 1, 2 or 3 by line protocol.";
  }

  @Override
  public Type<InfluxSettings> settings() {
    return InfluxSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  private HttpEndpoint endpoint(InfluxSettings s, Context context) {
    return HttpEndpoint.of(s.client(), s.credentials(), s.delivery().timeout(), clients, context);
  }

  private LineRequestEncoder lines(InfluxSettings s, Frame frame, @Nullable ClientAuth auth) {
    return new LineRequestEncoder(
        s.client().compression(), s.client().level(), frame, "text/plain; charset=utf-8", auth);
  }

  @Override
  public Exporter create(InfluxSettings s, Signal signal, Context context) {
    boolean samples = signal == Signal.METRICS;
    LineRequestEncoder lines =
        lines(
            s,
            samples ? new Frame.Lines(1) : new Frame.FieldLines(),
            ClientAuth.of(s.client().auth(), context));
    Encoder encoder =
        samples
            ? new RowRequestEncoder(
                s.rows(),
                false,
                () -> new InfluxWriter(s.clymene(), s.defaultTags()),
                lines,
                new UnsupportedItemCounter(context.metrics(), context.id().toString()))
            : new InfluxRecords(s, lines, context.clock()::millis);
    HttpEndpoint endpoint = endpoint(s, context);
    return context.exporter(
        s.delivery(),
        signal,
        NamedEncoder.marked(
            new BoundedNames(
                s.database(), s.maxNames(), context.metrics(), context.id().toString(), signal),
            new NamedEncoder.Series(s.rows().otlp(), false),
            encoder),
        new InfluxSender(
            s.version(),
            p -> s.writeUrl(signal, NamedEncoder.name(p, s.database())),
            endpoint,
            lines,
            s.createSchema() && s.version() != InfluxSettings.Version.V3
                ? p -> new InfluxSchema(s, endpoint).make(NamedEncoder.name(p, s.database()))
                : null));
  }

  @Override
  public Set<Signal> tried() {
    return Set.of(Signal.METRICS, Signal.LOGS);
  }

  @Override
  public ExporterProbe probe(InfluxSettings s, Signal signal, Context context) {
    HttpEndpoint endpoint = endpoint(s, context);
    return new InfluxProbe(
        s,
        signal,
        endpoint,
        (connect, lookup) -> ItemProbe.of(this, s, signal, context, connect, lookup));
  }
}
