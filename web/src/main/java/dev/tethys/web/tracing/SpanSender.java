package dev.tethys.web.tracing;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.web.client.Answer;
import dev.tethys.web.client.Call;
import dev.tethys.web.client.GrpcChannel;
import dev.tethys.web.client.GrpcReply;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Sends requests of OTLP, and says what the answers mean. */
interface SpanSender extends AutoCloseable {
  /** What became of a request. */
  sealed interface Outcome {
    /** It was taken, but for so many spans. */
    record Taken(long rejected, String message) implements Outcome {}

    /** It may be sent again later. */
    record Later(String problem) implements Outcome {}

    /** It must not be sent again. */
    record Never(String problem) implements Outcome {}
  }

  /** As much of an answer is read. */
  int MAX_ANSWER = 64 << 10;

  /** How long a silent connection over gRPC lives before it is asked whether it does. */
  Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(20);

  String USER_AGENT = "Tethys";

  /**
   * Sends one.
   *
   * @param body an OTLP request for traces
   * @throws IOException when no answer came
   */
  Outcome send(byte[] body) throws IOException, InterruptedException;

  @Override
  void close();

  /**
   * One that sends as a configuration says.
   *
   * @throws IOException when a file that it names cannot be read
   */
  static SpanSender of(TracingConfig c, HttpClientFactory clients) throws IOException {
    return switch (c.client()) {
      case GRPC -> grpc(c);
      case HTTP -> http(c, clients);
    };
  }

  private static byte[] packed(TracingConfig c, byte[] body) {
    return c.gzip()
        ? Compression.GZIP.compress(body, 0, body.length, Compression.DEFAULT_LEVEL)
        : body;
  }

  private static Outcome taken(byte[] answer) {
    try {
      OtlpResponse r = answer.length == 0 ? OtlpResponse.OK : OtlpResponse.fromProtobuf(answer);
      return new Outcome.Taken(Math.max(0, r.rejected()), r.message());
    } catch (CodecException e) {
      return new Outcome.Taken(0, ""); // it said that all is well, and with it nothing readable
    }
  }

  private static SpanSender grpc(TracingConfig c) {
    TracingConfig.Address to = c.address();
    GrpcChannel channel =
        new GrpcChannel(
            new GrpcChannel.Options(
                to.host(),
                to.port(),
                null,
                c.insecure() ? null : c.tls(),
                "",
                false,
                Duration.ZERO,
                KEEPALIVE_TIMEOUT,
                false,
                USER_AGENT));
    Map<String, String> headers = new LinkedHashMap<>();
    c.headers().forEach((k, v) -> headers.put(k.toLowerCase(Locale.ROOT), v.value()));
    return new SpanSender() {
      @Override
      public Outcome send(byte[] body) throws IOException, InterruptedException {
        GrpcReply r =
            channel.call(
                OtlpSignal.TRACES.grpcPath(),
                headers,
                packed(c, body),
                c.gzip() ? "gzip" : "",
                c.requestTimeout());
        String problem = r.statusName() + (r.message().isEmpty() ? "" : ": " + r.message());
        return switch (r.status()) {
          case GrpcReply.OK -> taken(r.body());
          case GrpcReply.CANCELLED,
              GrpcReply.DEADLINE_EXCEEDED,
              GrpcReply.RESOURCE_EXHAUSTED,
              GrpcReply.ABORTED,
              GrpcReply.OUT_OF_RANGE,
              GrpcReply.UNAVAILABLE,
              GrpcReply.DATA_LOSS ->
              new Outcome.Later(problem);
          default -> new Outcome.Never(problem);
        };
      }

      @Override
      public void close() {
        channel.close();
      }
    };
  }

  private static SpanSender http(TracingConfig c, HttpClientFactory clients) throws IOException {
    TracingConfig.Address to = c.address();
    String host = to.host().indexOf(':') >= 0 ? "[" + to.host() + "]" : to.host();
    URI url =
        URI.create(
            (c.insecure() ? "http://" : "https://")
                + host
                + ":"
                + to.port()
                + OtlpSignal.TRACES.httpPath());
    WebClient client =
        clients.client(
            new HttpClientConfig(
                null,
                null,
                null,
                c.tls(),
                true,
                true,
                new ProxyConfig(null, "", true, Map.of()), // as OpenTelemetry's exporter does
                Map.of()));
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/x-protobuf");
    if (c.gzip()) {
      headers.put("Content-Encoding", "gzip");
    }
    c.headers().forEach((k, v) -> headers.put(k, v.value()));
    return new SpanSender() {
      @Override
      public Outcome send(byte[] body) throws IOException, InterruptedException {
        Call call = new Call("POST", url, headers, packed(c, body), c.requestTimeout(), null);
        try (Answer a = client.send(call)) {
          byte[] said = a.body().readNBytes(MAX_ANSWER);
          if (a.status() / 100 == 2) {
            boolean readable = a.header("Content-Type", "").startsWith("application/x-protobuf");
            return taken(readable ? said : new byte[0]);
          }
          String problem = "HTTP status " + a.status();
          return switch (a.status()) {
            case 429, 502, 503, 504 -> new Outcome.Later(problem);
            default -> new Outcome.Never(problem);
          };
        }
      }

      @Override
      public void close() {
        // connections are shared, and are the factory's
      }
    };
  }
}
