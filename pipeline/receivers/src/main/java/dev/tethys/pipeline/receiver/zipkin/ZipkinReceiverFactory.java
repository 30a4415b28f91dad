package dev.tethys.pipeline.receiver.zipkin;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code zipkin} receivers. The response is 202 when every span was accepted; 400 if some
 * were rejected while the others are accepted; 503 if the sender should retry.
 */
public final class ZipkinReceiverFactory
    implements ReceiverFactory<ZipkinReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param typedTags whether tags that look like numbers or booleans are converted
   */
  public record Settings(HttpServerSettings http, boolean typedTags) {}

  private static final Section SECTION =
      new Section("zipkin", "Receives spans from Zipkin clients.");
  private static final HttpServerSettings.Keys HTTP_KEYS =
      new HttpServerSettings.Keys(SECTION, "localhost:9411");

  private static final Section HTTP = new Section("http", "HTTP server.");
  private static final HttpServerSettings.Keys UNDER_PROTOCOLS =
      new HttpServerSettings.Keys(HTTP, "localhost:9411");
  private static final Section PROTOCOLS = new Section("protocols", "Protocols to accept.");
  private static final Key<HttpServerSettings> HTTP_KEY =
      PROTOCOLS.optional("http", HTTP.type(UNDER_PROTOCOLS::read), "HTTP server.");

  /** The other keys are the Collector's deprecated equivalents. */
  private static final Key<YamlObject> PROTOCOLS_KEY =
      SECTION.optional(
          "protocols",
          PROTOCOLS.type(o -> o),
          "HTTP server; overrides the server keys at the same level.");

  private static final Key<Boolean> PARSE_TAGS =
      SECTION.key(
          "parse_string_tags",
          Type.BOOL,
          false,
          "If true, tag values that look like numbers or booleans are converted.");

  @Override
  public String type() {
    return "zipkin";
  }

  @Override
  public String about() {
    return "Receives spans of Zipkin: JSON of versions 1 and 2, protobuf, Thrift.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(o -> new Settings(server(o), o.get(PARSE_TAGS)));
  }

  private static HttpServerSettings server(YamlObject o) {
    HttpServerSettings beside = HTTP_KEYS.read(o);
    YamlObject protocols = o.find(PROTOCOLS_KEY);
    HttpServerSettings http = protocols == null ? null : protocols.find(HTTP_KEY);
    return http == null ? beside : http;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.TRACES);
  }

  @Override
  public Receiver create(Settings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(
            settings, outputs, Authenticators.find(settings.http.auth(), context), context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      Settings s, Map<Signal, Consumer> outputs, @Nullable ServerAuth auth, Scheduler clock) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s.http, auth);
    Consumer c = outputs.get(Signal.TRACES);
    if (c != null) {
      new ZipkinProtocol(c, clock, s.typedTags).addTo(endpoint, "");
    }
    return new PushReceiver(null, endpoint, clock::nanos);
  }
}
