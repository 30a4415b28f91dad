package dev.tethys.pipeline.receiver.otlp;

import dev.tethys.codec.otlp.wire.OtlpSignal;
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

/** Creates {@code otlp} receivers. */
public final class OtlpReceiverFactory implements ReceiverFactory<OtlpReceiverSettings> {
  @Override
  public String type() {
    return "otlp";
  }

  @Override
  public String about() {
    return "Receives traces, metrics, logs and profiles by OTLP over gRPC and HTTP.";
  }

  @Override
  public Type<OtlpReceiverSettings> settings() {
    return OtlpReceiverSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  @Override
  public Receiver create(
      OtlpReceiverSettings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(
            settings,
            outputs,
            Authenticators.find(settings.grpc() == null ? null : settings.grpc().auth(), context),
            Authenticators.find(
                settings.http() == null ? null : settings.http().server().auth(), context),
            context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      OtlpReceiverSettings settings,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth grpcAuth,
      @Nullable ServerAuth httpAuth,
      Scheduler clock) {
    ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    OtlpReceiverSettings.Http h = settings.http();
    GrpcServerEndpoint grpc =
        settings.grpc() == null
            ? null
            : new GrpcServerEndpoint(admission, settings.grpc(), grpcAuth);
    HttpServerEndpoint http =
        h == null ? null : new HttpServerEndpoint(admission, h.server(), httpAuth);
    for (OtlpSignal s : OtlpSignal.values()) {
      OtlpProtocol p = OtlpProtocol.of(s, outputs);
      if (p != null && grpc != null) {
        p.addTo(grpc);
      }
      if (p != null && http != null && h != null) {
        p.addTo(http, h.path(s));
      }
    }
    return new PushReceiver(grpc, http, clock::nanos);
  }
}
