package dev.tethys.pipeline.receiver.otlp;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.server.Listeners;
import dev.tethys.web.HttpListener;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Listens for OTLP. A request is answered once its batch has been settled: success means that every
 * destination has it or has it on disk.
 */
final class OtlpReceiver implements Receiver {
  private final OtlpReceiverSettings settings;
  private final Map<Signal, Consumer> outputs;
  private final @Nullable ServerAuth grpcAuth;
  private final @Nullable ServerAuth httpAuth;
  private final Clockwork clock;
  private final Intake intake;
  private @Nullable HttpListener grpc;
  private @Nullable HttpListener http;

  OtlpReceiver(
      OtlpReceiverSettings settings,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth grpcAuth,
      @Nullable ServerAuth httpAuth,
      Clockwork clock) {
    this.settings = settings;
    this.outputs = Map.copyOf(outputs);
    this.grpcAuth = grpcAuth;
    this.httpAuth = httpAuth;
    this.clock = clock;
    this.intake = new Intake(Intake.DEFAULT_MAX_BYTES);
  }

  static Signal signal(OtlpSignal s) {
    return switch (s) {
      case TRACES -> Signal.TRACES;
      case METRICS -> Signal.METRICS;
      case LOGS -> Signal.LOGS;
    };
  }

  @Override
  public void start() throws IOException {
    try {
      if (settings.grpc() != null) {
        Routes routes = new Routes();
        for (OtlpSignal s : OtlpSignal.values()) {
          Consumer c = outputs.get(signal(s));
          if (c != null) {
            routes.post(
                s.grpcPath(), new GrpcIntake(intake, s, c, settings.grpc(), grpcAuth).handler());
          }
        }
        grpc = Listeners.start(settings.grpc(), routes, clock::nanos);
      }
      OtlpReceiverSettings.Http h = settings.http();
      if (h != null) {
        Routes routes = new Routes();
        for (OtlpSignal s : OtlpSignal.values()) {
          Consumer c = outputs.get(signal(s));
          if (c != null) {
            String path =
                switch (s) {
                  case TRACES -> h.tracesPath();
                  case METRICS -> h.metricsPath();
                  case LOGS -> h.logsPath();
                };
            new HttpIntake(intake, s, c, h.server(), httpAuth).addTo(routes, path);
          }
        }
        http = Listeners.start(h.server(), routes, clock::nanos);
      }
    } catch (IOException | RuntimeException e) {
      stop(Duration.ZERO);
      throw e;
    }
  }

  /** The port of gRPC, once started. */
  int grpcPort() {
    return grpc == null ? -1 : grpc.port();
  }

  /** The port of HTTP, once started. */
  int httpPort() {
    return http == null ? -1 : http.port();
  }

  @Override
  public void stop(Duration patience) {
    if (grpc != null) {
      grpc.close();
    }
    if (http != null) {
      http.close();
    }
  }
}
