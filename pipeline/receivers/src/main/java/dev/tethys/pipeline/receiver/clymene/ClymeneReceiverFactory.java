package dev.tethys.pipeline.receiver.clymene;

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
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code clymene} receivers, which accept the same data as Clymene's gateways. */
public final class ClymeneReceiverFactory implements ReceiverFactory<GatewaySettings> {
  private static final Type<GatewaySettings> TYPE =
      GatewaySettings.type("clymene", "Receives data that Clymene's programs send to a gateway.");

  @Override
  public String type() {
    return "clymene";
  }

  @Override
  public String about() {
    return "Receives metrics and log lines as Clymene's gateways do, over gRPC and HTTP.";
  }

  @Override
  public Type<GatewaySettings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS);
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
    ClymeneProtocol p = new ClymeneProtocol(outputs);
    GrpcServerEndpoint grpc =
        settings.grpc() == null
            ? null
            : new GrpcServerEndpoint(admission, settings.grpc(), grpcAuth);
    HttpServerEndpoint http =
        settings.http() == null
            ? null
            : new HttpServerEndpoint(admission, settings.http(), httpAuth);
    if (grpc != null) {
      p.addTo(grpc);
    }
    if (http != null) {
      p.addTo(http);
    }
    return new PushReceiver(grpc, http, clock::nanos);
  }
}
