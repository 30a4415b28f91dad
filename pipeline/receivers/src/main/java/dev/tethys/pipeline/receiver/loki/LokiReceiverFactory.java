package dev.tethys.pipeline.receiver.loki;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
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
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code loki} receivers. */
public final class LokiReceiverFactory implements ReceiverFactory<LokiReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param grpc null if it does not serve gRPC
   * @param http null if it does not serve HTTP
   * @param keepTimes whether lines keep the time of their sender
   */
  public record Settings(
      @Nullable GrpcServerSettings grpc, @Nullable HttpServerSettings http, boolean keepTimes) {}

  private record Protocols(@Nullable GrpcServerSettings grpc, @Nullable HttpServerSettings http) {}

  private static final Section HTTP = new Section("http", "Loki's push API over HTTP.");
  private static final HttpServerSettings.Keys HTTP_KEYS =
      new HttpServerSettings.Keys(HTTP, "localhost:3500");
  private static final Type<HttpServerSettings> HTTP_TYPE = HTTP.type(HTTP_KEYS::read);
  private static final Type<GrpcServerSettings> GRPC_TYPE =
      GrpcServerSettings.type("localhost:3600");

  private static final Section PROTOCOLS =
      new Section(
          "protocols", "Protocols to accept; a key without a value uses the protocol's defaults.");
  private static final Key<GrpcServerSettings> GRPC_KEY =
      PROTOCOLS.optional("grpc", GRPC_TYPE, "logproto.Pusher over gRPC.");
  private static final Key<HttpServerSettings> HTTP_KEY =
      PROTOCOLS.optional("http", HTTP_TYPE, "/loki/api/v1/push over HTTP.");

  private static final Section SECTION =
      new Section("loki", "Receives log streams over Loki's push API.");
  private static final Key<Protocols> PROTOCOLS_KEY =
      SECTION.required(
          "protocols", PROTOCOLS.type(LokiReceiverFactory::protocols), "Protocols to accept.");
  private static final Key<Boolean> KEEP_TIMES =
      SECTION.key(
          "use_incoming_timestamp",
          Type.BOOL,
          false,
          "If true, entries keep the timestamp of the sender; otherwise they get "
              + "the time of arrival.");

  private static Protocols protocols(YamlObject o) {
    Protocols p = new Protocols(read(o, GRPC_KEY, GRPC_TYPE), read(o, HTTP_KEY, HTTP_TYPE));
    if (p.grpc == null && p.http == null) {
      throw o.error("must specify at least one protocol when using the Loki receiver: grpc, http");
    }
    return p;
  }

  /** Reads a key; one without a value enables its protocol. */
  private static <T> @Nullable T read(YamlObject o, Key<T> key, Type<T> type) {
    YamlNode n = o.at(key);
    return n == null ? null : type.read(n);
  }

  @Override
  public String type() {
    return "loki";
  }

  @Override
  public String about() {
    return "Receives log lines that are pushed as to Loki, over gRPC and HTTP.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          Protocols p = o.get(PROTOCOLS_KEY);
          return new Settings(p.grpc, p.http, o.get(KEEP_TIMES));
        });
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Receiver create(Settings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(
            settings,
            outputs,
            Authenticators.find(settings.grpc == null ? null : settings.grpc.auth(), context),
            Authenticators.find(settings.http == null ? null : settings.http.auth(), context),
            context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      Settings settings,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth grpcAuth,
      @Nullable ServerAuth httpAuth,
      Scheduler clock) {
    ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    GrpcServerEndpoint grpc =
        settings.grpc == null ? null : new GrpcServerEndpoint(admission, settings.grpc, grpcAuth);
    HttpServerEndpoint http =
        settings.http == null ? null : new HttpServerEndpoint(admission, settings.http, httpAuth);
    Consumer c = outputs.get(Signal.LOGS);
    if (c != null) {
      LokiProtocol p = new LokiProtocol(c, settings.keepTimes, clock);
      if (grpc != null) {
        p.addTo(grpc);
      }
      if (http != null) {
        p.addTo(http);
      }
    }
    return new PushReceiver(grpc, http, clock::nanos);
  }
}
