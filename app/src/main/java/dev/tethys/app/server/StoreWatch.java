package dev.tethys.app.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.api.prometheus.StoreForecast;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StoreHealth;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Monitors the health of all server stores: checks it at an interval, predicts when a disk or limit
 * is reached, and exports it as metrics. Thread-safe.
 */
final class StoreWatch implements AutoCloseable {
  static final long INTERVAL_MILLIS = 10_000;

  /** One hour of readings. */
  static final int MAX_READINGS = 360;

  /** Growth over a shorter time is not significant. */
  static final long MIN_SPAN_MILLIS = 60_000;

  static final long HORIZON_MILLIS = TimeUnit.DAYS.toMillis(365);

  private record Reading(long time, long bytes, long free) {}

  private static final class Store {
    final String name;
    final Supplier<@Nullable StoreHealth> health;

    @GuardedBy("itself")
    final ArrayDeque<Reading> readings = new ArrayDeque<>();

    Store(String name, Supplier<@Nullable StoreHealth> health) {
      this.name = name;
      this.health = health;
    }
  }

  private final Map<String, Store> stores = new LinkedHashMap<>();
  private final LongSupplier millis;
  private final CountDownLatch stop = new CountDownLatch(1);

  StoreWatch(LongSupplier millis) {
    this.millis = millis;
  }

  /**
   * Adds a store, before {@link #start}.
   *
   * @param label label value in metrics, such as {@code logs}
   * @param name name used in messages, such as {@code log store}
   * @param health null while the store is not open
   */
  void add(String label, String name, Supplier<@Nullable StoreHealth> health) {
    stores.put(label, new Store(name, health));
  }

  void start() {
    Thread.ofVirtual()
        .name("store-watch")
        .start(
            SupervisedLoop.of(
                "store_watch",
                () -> {
                  do {
                    read();
                  } while (!isStopped());
                }));
  }

  private boolean isStopped() {
    try {
      return stop.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      return true;
    }
  }

  /** Reads the state of each store once. */
  void read() {
    for (Store s : stores.values()) {
      StoreHealth h = health(s);
      if (h != null) {
        synchronized (s.readings) {
          if (s.readings.size() >= MAX_READINGS) {
            s.readings.removeFirst();
          }
          s.readings.add(new Reading(millis.getAsLong(), h.bytes() + h.logBytes(), h.diskFree()));
        }
      }
    }
  }

  private static @Nullable StoreHealth health(Store s) {
    try {
      return s.health.get();
    } catch (StorageException e) {
      return null; // not open yet, or closed
    }
  }

  /** Returns the open stores. */
  List<StoreForecast> stores() {
    List<StoreForecast> out = new ArrayList<>();
    for (Store s : stores.values()) {
      StoreHealth h = health(s);
      if (h != null) {
        out.add(forecast(s, h));
      }
    }
    return out;
  }

  private StoreForecast forecast(Store s, StoreHealth h) {
    double growth;
    double consumed;
    synchronized (s.readings) {
      growth = slope(s.readings, Reading::bytes);
      consumed = -slope(s.readings, Reading::free);
    }
    boolean isFull = h.diskFree() >= 0 && h.diskFree() <= h.diskReserve();
    return new StoreForecast(
        s.name,
        h,
        growth,
        isFull
            ? millis.getAsLong()
            : h.diskFree() < 0 ? -1 : reached(h.diskFree() - h.diskReserve(), consumed),
        h.maxBytes() == 0 ? -1 : reached(Math.max(0, h.maxBytes() - h.bytes()), growth));
  }

  /** Returns the time at which the remaining amount is used up. */
  private long reached(long rest, double bytesPerSecond) {
    double left = rest / bytesPerSecond * 1000;
    return bytesPerSecond > 0 && left < HORIZON_MILLIS ? millis.getAsLong() + (long) left : -1;
  }

  /** Fits a slope by least squares, per second; NaN if the time is too short. */
  private static double slope(ArrayDeque<Reading> readings, ToLongFunction<Reading> value) {
    Reading first = readings.peekFirst();
    Reading last = readings.peekLast();
    if (first == null || last == null || last.time - first.time < MIN_SPAN_MILLIS) {
      return Double.NaN;
    }
    double meanX = 0;
    double meanY = 0;
    for (Reading r : readings) {
      meanX += (r.time - first.time) / 1000.0 / readings.size();
      meanY += (double) value.applyAsLong(r) / readings.size();
    }
    double xy = 0;
    double xx = 0;
    for (Reading r : readings) {
      double x = (r.time - first.time) / 1000.0 - meanX;
      xy += x * (value.applyAsLong(r) - meanY);
      xx += x * x;
    }
    return xx > 0 ? xy / xx : Double.NaN;
  }

  void register(Registry registry) {
    registry.register(this::collect);
  }

  private void collect(Consumer<MetricFamily> to) {
    Map<String, StoreForecast> of = new LinkedHashMap<>();
    stores.forEach(
        (label, s) -> {
          StoreHealth h = health(s);
          if (h != null) {
            of.put(label, forecast(s, h));
          }
        });
    gauge(to, of, "bytes", "Bytes of blocks or parts on the disk.", f -> f.health().bytes());
    gauge(to, of, "log_bytes", "Bytes of the write-ahead log.", f -> f.health().logBytes());
    gauge(
        to,
        of,
        "disk_free_bytes",
        "Free bytes of the file system of the store.",
        f -> f.health().diskFree());
    gauge(
        to,
        of,
        "disk_size_bytes",
        "Size of the file system of the store.",
        f -> f.health().diskTotal());
    gauge(
        to,
        of,
        "disk_reserve_bytes",
        "Free bytes below which the store refuses data.",
        f -> f.health().diskReserve());
    gauge(
        to,
        of,
        "retention_seconds",
        "Retention time; 0 for no limit.",
        f -> f.health().keepMillis() / 1000.0);
    gauge(to, of, "retention_bytes", "Retention size; 0 for no limit.", f -> f.health().maxBytes());
    family(
        to,
        of,
        "refused_appends_total",
        MetricType.COUNTER,
        "Appends that were refused because of a limit or a full disk.",
        f -> f.health().refused());
    family(
        to,
        of,
        "failed_writes_total",
        MetricType.COUNTER,
        "Writes to the disk that failed.",
        f -> f.health().failedWrites());
    gauge(
        to,
        of,
        "failing",
        "1 if writes of the store fail or are refused now, 0 otherwise.",
        f -> f.health().problem() == null ? 0 : 1);
    gauge(
        to,
        of,
        "accepts_data",
        "1 if the store takes data, 0 if it refuses all.",
        f -> f.isRefusing() ? 0 : 1);
    gauge(
        to,
        of,
        "disk_full_timestamp_seconds",
        "Unix time when the disk is full for the store, by the growth of the last hour; 0 if it is"
            + " not within a year.",
        f -> Math.max(0, f.diskFullAt()) / 1000.0);
  }

  private static void gauge(
      Consumer<MetricFamily> to,
      Map<String, StoreForecast> of,
      String name,
      String help,
      ToDoubleFunction<StoreForecast> value) {
    family(to, of, name, MetricType.GAUGE, help, value);
  }

  private static void family(
      Consumer<MetricFamily> to,
      Map<String, StoreForecast> of,
      String name,
      MetricType type,
      String help,
      ToDoubleFunction<StoreForecast> value) {
    List<Metric> out = new ArrayList<>();
    of.forEach(
        (label, f) -> out.add(new Metric(Labels.of("store", label), value.applyAsDouble(f))));
    to.accept(new MetricFamily("tethys_store_" + name, type, help, "", out));
  }

  @Override
  public void close() {
    stop.countDown();
  }
}
