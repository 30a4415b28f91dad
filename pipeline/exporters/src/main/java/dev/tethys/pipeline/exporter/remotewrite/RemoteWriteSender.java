package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.RetryAfter;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Posts requests to one remote write endpoint and evaluates responses as Prometheus does: 5xx, and
 * 429 where configured, are retryable; other rejections are permanent.
 *
 * <p>It avoids losses that Prometheus accepts. A receiver without 2.0 (415, or a success without
 * counts) gets 1.0 from then on, a request that is too large (413) is split, and a request rejected
 * for some of its samples is bisected ({@link RejectedSampleBisector}), as long as such requests
 * are few compared with accepted ones.
 */
final class RemoteWriteSender implements Sender {
  private static final System.Logger LOG = JulLogger.of(RemoteWriteSender.class.getName());
  private static final String WRITTEN = "X-Prometheus-Remote-Write-";

  /** Maximum number of bytes of a response read for the log. */
  private static final int MAX_ERROR_BYTES = 1024;

  private final RemoteWriteConfig config;
  private final WebClient client;
  private final @Nullable ClientAuth auth;
  private final RemoteWriteMetrics.Of metrics;
  private final InstantSource clock;
  private final Map<RemoteWriteMessage, Map<String, String>> headers = new LinkedHashMap<>();
  private volatile boolean onlyV1;

  /** Maximum number of requests made for consecutive rejected requests. */
  private static final int SIFTING = 20_000;

  /** Maximum number for one of them. */
  private static final int SIFTING_EACH = 2_000;

  /** Number of requests allowed again by an accepted one. */
  private static final int SIFTING_REGAINED = 20;

  private final AtomicInteger sifting = new AtomicInteger(SIFTING);

  RemoteWriteSender(
      RemoteWriteConfig config,
      WebClient client,
      RemoteWriteMetrics.Of metrics,
      InstantSource clock) {
    this(config, client, null, metrics, clock);
  }

  /**
   * Creates a sender.
   *
   * @param auth null if requests do not authenticate, or the client does it
   */
  RemoteWriteSender(
      RemoteWriteConfig config,
      WebClient client,
      @Nullable ClientAuth auth,
      RemoteWriteMetrics.Of metrics,
      InstantSource clock) {
    this.config = config;
    this.auth = auth;
    this.client = client;
    this.metrics = metrics;
    this.clock = clock;
    for (RemoteWriteMessage m : RemoteWriteMessage.values()) {
      Map<String, String> h = new LinkedHashMap<>(config.headers());
      h.put("Content-Encoding", "snappy");
      h.put("Content-Type", m.contentType());
      h.put("X-Prometheus-Remote-Write-Version", m.version());
      headers.put(m, Map.copyOf(h));
    }
  }

  /** Returns the message form of future requests. */
  RemoteWriteMessage message() {
    return onlyV1 ? RemoteWriteMessage.V1 : config.message();
  }

  @Override
  public SendResult send(EncodedRequest request) throws IOException, InterruptedException {
    RequestContents c = RequestContents.of(request);
    EncodedRequest p = request;
    RequestContents old = new RequestContents(0, 0, 0, 0, 0, 0);
    Duration limit = config.queue().sampleAgeLimit();
    long notBefore = limit.isZero() ? Long.MIN_VALUE : clock.millis() - limit.toMillis();
    if (c.samples() + c.histograms() > 0 && c.oldest() < notBefore) {
      List<EncodedRequest> left =
          ProtocolDowngrade.of(p, RequestContents.message(p), notBefore, Integer.MAX_VALUE);
      RequestContents kept = left.isEmpty() ? old : RequestContents.of(left.getFirst());
      old =
          new RequestContents(
              c.samples() - kept.samples(),
              c.histograms() - kept.histograms(),
              c.exemplars() - kept.exemplars(),
              0,
              0,
              0);
      if (left.isEmpty()) {
        metrics.dropped(RemoteWriteQueue.TOO_OLD, old.samples(), old.histograms(), old.exemplars());
        return new SendResult.Partial(request.items(), RemoteWriteQueue.TOO_OLD);
      }
      c = kept;
      p = left.getFirst();
    }
    if (onlyV1 && RequestContents.message(p) == RemoteWriteMessage.V2) {
      p = first(p);
      c = RequestContents.of(p);
    }
    Outcome o = post(p, c);
    SendResult v = o.result();
    if (o.ofSome() && p.items() == request.items() && c.samples() + c.histograms() > 1) {
      v = bisect(p, ((SendResult.Permanent) v).reason());
    }
    if (v instanceof SendResult.Permanent) {
      metrics.failed(c.samples(), c.histograms(), c.exemplars(), c.metadata());
    }
    if (old.entries() == 0 || v instanceof SendResult.Retryable) {
      return v;
    }
    if (v instanceof SendResult.Split) {
      // Parts carry all items of the original, so old items are dropped from the parts later.
      return new SendResult.Split(
          ProtocolDowngrade.of(
              request, RequestContents.message(request), Long.MIN_VALUE, (request.items() + 1) / 2),
          "too large");
    }
    metrics.dropped(RemoteWriteQueue.TOO_OLD, old.samples(), old.histograms(), old.exemplars());
    return switch (v) {
      case SendResult.Partial x -> new SendResult.Partial(old.entries() + x.refused(), x.reason());
      case SendResult.Permanent n -> v;
      default -> new SendResult.Partial(old.entries(), RemoteWriteQueue.TOO_OLD);
    };
  }

  /**
   * Evaluated response.
   *
   * @param ofSome whether only some samples of the request may have caused the rejection
   */
  private record Outcome(SendResult result, boolean ofSome) {
    static Outcome of(SendResult v) {
      return new Outcome(v, false);
    }
  }

  private SendResult bisect(EncodedRequest p, String reason)
      throws IOException, InterruptedException {
    int most = Math.min(SIFTING_EACH, sifting.get());
    RejectedSampleBisector s =
        new RejectedSampleBisector(p, most, part -> post(part, RequestContents.of(part)).result());
    SendResult.PerItem v;
    try {
      v = s.bisect(reason);
    } finally {
      sifting.addAndGet(-s.requestCount());
    }
    if (v.delivered() == 0 && v.again() == null) {
      return new SendResult.Permanent(reason);
    }
    for (SendResult.Refused r : v.refused()) {
      RequestContents c = RequestContents.of(r.request());
      metrics.failed(c.samples(), c.histograms(), c.exemplars(), c.metadata());
    }
    return v;
  }

  private static EncodedRequest first(EncodedRequest p) {
    return ProtocolDowngrade.of(p, RemoteWriteMessage.V1, Long.MIN_VALUE, Integer.MAX_VALUE)
        .getFirst();
  }

  private Map<String, String> headers(RemoteWriteMessage message, EncodedRequest p)
      throws IOException {
    Map<String, String> h = headers.getOrDefault(message, Map.of());
    Map<String, String> more = RequestContents.more(p);
    if (auth == null && more.isEmpty()) {
      return h;
    }
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    if (auth != null) {
      all.putAll(auth.headers());
    }
    all.putAll(more);
    all.putAll(h);
    return ClientAuth.edited(auth, all);
  }

  private Outcome post(EncodedRequest p, RequestContents c)
      throws IOException, InterruptedException {
    RemoteWriteMessage message = RequestContents.message(p);
    Map<String, String> h = headers(message, p);
    ClientRequest call =
        new ClientRequest("POST", config.url(), h, p.body(), config.timeout(), null);
    long begun = System.nanoTime();
    int status;
    String text;
    WrittenCounts written;
    Duration after;
    try (ClientResponse a = client.send(call)) {
      status = a.status();
      written = WrittenCounts.of(a);
      after = RetryAfter.of(a, clock.instant());
      text = status / 100 == 2 ? "" : a.errorLine(MAX_ERROR_BYTES);
    } catch (IOException e) {
      metrics.retried(c);
      throw e;
    } finally {
      metrics.observeDuration((System.nanoTime() - begun) / 1e9);
    }
    if (message == RemoteWriteMessage.V2
        && (status == 415 || (status / 100 == 2 && written.nothing(c)))) {
      onlyV1 = true;
      LOG.log(
          Level.WARNING,
          "{0}: {1} does not support remote write 2.0 ({2}); using 1.0 from now on",
          config.id(),
          config.shownUrl(),
          status == 415 ? "it answered 415" : "it does not report what it has written");
      EncodedRequest again = first(p);
      return post(again, RequestContents.of(again));
    }
    if (status / 100 == 2) {
      if (sifting.get() < SIFTING) {
        sifting.updateAndGet(n -> Math.min(SIFTING, n + SIFTING_REGAINED));
      }
      return Outcome.of(
          accepted(p, c, message == RemoteWriteMessage.V2 ? written : WrittenCounts.ALL));
    }
    String reason = "server returned HTTP status " + status + (text.isEmpty() ? "" : ": " + text);
    if (status / 100 == 5 || (status == 429 && config.queue().retryOn429())) {
      metrics.retried(c);
      return Outcome.of(new SendResult.Retryable(after, status == 429 || status == 503, reason));
    }
    if (status == 401 && auth != null) {
      auth.refused();
      metrics.retried(c);
      return Outcome.of(new SendResult.Retryable(Duration.ZERO, false, reason));
    }
    if (status == 413 && c.entries() > 1) {
      List<EncodedRequest> halves =
          ProtocolDowngrade.of(p, message, Long.MIN_VALUE, (c.entries() + 1) / 2);
      if (halves.size() > 1) {
        return Outcome.of(new SendResult.Split(halves, reason));
      }
    }
    boolean ofSome =
        message == RemoteWriteMessage.V1 && (status == 400 || status == 409 || status == 422);
    SendResult v = refused(p, c, written, reason);
    // A destination that wrote nothing may still accept some of the samples separately.
    return new Outcome(v, ofSome && v instanceof SendResult.Permanent);
  }

  private SendResult accepted(EncodedRequest p, RequestContents c, WrittenCounts w) {
    long s = Math.max(0, c.samples() - w.samples);
    long h = Math.max(0, c.histograms() - w.histograms);
    long e = Math.max(0, c.exemplars() - w.exemplars);
    metrics.sent(
        new RequestContents(
            (int) (c.samples() - s),
            (int) (c.histograms() - h),
            (int) (c.exemplars() - e),
            c.metadata(),
            c.oldest(),
            c.newest()),
        p.body().length);
    if (s + h + e == 0) {
      return SendResult.DELIVERED;
    }
    metrics.failed(s, h, e, 0);
    return new SendResult.Partial((int) (s + h + e), "not all of it was written");
  }

  private SendResult refused(EncodedRequest p, RequestContents c, WrittenCounts w, String reason) {
    if (w.present && w.samples + w.histograms > 0) {
      accepted(p, c, w);
      int missing =
          (int)
              (Math.max(0, c.samples() - w.samples)
                  + Math.max(0, c.histograms() - w.histograms)
                  + Math.max(0, c.exemplars() - w.exemplars));
      return missing == 0 ? SendResult.DELIVERED : new SendResult.Partial(missing, reason);
    }
    metrics.attempted(c, p.body().length);
    return new SendResult.Permanent(reason);
  }

  /** Counts of written items in a response. */
  private record WrittenCounts(boolean present, long samples, long histograms, long exemplars) {
    static final WrittenCounts ALL =
        new WrittenCounts(true, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

    static WrittenCounts of(ClientResponse a) {
      String s = a.header(WRITTEN + "Samples-Written");
      String h = a.header(WRITTEN + "Histograms-Written");
      String e = a.header(WRITTEN + "Exemplars-Written");
      return new WrittenCounts(
          s != null || h != null || e != null, number(s), number(h), number(e));
    }

    private static long number(@org.jspecify.annotations.Nullable String s) {
      try {
        return s == null ? 0 : Math.max(0, Long.parseLong(s.strip()));
      } catch (NumberFormatException e) {
        return 0;
      }
    }

    /** Whether all counts are missing, as from receivers that ignore the content type. */
    boolean nothing(RequestContents c) {
      return !present && c.samples() + c.histograms() + c.exemplars() > 0;
    }
  }
}
