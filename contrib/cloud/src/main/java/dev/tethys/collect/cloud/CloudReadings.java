package dev.tethys.collect.cloud;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.cloud.CloudState.Status;
import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.CloudReading;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Reads regions and projects of clouds at an interval and keeps the last reading of each.
 * Thread-safe.
 *
 * <p>Each is read by one platform thread, since lookups of names block: one that hangs delays no
 * other. After readings in which all parts failed the pause grows from the interval to {@link
 * #LONGEST_PAUSE}. A request for metrics reads nothing.
 */
public final class CloudReadings implements Collector, AutoCloseable {
  /** Longest time between readings. */
  static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private static final System.Logger LOG = JulLogger.of(CloudReadings.class.getName());
  private static final int MISSED = 3;
  private static final CloudReading NOTHING = new CloudReading(List.of(), List.of(), List.of());

  private static final class Place {
    final CloudReader reader;
    volatile CloudState state;
    int failures;

    Place(CloudReader reader, Instant now) {
      this.reader = reader;
      this.state =
          new CloudState(
              reader.cloud(), reader.place(), Status.WAITING, now, null, null, 0, NOTHING);
    }
  }

  private final CloudContext context;
  private final CloudLogEntry.Sink sink;

  @GuardedBy("this")
  private final List<Place> places = new ArrayList<>();

  @GuardedBy("this")
  private final List<Thread> threads = new ArrayList<>();

  private volatile CloudConfig config = CloudConfig.NONE;

  /**
   * @param sink receives messages of error logs
   */
  public CloudReadings(CloudContext context, CloudLogEntry.Sink sink) {
    this.context = context;
    this.sink = sink;
  }

  /** Reads these clouds from now on; the readings of an equal configuration continue. */
  public synchronized void apply(CloudConfig next) {
    if (config.equals(next)) {
      return;
    }
    stop();
    config = next;
    for (CloudReader r : next.readers(context, sink)) {
      Place p = new Place(r, context.clock().instant());
      places.add(p);
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("cloud-" + r.cloud() + "-" + places.size())
              .start(SupervisedLoop.of("cloud_reading", () -> loop(p))));
    }
  }

  private void loop(Place p) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Thread.sleep(step(p));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads once; returns the time until the next reading. */
  private Duration step(Place p) throws InterruptedException {
    long begin = System.nanoTime();
    CloudReading r = p.reader.read();
    double seconds = (System.nanoTime() - begin) / 1e9;
    Status status = Status.of(r);
    p.failures = status == Status.FAILING ? p.failures + 1 : 0;
    Duration pause = pause(p.failures, config.interval());
    CloudState before = p.state;
    Instant now = context.clock().instant();
    if (before.status() != status) {
      LOG.log(
          status == Status.OK ? Level.INFO : Level.WARNING,
          status == Status.OK
              ? "Cloud is read cloud={0} place=\"{1}\" databases={2}"
              : "Cloud is not fully read cloud={0} place=\"{1}\" databases={2} missing=\"{3}\"",
          p.reader.cloud(),
          p.reader.place(),
          r.databases().size(),
          missing(r));
    }
    p.state =
        new CloudState(
            p.reader.cloud(),
            p.reader.place(),
            status,
            before.status() == status ? before.since() : now,
            now,
            now.plus(pause),
            seconds,
            r);
    return pause;
  }

  /** Pause after a number of failed readings. */
  static Duration pause(int failures, Duration interval) {
    Duration d = interval.multipliedBy(1L << Math.min(failures, 10));
    return failures == 0 || d.compareTo(LONGEST_PAUSE) < 0
        ? d
        : LONGEST_PAUSE.compareTo(interval) > 0 ? LONGEST_PAUSE : interval;
  }

  private static String missing(CloudReading r) {
    List<String> out = new ArrayList<>();
    for (CloudReading.Part p : r.parts()) {
      if (!p.isRead()) {
        out.add(p.name() + ": " + p.problem());
      }
    }
    return String.join("; ", out);
  }

  /** Databases that are known, each once. */
  public List<CloudDatabase> databases() {
    Map<String, CloudDatabase> all = new LinkedHashMap<>();
    for (CloudState s : states()) {
      s.reading().databases().forEach(d -> all.put(d.service() + " " + d.id(), d));
    }
    return List.copyOf(all.values());
  }

  /** States of all regions and projects. */
  public List<CloudState> states() {
    List<CloudState> out = new ArrayList<>();
    synchronized (this) {
      places.forEach(p -> out.add(p.state));
    }
    return out;
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    families().forEach(to);
  }

  /** Metrics of all readings, by name; each name is there once. */
  public List<MetricFamily> families() {
    Map<String, MetricFamily> all = new TreeMap<>();
    List<Metric> statuses = new ArrayList<>();
    Instant now = context.clock().instant();
    for (CloudState s : states()) {
      statuses.add(
          new Metric(
              Labels.of("cloud", s.cloud(), "place", s.place(), "status", s.status().text()), 1));
      Instant readAt = s.readAt();
      boolean late =
          readAt != null
              && Duration.between(readAt, now)
                      .compareTo(LONGEST_PAUSE.plus(config.interval().multipliedBy(MISSED)))
                  > 0;
      if (!late) {
        s.reading().families().forEach(f -> merge(all, f));
      }
    }
    if (!statuses.isEmpty()) {
      merge(
          all,
          new MetricFamily(
              "tethys_cluster_agent_clouds",
              MetricType.GAUGE,
              "Regions and projects of clouds by status.",
              "",
              statuses));
    }
    return List.copyOf(all.values());
  }

  private static void merge(Map<String, MetricFamily> all, MetricFamily f) {
    MetricFamily there = all.get(f.name());
    if (there == null) {
      all.put(
          f.name(),
          new MetricFamily(f.name(), f.type(), f.help(), f.unit(), new ArrayList<>(f.metrics())));
    } else if (there.type() == f.type()) {
      there.metrics().addAll(f.metrics());
    }
  }

  @GuardedBy("this")
  private void stop() {
    threads.forEach(Thread::interrupt);
    threads.clear();
    places.clear();
  }

  @Override
  public synchronized void close() {
    stop();
  }
}
