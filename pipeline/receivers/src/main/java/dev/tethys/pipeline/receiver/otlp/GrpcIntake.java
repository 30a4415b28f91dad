package dev.tethys.pipeline.receiver.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.RpcStatus;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.otlp.Intake.BusyException;
import dev.tethys.pipeline.receiver.otlp.Intake.Hold;
import dev.tethys.pipeline.receiver.server.GrpcServerSettings;
import dev.tethys.pipeline.receiver.server.Listeners;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.GrpcException.Status;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One signal of OTLP over gRPC. */
final class GrpcIntake {
  private final Intake intake;
  private final OtlpSignal signal;
  private final Consumer to;
  private final GrpcServerSettings settings;
  private final @Nullable ServerAuth auth;

  GrpcIntake(
      Intake intake,
      OtlpSignal signal,
      Consumer to,
      GrpcServerSettings settings,
      @Nullable ServerAuth auth) {
    this.intake = intake;
    this.signal = signal;
    this.to = to;
    this.settings = settings;
    this.auth = auth;
  }

  HttpHandler handler() {
    return Grpc.unary(settings.maxMessageBytes(), this::call);
  }

  private byte[] call(byte[] message, HttpRequest request)
      throws GrpcException, InterruptedException {
    if (auth != null && !auth.accepts(request::headers)) {
      throw new GrpcException(Status.UNAUTHENTICATED, "not authenticated");
    }
    Outcome outcome;
    try (Hold hold = intake.open()) {
      hold.take(message.length);
      Metadata metadata = settings.includeMetadata() ? Listeners.metadata(request) : Metadata.NONE;
      outcome =
          intake.take(
              signal, message, metadata, to, request, timeout(request.header("grpc-timeout")));
    } catch (BusyException e) {
      outcome = e.outcome();
    } catch (CodecException e) {
      throw failure(Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()), null);
    }
    return switch (outcome) {
      case Outcome.Accepted a -> new byte[0];
      case Outcome.Rejected r -> {
        if (Answers.isWhole(r, signal, message)) {
          throw failure(Status.INVALID_ARGUMENT, r.reason(), null);
        }
        yield new OtlpResponse(r.items(), r.reason()).toProtobuf();
      }
      case Outcome.Unavailable u ->
          throw failure(
              Status.UNAVAILABLE, u.reason(), u.retryAfter().isPositive() ? u.retryAfter() : null);
    };
  }

  private static GrpcException failure(Status status, String message, @Nullable Duration retry) {
    return new GrpcException(
        status,
        message,
        retry == null ? null : new RpcStatus(status.code(), message, retry).toProtobuf());
  }

  /** What a client grants: at most eight digits and a unit, as gRPC has it. */
  static Duration timeout(@Nullable String text) {
    if (text == null || !text.matches("\\d{1,8}[HMSmun]")) {
      return Intake.MAX_WAIT;
    }
    long n = Long.parseLong(text, 0, text.length() - 1, 10);
    Duration d =
        switch (text.charAt(text.length() - 1)) {
          case 'H' -> Duration.ofHours(n);
          case 'M' -> Duration.ofMinutes(n);
          case 'S' -> Duration.ofSeconds(n);
          case 'm' -> Duration.ofMillis(n);
          case 'u' -> Duration.ofNanos(n * 1000);
          default -> Duration.ofNanos(n);
        };
    return d.compareTo(Intake.MAX_WAIT) < 0 ? d : Intake.MAX_WAIT;
  }
}
