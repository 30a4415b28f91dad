package dev.tethys.pipeline.exporter.clymene;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.config.Secret;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.client.Rejections;
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
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Posts to a gateway: 429 and 5xx are retryable, 413 splits the request, other rejections are
 * permanent.
 */
final class ClymeneHttpSender implements Sender {
  private static final int MAX_REASON = 1024;

  private final HttpClientSettings settings;
  private final URI url;
  private final @Nullable ClientAuth auth;
  private final Duration timeout;
  private final HttpClientFactory factory;
  private final ClymeneRequestEncoder encoder;

  @GuardedBy("this")
  private @Nullable WebClient client;

  ClymeneHttpSender(
      HttpClientSettings settings,
      URI url,
      @Nullable ClientAuth auth,
      Duration timeout,
      HttpClientFactory factory,
      ClymeneRequestEncoder encoder) {
    this.settings = settings;
    this.url = url;
    this.auth = auth;
    this.timeout = timeout;
    this.factory = factory;
    this.encoder = encoder;
  }

  /**
   * Returns the client, created at the first request so that checking a configuration opens no
   * file.
   */
  private synchronized WebClient client() throws IOException {
    if (client == null) {
      client = factory.client(settings.client());
    }
    return client;
  }

  @Override
  public SendResult send(EncodedRequest queued) throws IOException, InterruptedException {
    EncodedRequest p;
    try {
      p = encoder.form().taking(queued);
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    }
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Map.Entry<String, Secret> h : settings.headers().entrySet()) {
      all.put(h.getKey(), h.getValue().value());
    }
    if (auth != null) {
      all.putAll(auth.headers());
    }
    all.putAll(p.headers());
    ClientAuth.edited(auth, all);
    ClientRequest call =
        new ClientRequest("POST", url, new LinkedHashMap<>(all), p.body(), timeout, null);
    try (ClientResponse a = client().send(call)) {
      int status = a.status();
      if (status / 100 == 2) {
        return SendResult.DELIVERED;
      }
      String reason = "HTTP status " + status + errorText(a);
      if (status == 429 || status / 100 == 5) {
        return new SendResult.Retryable(
            RetryAfter.of(a, encoder.clock().instant()), status == 429 || status == 503, reason);
      }
      if (status == 401 && auth != null) {
        auth.refused();
        return new SendResult.Retryable(Duration.ZERO, false, reason);
      }
      return status == 413
          ? encoder.halves(p, reason)
          : Rejections.sendResult(p, Rejections.items(a), reason);
    }
  }

  private static String errorText(ClientResponse a) {
    String text = a.errorText(MAX_REASON);
    return text.isEmpty() ? "" : ": " + text;
  }
}
