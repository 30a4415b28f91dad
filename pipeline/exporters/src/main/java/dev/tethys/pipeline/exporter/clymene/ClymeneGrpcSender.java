package dev.tethys.pipeline.exporter.clymene;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.client.Rejections;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Calls gateways in turn. Clymene's gateways report a failing database as UNKNOWN, which is
 * retried.
 */
final class ClymeneGrpcSender implements Sender {
  private static final String METRICS = "/prometheus.ClymeneService/RequestMetrics";
  private static final String HEALTH = "/grpc.health.v1.Health/Check";
  private static final String LOGS = "/logproto.Gateway/TransferBatch";

  private final GrpcClientSettings settings;
  private final @Nullable ClientAuth auth;
  private final Duration timeout;
  private final ClymeneRequestEncoder encoder;
  private final List<GrpcChannel> channels;
  private final List<String> addresses;
  private final AtomicInteger turn = new AtomicInteger();

  ClymeneGrpcSender(
      List<GrpcClientSettings> gateways,
      @Nullable ClientAuth auth,
      Duration timeout,
      ClymeneRequestEncoder encoder) {
    this.settings = gateways.getFirst();
    this.auth = auth;
    this.timeout = timeout;
    this.encoder = encoder;
    this.channels = gateways.stream().map(g -> new GrpcChannel(g.channel())).toList();
    this.addresses =
        gateways.stream().map(g -> g.channel().host() + ":" + g.channel().port()).toList();
  }

  /** Returns the number of gateways. */
  int gateways() {
    return channels.size();
  }

  /** Returns the address of a gateway. */
  String gateway(int number) {
    return addresses.get(number);
  }

  /** Calls the optional gRPC health service of a gateway. */
  GrpcReply checkHealth(int number) throws IOException, InterruptedException {
    return channels
        .get(number)
        .call(HEALTH, ClientAuth.edited(auth, headers()), new byte[0], "", timeout);
  }

  private Map<String, String> headers() throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    settings.headers().forEach((k, v) -> headers.put(k, v.value()));
    if (auth != null) {
      auth.headers().forEach((k, v) -> headers.put(k.toLowerCase(Locale.ROOT), v));
    }
    return headers;
  }

  @Override
  public SendResult send(EncodedRequest queued) throws IOException, InterruptedException {
    EncodedRequest p;
    try {
      p = encoder.form().taking(queued);
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    }
    Map<String, String> headers = headers();
    p.headers().forEach((k, v) -> headers.put(k.toLowerCase(Locale.ROOT), v));
    String encoding = headers.remove(GatewayFormat.ENCODING);
    ClientAuth.edited(auth, headers);
    GrpcChannel c = channels.get(Math.floorMod(turn.getAndIncrement(), channels.size()));
    GrpcReply r =
        c.call(
            p.signal() == Signal.METRICS ? METRICS : LOGS,
            headers,
            p.body(),
            encoding == null ? "" : encoding,
            timeout);
    String reason = r.statusName() + (r.message().isEmpty() ? "" : ": " + r.message());
    return switch (r.status()) {
      case GrpcReply.OK -> SendResult.DELIVERED;
      case GrpcReply.UNKNOWN,
          GrpcReply.CANCELLED,
          GrpcReply.DEADLINE_EXCEEDED,
          GrpcReply.ABORTED,
          GrpcReply.INTERNAL,
          GrpcReply.UNAVAILABLE ->
          new SendResult.Retryable(
              Duration.ZERO, r.status() == GrpcReply.DEADLINE_EXCEEDED, reason);
      case GrpcReply.RESOURCE_EXHAUSTED ->
          r.message().contains("larger than")
              ? encoder.halves(p, reason)
              : new SendResult.Retryable(Duration.ZERO, true, reason);
      case GrpcReply.UNAUTHENTICATED -> {
        if (auth == null) {
          yield new SendResult.Permanent(reason);
        }
        auth.refused();
        yield new SendResult.Retryable(Duration.ZERO, false, reason);
      }
      default -> Rejections.sendResult(p, Rejections.items(r), reason);
    };
  }

  @Override
  public void close() {
    channels.forEach(GrpcChannel::close);
  }
}
