package dev.tethys.pipeline.exporter.datadog;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.FirstUseClient;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.rows.Frame;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.PostSender;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code datadog} exporters. */
public final class DatadogExporterFactory
    implements ExporterFactory<DatadogSettings>, Checkable<DatadogSettings> {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  private static final String VERSION =
      Objects.requireNonNullElse(
          DatadogExporterFactory.class.getPackage().getImplementationVersion(), "0.0.0");

  private record Host(DatadogSettings settings, HostReporter reporter) {}

  private final HttpClientFactory clients;
  private final DeltaConversion.Factory deltas;

  @GuardedBy("itself")
  private final Map<ComponentId, Host> hosts = new HashMap<>();

  /**
   * @param clients the process's; not closed here
   * @param deltas conversion of cumulative metrics
   */
  public DatadogExporterFactory(HttpClientFactory clients, DeltaConversion.Factory deltas) {
    this.deltas = deltas;
    this.clients = clients;
  }

  @Override
  public String type() {
    return "datadog";
  }

  @Override
  public String about() {
    return "Writes metrics, logs and traces to Datadog.";
  }

  @Override
  public Type<DatadogSettings> settings() {
    return DatadogSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  private DatadogIdentity identity(
      DatadogSettings s, DatadogSettings.Delegated delegated, Context context) {
    FirstUseClient client = new FirstUseClient(() -> clients.client(s.client().client()));
    return new DatadogIdentity(
        s.metricsUrl(),
        delegated,
        new CredentialDependencies(
            call -> client.get().send(call),
            () -> Instant.ofEpochMilli(context.clock().millis()),
            System::getenv),
        s.delivery().timeout());
  }

  private HttpEndpoint endpoint(DatadogSettings s, Context context) {
    DatadogSettings.Delegated delegated = s.delegated();
    return new HttpEndpoint(
        s.client(),
        delegated == null
            ? ClientAuth.of(s.client().auth(), context)
            : identity(s, delegated, context),
        delegated == null ? Map.of("dd-api-key", s.key().value()) : Map.of(),
        s.delivery().timeout(),
        clients,
        context.clock()::millis);
  }

  private static LineRequestEncoder encoder(
      DatadogSettings s, Frame frame, String type, @Nullable ClientAuth auth) {
    return new LineRequestEncoder(s.compression(), s.client().level(), frame, type, auth);
  }

  static LineRequestEncoder series(DatadogSettings s, @Nullable ClientAuth auth) {
    return switch (s.format()) {
      case PROTO -> encoder(s, new Frame.Messages(), PROTOBUF, auth);
      case JSON -> encoder(s, new Frame.JsonList("{\"series\":[", "]}"), JSON, auth);
    };
  }

  static LineRequestEncoder sketches(DatadogSettings s, @Nullable ClientAuth auth) {
    return encoder(s, new Frame.Messages(), PROTOBUF, auth);
  }

  static LineRequestEncoder logs(DatadogSettings s, @Nullable ClientAuth auth) {
    return encoder(s, Frame.JsonList.PLAIN, JSON, auth);
  }

  static LineRequestEncoder traces(DatadogSettings s, @Nullable ClientAuth auth) {
    return encoder(s, new Frame.Messages(DatadogSpans.OTHERS), PROTOBUF, auth);
  }

  @Override
  public Exporter create(DatadogSettings s, Signal signal, Context context) {
    DatadogSettings.Deltas by = signal == Signal.METRICS ? s.metrics().deltas() : null;
    DeltaConversion conversion =
        by == null ? null : deltas.create(by.ttl(), by.initial(), context.clock());
    Exporter queue = queue(s, signal, context, conversion);
    HostReporter host = host(s, context);
    return host == null && !s.failOnInvalidKey() && conversion == null
        ? queue
        : new DatadogExporter(
            queue,
            conversion,
            host,
            s.failOnInvalidKey()
                ? new DatadogExporter.KeyCheck(
                    validation(s), endpoint(s, context), context.logger())
                : null);
  }

  private static URI validation(DatadogSettings s) {
    return s.metricsUrl().resolve("/api/v1/validate");
  }

  /** Returns the reporter shared by the exporters of all signals of a component; null if none. */
  @Nullable HostReporter host(DatadogSettings s, Context context) {
    HostMetadata host = s.host();
    if (host == null || !host.enabled()) {
      return null;
    }
    synchronized (hosts) {
      Host known = hosts.get(context.id());
      // Running exporters keep their reporter, so a change of settings makes another one.
      if (known == null || known.settings != s) {
        known =
            new Host(
                s,
                new HostReporter(
                    s.metricsUrl().resolve("/intake"),
                    endpoint(s, context),
                    host,
                    s.hostname(),
                    VERSION,
                    context.clock(),
                    context.logger()));
        hosts.put(context.id(), known);
      }
      return known.reporter;
    }
  }

  private Exporter queue(
      DatadogSettings s, Signal signal, Context context, @Nullable DeltaConversion conversion) {
    ClientAuth auth = ClientAuth.of(s.client().auth(), context);
    HttpEndpoint endpoint = endpoint(s, context);
    if (signal == Signal.LOGS) {
      LineRequestEncoder lists = logs(s, auth);
      return context.exporter(
          s.delivery(),
          signal,
          new DatadogLogs(
              s,
              lists,
              context.clock()::millis,
              s.orchestrator() == null
                  ? null
                  : new DatadogManifests(s.orchestrator(), s.hostname(), VERSION)),
          new DatadogLogSender(
              new PostSender(s.logsUrl().resolve("/api/v2/logs"), endpoint, lists),
              s.orchestrator() == null ? s.logsUrl() : s.orchestrator().url(),
              endpoint));
    }
    if (signal == Signal.TRACES) {
      LineRequestEncoder traces = traces(s, auth);
      return context.exporter(
          s.delivery(),
          signal,
          new DatadogTraces(s, traces),
          new PostSender(s.tracesUrl().resolve("/api/v0.2/traces"), endpoint, traces));
    }
    LineRequestEncoder series = series(s, auth);
    LineRequestEncoder sketches = sketches(s, auth);
    return context.exporter(
        s.delivery(),
        signal,
        new DatadogMetrics(
            s,
            series,
            sketches,
            new UnsupportedItemCounter(context.metrics(), context.id().toString()),
            conversion),
        new DatadogSender(s.metricsUrl(), endpoint, series, sketches));
  }

  @Override
  public Set<Signal> tried() {
    return signals();
  }

  @Override
  public ExporterProbe probe(DatadogSettings s, Signal signal, Context context) {
    URI url = validation(s);
    return ItemProbe.of(
        this,
        s,
        signal,
        context,
        () -> {
          HttpEndpoint.Reply r = endpoint(s, context).call("GET", url, Map.of(), null);
          if (!r.isOk()) {
            throw new IOException(url + ": " + r.reason());
          }
          return "Datadog knows the API key";
        },
        (p, seconds, value) -> "Datadog, which cannot be queried with an API key");
  }
}
