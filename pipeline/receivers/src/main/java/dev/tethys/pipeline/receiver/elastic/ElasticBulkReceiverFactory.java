package dev.tethys.pipeline.receiver.elastic;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code elasticsearch_bulk} receivers. */
public final class ElasticBulkReceiverFactory
    implements ReceiverFactory<ElasticBulkReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param version version of Elasticsearch that it reports to clients
   */
  public record Settings(HttpServerSettings http, String version) {}

  private static final Section SECTION =
      new Section("elasticsearch_bulk", "Receives documents over Elasticsearch's bulk API.");
  private static final HttpServerSettings.Keys HTTP =
      new HttpServerSettings.Keys(SECTION, "localhost:9200");
  private static final Key<String> VERSION =
      SECTION.key(
          "version",
          Type.STRING,
          ElasticProtocol.VERSION,
          "Version of Elasticsearch reported to clients.");

  @Override
  public String type() {
    return "elasticsearch_bulk";
  }

  @Override
  public String about() {
    return "Receives documents that are written to Elasticsearch with _bulk, as logs.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          if (!o.get(VERSION).matches("\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}")) {
            throw o.error(VERSION, "version must have the form MAJOR.MINOR.PATCH, such as 8.17.0");
          }
          return new Settings(HTTP.read(o), o.get(VERSION));
        });
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    return receiver(s, outputs, Authenticators.find(s.http.auth(), context), context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      Settings s, Map<Signal, Consumer> outputs, @Nullable ServerAuth auth, Scheduler clock) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s.http, auth);
    Consumer to = Objects.requireNonNull(outputs.get(Signal.LOGS));
    new ElasticProtocol(to, clock, s.version, StreamFields.NONE).addTo(endpoint, "");
    return new PushReceiver(null, endpoint, clock::nanos);
  }
}
