package dev.tethys.collect.scrape;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofReader;
import dev.tethys.codec.pprof.PprofReader.Named;
import dev.tethys.config.Durations;
import dev.tethys.model.Labels;
import dev.tethys.model.guard.SupervisedLoop;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Requests one profile type of a target once per interval, on a virtual thread. For cumulative
 * kinds, the previous body is kept, and the difference is stored; of the first body only the other
 * sample types.
 */
final class ProfileLoop {
  /** Maximum body size, also after decompression. */
  static final int MAX_BYTES = 64 << 20;

  private static final String SERVICE = "service_name";

  /**
   * Resources shared by all loops.
   *
   * @param decoding limits the bodies that are in memory at a time
   */
  record Shared(
      ProfileScrapes.Sink sink,
      ScrapeClock clock,
      BodyReader bodies,
      TargetUrls urls,
      Semaphore decoding,
      ProfileScrapes.Counters counters) {}

  private final Shared shared;
  private final Target target;
  private final String name;
  private final ProfilingConfig.Kind kind;
  private final ScrapeTransport transport;
  private final Map<String, String> headers;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private byte @Nullable [] before; // of the thread
  private volatile @Nullable String forcedError;

  ProfileLoop(
      Shared shared,
      Target target,
      String name,
      ProfilingConfig.Kind kind,
      ScrapeTransport transport) {
    this.shared = shared;
    this.target = target;
    this.name = name;
    this.kind = kind;
    this.transport = transport;
    headers = Map.of("Accept-Encoding", target.config().enableCompression() ? "gzip" : "identity");
    this.thread =
        Thread.ofVirtual()
            .name("profiles of " + target.url())
            .unstarted(SupervisedLoop.of("profile scrapes", this::run));
  }

  Target target() {
    return target;
  }

  /** Name of the kind of profile. */
  String kind() {
    return name;
  }

  /** Makes all scrapes fail with an error until called with null. */
  void forcedError(@Nullable String error) {
    forcedError = error;
  }

  void start() {
    thread.start();
  }

  /** Ends the loop and aborts a request; {@link #join} waits for it. */
  void stop() {
    stop.countDown();
    thread.interrupt();
  }

  void join() throws InterruptedException {
    thread.join();
    try {
      transport.close();
    } catch (IOException e) {
      // the loop has ended
    }
  }

  private void run() {
    Labels labels = target.allLabels();
    Duration interval = Durations.parse(labels.get(TargetLabels.SCRAPE_INTERVAL));
    Duration timeout = Durations.parse(labels.get(TargetLabels.SCRAPE_TIMEOUT));
    if (kind.delta()) {
      timeout = timeout.plusSeconds(ProfilingConfig.seconds(target.config()));
    }
    try {
      Instant next = shared.clock.instant().plusNanos(target.offsetNanos(interval, 0));
      while (!shared.clock.await(next, stop)) {
        Instant begun = shared.clock.instant();
        scrape(begun, timeout);
        Instant now = shared.clock.instant();
        next = next.plus(interval);
        if (next.isBefore(now)) {
          next = now; // the target took longer than the interval
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void scrape(Instant begun, Duration timeout) throws InterruptedException {
    String error = null;
    try {
      ask(timeout);
    } catch (IOException | ScrapeException | CodecException e) {
      if (stop.getCount() == 0) {
        return;
      }
      error = String.valueOf(e.getMessage());
      before = null;
    }
    shared.counters.scraped(target.config().jobName(), name, error == null);
    target.report(
        new Target.Report(
            error == null ? TargetHealth.UP : TargetHealth.DOWN,
            error,
            begun,
            Duration.between(begun, shared.clock.instant())));
  }

  private void ask(Duration timeout) throws IOException, ScrapeException, InterruptedException {
    String refusal = forcedError;
    if (refusal != null) {
      throw new ScrapeException(refusal);
    }
    byte[] body;
    try (ScrapeTransport.Response r = transport.get(shared.urls.of(target), headers, timeout)) {
      if (r.status() != 200) {
        throw new ScrapeException(
            ("server returned HTTP status " + r.status() + " " + r.reason()).stripTrailing());
      }
      // Not before the response begins: a target profiles for most of the interval.
      shared.decoding.acquire();
      try {
        try (BodyReader.Body b = shared.bodies.read(r, MAX_BYTES)) {
          body = Arrays.copyOf(b.bytes(), b.length());
        }
        store(body);
      } finally {
        shared.decoding.release();
      }
    }
    before = kind.delta() ? null : body;
  }

  private void store(byte[] body) throws IOException {
    ProfilesWriter out = new ProfilesWriter();
    out.resource(resource(target.labels()));
    Map<String, String> attributes = Map.of(Labels.METRIC_NAME, name);
    Map<String, Named> names = new LinkedHashMap<>();
    kind.keep().forEach(t -> names.put(t, new Named(t, "", PprofReader.isCumulative(t))));
    if (kind.delta()) {
      PprofReader.read(body, MAX_BYTES, names, attributes, out);
    } else {
      byte[] earlier = before;
      PprofReader.difference(
          body, earlier == null ? body : earlier, MAX_BYTES, names, attributes, out);
    }
    if (out.samples() > 0) {
      shared.sink.store(out);
    }
  }

  /** Labels of a target; a service has the name of its job if no label names it. */
  private static Map<String, String> resource(Labels labels) {
    Map<String, String> m = new LinkedHashMap<>();
    labels.toList().forEach(l -> m.put(l.name(), l.value()));
    m.putIfAbsent(SERVICE, labels.get("job"));
    return m;
  }
}
