package dev.tethys.pipeline.receiver.clymene;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.loki.LokiProtocol;
import dev.tethys.pipeline.receiver.otlp.OtlpProtocol;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.receiver.remotewrite.RemoteWriteProtocol;
import dev.tethys.pipeline.receiver.remotewrite.RemoteWriteReceiverFactory;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code gateway} receivers: all push protocols on one port for gRPC and one for HTTP.
 * OTLP, remote write, Loki's push and Clymene's data have their own paths, so the protocol is never
 * ambiguous.
 */
public final class GatewayReceiverFactory implements ReceiverFactory<GatewaySettings> {
  private static final Type<GatewaySettings> TYPE =
      GatewaySettings.type("gateway", "Receives everything that is pushed, on two ports.");

  /** Path used by remote write senders of Cortex and Mimir. */
  private static final String CORTEX_PATH = "/api/v1/push";

  @Override
  public String type() {
    return "gateway";
  }

  @Override
  public String about() {
    return "Receives OTLP, remote write, Loki's push and Clymene's, over gRPC and HTTP.";
  }

  @Override
  public Type<GatewaySettings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.TRACES, Signal.METRICS, Signal.LOGS);
  }

  @Override
  public Receiver create(GatewaySettings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(
            settings,
            outputs,
            Authenticators.find(settings.grpc() == null ? null : settings.grpc().auth(), context),
            Authenticators.find(settings.http() == null ? null : settings.http().auth(), context),
            context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      GatewaySettings settings,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth grpcAuth,
      @Nullable ServerAuth httpAuth,
      Scheduler clock) {
    ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    GrpcServerEndpoint grpc =
        settings.grpc() == null
            ? null
            : new GrpcServerEndpoint(admission, settings.grpc(), grpcAuth);
    HttpServerEndpoint http =
        settings.http() == null
            ? null
            : new HttpServerEndpoint(admission, settings.http(), httpAuth);
    Consumer metrics = outputs.get(Signal.METRICS);
    Consumer logs = outputs.get(Signal.LOGS);
    ClymeneProtocol clymene = new ClymeneProtocol(outputs);
    LokiProtocol loki = logs == null ? null : new LokiProtocol(logs, true, clock);
    if (grpc != null) {
      clymene.addTo(grpc);
      if (loki != null) {
        loki.addTo(grpc);
      }
    }
    if (http != null) {
      clymene.addTo(http);
      if (loki != null) {
        loki.addTo(http);
      }
      if (metrics != null) {
        RemoteWriteProtocol write = new RemoteWriteProtocol(metrics);
        write.addTo(http, RemoteWriteReceiverFactory.PATH);
        write.addTo(http, CORTEX_PATH);
      }
    }
    for (OtlpSignal s : OtlpSignal.values()) {
      OtlpProtocol p = OtlpProtocol.of(s, outputs);
      if (p != null && grpc != null) {
        p.addTo(grpc);
      }
      if (p != null && http != null) {
        p.addTo(http, "/v1/" + s.name().toLowerCase(Locale.ROOT));
      }
    }
    return new PushReceiver(grpc, http, clock::nanos);
  }
}
