package dev.tethys.web.client;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sends the process's own telemetry as OTLP requests and interprets the responses. */
public interface OtlpSender extends AutoCloseable {
  /** Request outcome. */
  sealed interface Outcome {
    /** Accepted, except for the given number of rejected items. */
    record Accepted(long rejected, String message) implements Outcome {}

    /** Failed with an error that permits a retry. */
    record Later(String problem) implements Outcome {}

    /** Failed permanently; must not be sent again. */
    record Never(String problem) implements Outcome {}
  }

  /**
   * Request settings.
   *
   * @param tls null if none over gRPC; over HTTP the scheme of the URL decides
   * @param headers headers of every request
   * @param timeout timeout of a single request
   */
  record Options(
      OtlpSignal signal,
      @Nullable TlsConfig tls,
      boolean gzip,
      Map<String, Secret> headers,
      Duration timeout) {
    private byte[] packed(byte[] body) {
      return gzip
          ? Compression.GZIP.compress(body, 0, body.length, Compression.DEFAULT_LEVEL)
          : body;
    }
  }

  /** Maximum number of bytes read of a response. */
  int MAX_ANSWER = 64 << 10;

  /** Characters of an error text that are shown. */
  int MAX_REASON = 200;

  /**
   * Sends one.
   *
   * @param body an OTLP request in protobuf
   * @throws IOException if no response arrives
   */
  Outcome send(byte[] body) throws IOException, InterruptedException;

  /** Returns a copy with another timeout. */
  Outcome send(byte[] body, Duration timeout) throws IOException, InterruptedException;

  @Override
  void close();

  /** Returns the beginning of a response's text, after a colon; empty if it has none. */
  private static String reason(ClientResponse a, byte[] answerBody) {
    if (!a.header("Content-Type", "").startsWith("text/plain")) {
      return "";
    }
    String text =
        new String(answerBody, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}+", " ").strip();
    return text.isEmpty() ? "" : ": " + text.substring(0, Math.min(MAX_REASON, text.length()));
  }

  private static Outcome taken(byte[] answer) {
    try {
      OtlpResponse r = answer.length == 0 ? OtlpResponse.OK : OtlpResponse.fromProtobuf(answer);
      return new Outcome.Accepted(Math.max(0, r.rejected()), r.message());
    } catch (CodecException e) {
      return new Outcome.Accepted(0, ""); // it said that all is well, and with it nothing readable
    }
  }

  /**
   * Creates a sender over gRPC.
   *
   * @param roundRobin whether calls rotate among all addresses instead of using the first reachable
   *     one
   */
  static OtlpSender grpc(Options m, String host, int port, boolean roundRobin, String userAgent) {
    GrpcChannel channel =
        new GrpcChannel(
            new GrpcChannel.Options(
                host,
                port,
                null,
                m.tls,
                "",
                roundRobin,
                Duration.ZERO,
                Duration.ZERO,
                false,
                userAgent));
    Map<String, String> headers = new LinkedHashMap<>();
    m.headers.forEach((k, v) -> headers.put(k.toLowerCase(Locale.ROOT), v.value()));
    return new OtlpSender() {
      @Override
      public Outcome send(byte[] body) throws IOException, InterruptedException {
        return send(body, m.timeout);
      }

      @Override
      public Outcome send(byte[] body, Duration timeout) throws IOException, InterruptedException {
        GrpcReply r =
            channel.call(
                m.signal.grpcPath(), headers, m.packed(body), m.gzip ? "gzip" : "", timeout);
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

  /**
   * Creates a sender over HTTP; connections are the factory's.
   *
   * @param url URL including its path
   * @throws IOException if a file that TLS names cannot be read
   */
  static OtlpSender http(Options m, URI url, HttpClientFactory clients) throws IOException {
    WebClient client =
        clients.client(
            new HttpClientConfig(
                null,
                null,
                null,
                m.tls == null ? TlsConfig.DEFAULT : m.tls,
                false, // it would become a GET, and headers are secrets that it takes elsewhere
                true,
                new ProxyConfig(null, "", true, Map.of()), // as OpenTelemetry's exporter does
                Map.of()));
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/x-protobuf");
    if (m.gzip) {
      headers.put("Content-Encoding", "gzip");
    }
    m.headers.forEach((k, v) -> headers.put(k, v.value()));
    return new OtlpSender() {
      @Override
      public Outcome send(byte[] body) throws IOException, InterruptedException {
        return send(body, m.timeout);
      }

      @Override
      public Outcome send(byte[] body, Duration timeout) throws IOException, InterruptedException {
        ClientRequest call = new ClientRequest("POST", url, headers, m.packed(body), timeout, null);
        try (ClientResponse a = client.send(call)) {
          byte[] answerBody = a.body().readNBytes(MAX_ANSWER);
          if (a.status() / 100 == 2) {
            boolean readable = a.header("Content-Type", "").startsWith("application/x-protobuf");
            return taken(readable ? answerBody : new byte[0]);
          }
          String to = a.header("Location");
          String problem =
              "HTTP status "
                  + a.status()
                  + (a.status() / 100 == 3 && to != null
                      ? ", a redirection, which is not followed: name the URL "
                          + to.split("\\?", 2)[0]
                      : reason(a, answerBody));
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
