package dev.tethys.pipeline.exporter.loki;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.loki.PushWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.pipeline.client.Rejections;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.RetryAfter;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Posts requests to a Loki and evaluates responses as Promtail does: 429 and 5xx are retryable,
 * other rejections are permanent. A request that is too large (413) is split instead of dropped.
 */
final class LokiSender implements Sender {
  static final String TENANT = "X-Scope-OrgID";
  static final String PROTOBUF = "application/x-protobuf";
  static final String JSON = "application/json";

  /** Maximum size of a request that is split again. */
  private static final int MAX_SPLIT = 1 << 29;

  private static final int MAX_REASON = 1024;

  /** Listener for requests. */
  interface Listener {
    /** No consumer requires to hear. */
    Listener NONE =
        new Listener() {
          @Override
          public void answered(int status, double seconds) {}

          @Override
          public void sent(EncodedRequest p) {}

          @Override
          public void dropped(EncodedRequest p, String reason) {}

          @Override
          public void retried(EncodedRequest p) {}
        };

    void answered(int status, double seconds);

    void sent(EncodedRequest p);

    void dropped(EncodedRequest p, String reason);

    void retried(EncodedRequest p);
  }

  /** Creates the client at the first request, so that checking a configuration opens no file. */
  @FunctionalInterface
  interface Clients {
    WebClient open() throws IOException;
  }

  /** Headers of a request in addition to its own. */
  @FunctionalInterface
  interface Headers {
    Map<String, String> get() throws IOException;

    /** Returns all headers of a request as sent. */
    default Map<String, String> edited(Map<String, String> all) throws IOException {
      return ClientAuth.edited(null, all);
    }
  }

  private final URI url;
  private final Headers headers;
  private final Duration timeout;
  private final boolean dropRateLimited;
  private final Clients clients;
  private final LongSupplier millis;
  private final Listener listener;
  private volatile @Nullable WebClient client;

  LokiSender(
      URI url,
      Headers headers,
      Duration timeout,
      boolean dropRateLimited,
      Clients clients,
      LongSupplier millis,
      Listener listener) {
    this.url = url;
    this.headers = headers;
    this.timeout = timeout;
    this.dropRateLimited = dropRateLimited;
    this.clients = clients;
    this.millis = millis;
    this.listener = listener;
  }

  private WebClient client() throws IOException {
    WebClient c = client;
    if (c == null) {
      c = clients.open();
      client = c;
    }
    return c;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(headers.get());
    all.put("Content-Type", PROTOBUF);
    all.putAll(p.headers());
    headers.edited(all);
    ClientRequest call =
        new ClientRequest("POST", url, new LinkedHashMap<>(all), p.body(), timeout, null);
    long begun = System.nanoTime();
    int status = -1;
    String reason;
    Duration after;
    int rejected;
    try (ClientResponse a = client().send(call)) {
      status = a.status();
      rejected = Rejections.items(a);
      after = RetryAfter.of(a, Instant.ofEpochMilli(millis.getAsLong()));
      reason = "HTTP status " + status + (status / 100 == 2 ? "" : firstLine(a));
    } catch (IOException e) {
      listener.retried(p);
      throw e;
    } finally {
      listener.answered(status, (System.nanoTime() - begun) / 1e9);
    }
    if (status / 100 == 2) {
      listener.sent(p);
      return SendResult.DELIVERED;
    }
    if (status == 429 && !dropRateLimited || status / 100 == 5) {
      listener.retried(p);
      return new SendResult.Retryable(after, status == 429 || status == 503, reason);
    }
    if (status == 413) {
      List<EncodedRequest> halves = halves(p);
      if (!halves.isEmpty()) {
        return new SendResult.Split(halves, reason);
      }
    }
    SendResult v = Rejections.sendResult(p, rejected, reason);
    if (v instanceof SendResult.Partial) {
      listener.sent(p);
      return v;
    }
    listener.dropped(p, status == 429 ? LokiMetrics.RATE_LIMITED : LokiMetrics.GENERIC);
    return v;
  }

  private static List<EncodedRequest> halves(EncodedRequest p) {
    if (p.items() < 2) {
      return List.of();
    }
    try {
      if (JSON.equals(p.headers().get("Content-Type"))) {
        return JsonRequestSplit.of(p, MAX_SPLIT);
      }
      int length = SnappyBlock.decodedLength(p.body(), 0, p.body().length, MAX_SPLIT);
      byte[] body = new byte[length + SnappyBlock.SLACK];
      SnappyBlock.decode(p.body(), 0, p.body().length, body);
      List<EncodedRequest> out = new ArrayList<>();
      for (PushWriter.Part part :
          PushWriter.split(Arrays.copyOf(body, length), (p.items() + 1) / 2)) {
        byte[] b = SnappyBlock.encode(part.body(), 0, part.body().length);
        out.add(new EncodedRequest(p.signal(), b, part.entries(), p.lane(), p.headers()));
      }
      return out.stream().mapToInt(EncodedRequest::items).sum() == p.items() ? out : List.of();
    } catch (CodecException | JacksonException e) {
      return List.of();
    }
  }

  /** Returns the first line of the server's message. */
  private static String firstLine(ClientResponse a) {
    String line = a.errorLine(MAX_REASON);
    return line.isEmpty() ? "" : ": " + line;
  }
}
