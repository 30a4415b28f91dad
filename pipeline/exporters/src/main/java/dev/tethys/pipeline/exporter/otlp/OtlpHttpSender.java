package dev.tethys.pipeline.exporter.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.codec.otlp.wire.RpcStatus;
import dev.tethys.config.Secret;
import dev.tethys.pipeline.client.FirstUseClient;
import dev.tethys.pipeline.client.ServerSystemErrors;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.RetryAfter;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Exports over HTTP and evaluates responses by the OTLP specification: 429, 502, 503 and 504 are
 * retryable, other rejections are permanent. A request that is too large (413) is split.
 */
final class OtlpHttpSender implements Sender {
  /** Maximum number of bytes read from a response. */
  static final int MAX_ANSWER = 64 << 10;

  private static final int MAX_REASON = 1024;

  /** Creates the client at the first request, so that checking a configuration opens no file. */
  @FunctionalInterface
  interface Clients {
    WebClient open(HttpClientFactory factory) throws IOException;
  }

  private final OtlpRequestEncoder encoder;
  private final URI url;
  private final Map<String, Secret> headers;
  private final @Nullable ClientAuth auth;
  private final Duration timeout;
  private final LongSupplier millis;
  private final System.Logger log;
  private final FirstUseClient client;

  OtlpHttpSender(
      OtlpRequestEncoder encoder,
      URI url,
      Map<String, Secret> headers,
      @Nullable ClientAuth auth,
      Duration timeout,
      HttpClientFactory factory,
      Clients clients,
      LongSupplier millis,
      System.Logger log) {
    this.encoder = encoder;
    this.url = url;
    this.headers = headers;
    this.auth = auth;
    this.timeout = timeout;
    this.client = new FirstUseClient(() -> clients.open(factory));
    this.millis = millis;
    this.log = log;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach((k, v) -> all.put(k, v.value()));
    if (auth != null) {
      all.putAll(auth.headers());
    }
    all.putAll(p.headers());
    ClientAuth.edited(auth, all);
    ClientRequest call =
        new ClientRequest("POST", url, new LinkedHashMap<>(all), p.body(), timeout, null);
    try (ClientResponse a = client.get().send(call)) {
      if (a.status() / 100 == 2) {
        return PartialSuccess.sendResult(p, response(a), log);
      }
      String message = errorText(a);
      String reason = "HTTP status " + a.status() + shown(message);
      return switch (a.status()) {
        case 429, 502, 503, 504 ->
            new SendResult.Retryable(
                RetryAfter.of(a, Instant.ofEpochMilli(millis.getAsLong())),
                a.status() == 429 || a.status() == 503,
                reason);
        case 413 -> {
          List<EncodedRequest> halves = encoder.halves(p);
          yield halves.isEmpty()
              ? new SendResult.Permanent(reason)
              : new SendResult.Split(halves, reason);
        }
        case 401 -> {
          if (auth == null) {
            yield new SendResult.Permanent(reason);
          }
          auth.refused();
          yield new SendResult.Retryable(Duration.ZERO, false, reason);
        }
        default ->
            // only for server errors: a rejection may quote sent data
            a.status() == 507 || (a.status() / 100 == 5 && ServerSystemErrors.isInTrouble(message))
                ? new SendResult.Retryable(Duration.ZERO, true, reason)
                : new SendResult.Permanent(reason);
      };
    }
  }

  private static byte[] head(ClientResponse a, int most) throws IOException {
    try (InputStream in = a.body()) {
      return in.readNBytes(most);
    }
  }

  private static boolean is(ClientResponse a, String type) {
    return a.header("Content-Type", "").startsWith(type);
  }

  private OtlpResponse response(ClientResponse a) throws IOException {
    byte[] b = head(a, MAX_ANSWER);
    try {
      if (b.length == 0) {
        return OtlpResponse.OK;
      }
      if (is(a, OtlpRequestEncoder.JSON)) {
        return OtlpResponse.fromJson(encoder.signal(), b);
      }
      return is(a, OtlpRequestEncoder.PROTOBUF) ? OtlpResponse.fromProtobuf(b) : OtlpResponse.OK;
    } catch (CodecException e) {
      return OtlpResponse.OK; // success without a readable body
    }
  }

  private static String shown(String message) {
    String s = message.length() > MAX_REASON ? message.substring(0, MAX_REASON) : message;
    return s.isEmpty() ? "" : ": " + s;
  }

  private static String errorText(ClientResponse a) {
    try {
      byte[] b = head(a, MAX_ANSWER);
      return is(a, OtlpRequestEncoder.PROTOBUF)
          ? RpcStatus.fromProtobuf(b).message()
          : new String(b, StandardCharsets.UTF_8).strip();
    } catch (IOException | CodecException e) {
      return "";
    }
  }
}
