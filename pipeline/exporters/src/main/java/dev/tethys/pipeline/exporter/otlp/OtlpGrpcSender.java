package dev.tethys.pipeline.exporter.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.RpcStatus;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.client.ServerSystemErrors;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Exports over gRPC and evaluates responses as specified by OTLP. A request that the server finds
 * too large is halved.
 */
public final class OtlpGrpcSender implements Sender {
  private final OtlpRequestEncoder encoder;
  private final GrpcClientSettings settings;
  private final @Nullable ClientAuth auth;
  private final Duration timeout;
  private final System.Logger log;
  private final GrpcChannel channel;

  /**
   * Calls a server; opens a connection at the first call.
   *
   * @param auth null if calls do not authenticate
   */
  public OtlpGrpcSender(
      OtlpRequestEncoder encoder,
      GrpcClientSettings settings,
      @Nullable ClientAuth auth,
      Duration timeout,
      System.Logger log) {
    this.encoder = encoder;
    this.settings = settings;
    this.auth = auth;
    this.timeout = timeout;
    this.log = log;
    this.channel = new GrpcChannel(settings.channel());
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>();
    settings.headers().forEach((k, v) -> headers.put(k, v.value()));
    if (auth != null) {
      auth.headers().forEach((k, v) -> headers.put(k.toLowerCase(Locale.ROOT), v));
    }
    p.headers().forEach((k, v) -> headers.put(k.toLowerCase(Locale.ROOT), v));
    String encoding = headers.remove("grpc-encoding");
    headers.remove("content-type");
    ClientAuth.edited(auth, headers);
    GrpcReply r =
        channel.call(
            encoder.signal().grpcPath(),
            headers,
            p.body(),
            encoding == null ? "" : encoding,
            timeout);
    return sendResult(p, r);
  }

  private SendResult sendResult(EncodedRequest p, GrpcReply r) {
    String reason = r.statusName() + (r.message().isEmpty() ? "" : ": " + r.message());
    Duration delay = delay(r);
    if (r.status() != GrpcReply.OK
        && r.status() != GrpcReply.INVALID_ARGUMENT // may quote sent data
        && ServerSystemErrors.isInTrouble(r.message())) {
      return new SendResult.Retryable(delay == null ? Duration.ZERO : delay, true, reason);
    }
    return switch (r.status()) {
      case GrpcReply.OK -> PartialSuccess.sendResult(p, response(r.body()), log);
      case GrpcReply.CANCELLED,
          GrpcReply.DEADLINE_EXCEEDED,
          GrpcReply.ABORTED,
          GrpcReply.OUT_OF_RANGE,
          GrpcReply.UNAVAILABLE,
          GrpcReply.DATA_LOSS ->
          new SendResult.Retryable(
              delay == null ? Duration.ZERO : delay,
              delay != null || r.status() == GrpcReply.DEADLINE_EXCEEDED,
              reason);
      case GrpcReply.RESOURCE_EXHAUSTED -> {
        if (delay != null) {
          yield new SendResult.Retryable(delay, true, reason);
        }
        List<EncodedRequest> halves = tooLarge(r.message()) ? encoder.halves(p) : List.of();
        yield halves.isEmpty()
            ? new SendResult.Permanent(reason)
            : new SendResult.Split(halves, reason);
      }
      case GrpcReply.UNAUTHENTICATED -> {
        if (auth == null) {
          yield new SendResult.Permanent(reason);
        }
        auth.refused();
        yield new SendResult.Retryable(Duration.ZERO, false, reason);
      }
      default -> new SendResult.Permanent(reason);
    };
  }

  /** Whether a message means that the request is too large; gRPC has no specific status for it. */
  private static boolean tooLarge(String message) {
    String m = message.toLowerCase(Locale.ROOT);
    return m.contains("larger than") || m.contains("too large") || m.contains("exceeds maximum");
  }

  private static @Nullable Duration delay(GrpcReply r) {
    byte[] details = r.details();
    if (details == null) {
      return null;
    }
    try {
      return RpcStatus.fromProtobuf(details).retryDelay();
    } catch (CodecException e) {
      return null; // the status is specific enough
    }
  }

  private static OtlpResponse response(byte[] body) {
    try {
      return OtlpResponse.fromProtobuf(body);
    } catch (CodecException e) {
      return OtlpResponse.OK; // OK without a readable body
    }
  }

  @Override
  public void close() {
    channel.close();
    log.log(Level.DEBUG, "connections closed");
  }
}
