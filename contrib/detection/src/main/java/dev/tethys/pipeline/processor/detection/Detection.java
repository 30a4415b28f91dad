package dev.tethys.pipeline.processor.detection;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Runs detectors at start and optionally at intervals, for all pipelines that use one processor.
 */
final class Detection {
  /**
   * Configured detector.
   *
   * @param lenient whether a failure is only logged
   * @param must whether an empty result is a failure
   */
  record DetectionRequest(Detector detector, boolean lenient, boolean must) {
    Attributes ask(DetectionEnvironment place) throws IOException, InterruptedException {
      Attributes a = detector.detect(place);
      if (must && a.isEmpty()) {
        throw new IOException("no metadata found, but fail_on_missing_metadata is true");
      }
      return a;
    }
  }

  /** Retry policy of failed detectors. */
  record Retry(
      boolean enabled,
      Duration first,
      double randomness,
      double multiplier,
      Duration most,
      Duration elapsed) {}

  /** Detected attributes, in the order of the detectors. */
  record DetectedAttributes(Attributes attributes, boolean hasSchema) {
    static final DetectedAttributes NOTHING = new DetectedAttributes(new Attributes(), false);
  }

  /** Detectors whose attributes do not depend on a version of the semantic conventions. */
  private static final Set<String> FREE = Set.of("env", "dynatrace");

  private final Map<String, DetectionRequest> detectors;
  private final DetectionEnvironment place;
  private final Duration timeout;
  private final Retry retry;
  private final Duration refresh;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  private Scheduler.@Nullable Timer timer;

  private volatile DetectedAttributes found = DetectedAttributes.NOTHING;

  Detection(
      Map<String, DetectionRequest> detectors,
      DetectionEnvironment place,
      Duration timeout,
      Retry retry,
      Duration refresh) {
    this.detectors = detectors;
    this.place = place;
    this.timeout = timeout;
    this.retry = retry;
    this.refresh = refresh;
  }

  DetectedAttributes found() {
    return found;
  }

  /**
   * Starts detection for one of the pipelines; the first caller waits for the result.
   *
   * @throws IOException if a detector failed
   */
  synchronized void start(Scheduler clock, System.Logger log) throws IOException {
    if (users == 0) {
      found = detect(log);
      if (!refresh.isZero()) {
        schedule(clock, log);
      }
    }
    users++;
  }

  synchronized void stop() {
    users = Math.max(0, users - 1);
    if (users == 0 && timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private synchronized void schedule(Scheduler clock, System.Logger log) {
    timer = clock.schedule(refresh, () -> clock.execute("detection", () -> again(clock, log)));
  }

  private void again(Scheduler clock, System.Logger log) {
    try {
      found = detect(log);
    } catch (IOException e) {
      log.log(
          Level.WARNING,
          "resource detection failed, keeping the known resources: {0}",
          describe(e));
    }
    synchronized (this) {
      if (timer != null) {
        schedule(clock, log);
      }
    }
  }

  /** Returns the longest timeout; zero for no limit. */
  private Duration longest() {
    return retry.enabled() && !retry.elapsed().isZero() ? retry.elapsed() : timeout;
  }

  /**
   * Runs all detectors in parallel. A detector that misses its timeout is abandoned: a name lookup
   * in the system's native library cannot be interrupted and would pin the carrier of a virtual
   * thread.
   */
  private DetectedAttributes detect(System.Logger log) throws IOException {
    long end = System.nanoTime() + longest().toNanos();
    Attributes all = new Attributes();
    boolean schema = false;
    ExecutorService threads =
        Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("detection-", 0).factory());
    try {
      Map<String, Future<Attributes>> asked = new LinkedHashMap<>();
      detectors.forEach((name, d) -> asked.put(name, threads.submit(() -> ask(name, d, log))));
      for (Map.Entry<String, Future<Attributes>> e : asked.entrySet()) {
        Attributes one = result(e.getKey(), e.getValue(), end, log);
        schema |= !one.isEmpty() && !FREE.contains(e.getKey());
        one.forEach(
            (k, v) -> {
              if (!all.contains(k)) {
                all.put(k, v);
              }
            });
      }
    } finally {
      threads.shutdownNow();
    }
    log.log(Level.INFO, "resource detected: {0}", all);
    return new DetectedAttributes(all, schema);
  }

  private Attributes result(String name, Future<Attributes> asked, long end, System.Logger log)
      throws IOException {
    try {
      return longest().isZero()
          ? asked.get()
          : asked.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      String reason = "detector " + name + ": no response within " + longest();
      DetectionRequest d = detectors.get(name);
      if (d != null && d.lenient()) {
        log.log(Level.WARNING, reason);
        return new Attributes();
      }
      throw new IOException(reason, e);
    } catch (ExecutionException e) {
      throw new IOException("detector " + name + ": " + describe(e.getCause()), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while detectors ran", e);
    }
  }

  /** Runs one detector until it succeeds or its time is up. */
  private Attributes ask(String name, DetectionRequest d, System.Logger log)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + longest().toNanos();
    Duration pause = retry.first();
    while (true) {
      try {
        return d.ask(place);
      } catch (IOException e) {
        if (d.lenient() && !(e instanceof DetectionEnvironment.UnsetException)) {
          log.log(
              Level.WARNING, "Resource detector failed detector={0} error={1}", name, describe(e));
          return new Attributes();
        }
        double r = 1 + retry.randomness() * (ThreadLocalRandom.current().nextDouble() * 2 - 1);
        long wait = (long) (pause.toNanos() * r);
        if (!retry.enabled() || System.nanoTime() + wait - end > 0) {
          throw e;
        }
        log.log(
            Level.WARNING,
            "Resource detector failed, retrying detector={0} error={1}",
            name,
            describe(e));
        Thread.sleep(Duration.ofNanos(wait));
        long longer = (long) (pause.toNanos() * retry.multiplier());
        pause = Duration.ofNanos(Math.min(longer, retry.most().toNanos()));
      }
    }
  }

  private static String describe(@Nullable Throwable e) {
    String m = e == null ? null : e.getMessage();
    return m == null ? String.valueOf(e) : m;
  }
}
