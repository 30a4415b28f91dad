package dev.tethys.model.exposition;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.Function;

/**
 * Registry of Tethys's self-metrics, under the names that users of Prometheus know. Instruments are
 * created once, by the component that owns them, and are cheap to update from any thread.
 * Registering a name twice is a programming error.
 */
public final class Registry implements Collector {
  private static final Registry PROCESS = new Registry();

  private final Map<String, Collector> families = new ConcurrentHashMap<>();
  private final List<Collector> collectors = new CopyOnWriteArrayList<>();

  /**
   * The registry of metrics that exist once per process, regardless of its role: rejected
   * connections, log lines omitted, restarted threads. Each role adds it to its own registry.
   */
  public static Registry process() {
    return PROCESS;
  }

  /** Adds a collector with its own families. */
  public void register(Collector collector) {
    collectors.add(collector);
  }

  /** Removes such a source. */
  public void unregister(Collector collector) {
    collectors.remove(collector);
  }

  /** A counter without labels. */
  public Counter counter(String name, String help) {
    return counters(name, help).with();
  }

  /** Counters by labels. */
  public Vector<Counter> counters(String name, String help, String... labelNames) {
    return add(name, help, MetricType.COUNTER, labelNames, Counter::new);
  }

  /** A gauge without labels. */
  public Gauge gauge(String name, String help) {
    return gauges(name, help).with();
  }

  /** Gauges by labels. */
  public Vector<Gauge> gauges(String name, String help, String... labelNames) {
    return add(name, help, MetricType.GAUGE, labelNames, Gauge::new);
  }

  /** Registers a gauge whose value is read at each collection. */
  public void gauge(String name, String help, DoubleSupplier value) {
    sampled(name, help, MetricType.GAUGE, value);
  }

  /** Registers a counter whose value is read at each collection. */
  public void counter(String name, String help, DoubleSupplier value) {
    sampled(name, help, MetricType.COUNTER, value);
  }

  private void sampled(String name, String help, MetricType type, DoubleSupplier value) {
    put(
        name,
        to ->
            to.accept(
                new MetricFamily(
                    name, type, help, "", List.of(new Metric(Labels.EMPTY, value.getAsDouble())))));
  }

  /** Histograms with fixed upper bounds (ascending, without +Inf). */
  public Vector<BucketHistogram> histograms(
      String name, String help, double[] bounds, String... labelNames) {
    return add(name, help, MetricType.HISTOGRAM, labelNames, () -> new BucketHistogram(bounds));
  }

  /** Native histograms, with fixed upper bounds (ascending, without +Inf) for text formats. */
  public Vector<NativeHistogram> nativeHistograms(
      String name, String help, double[] bounds, String... labelNames) {
    return add(name, help, MetricType.HISTOGRAM, labelNames, () -> new NativeHistogram(bounds));
  }

  /** Summaries with quantiles over about the last ten minutes. */
  public Vector<Summary> summaries(
      String name, String help, double[] quantiles, String... labelNames) {
    return add(name, help, MetricType.SUMMARY, labelNames, () -> new Summary(quantiles));
  }

  private <T extends Instrument> Vector<T> add(
      String name,
      String help,
      MetricType type,
      String[] labelNames,
      java.util.function.Supplier<T> make) {
    Vector<T> v = new Vector<>(name, help, type, labelNames, make);
    put(name, v);
    return v;
  }

  private void put(String name, Collector c) {
    if (families.putIfAbsent(name, c) != null) {
      throw new IllegalStateException("metric " + name + " is registered twice");
    }
  }

  /** A metric and its collector. */
  private record CollectedMetric(int collector, Metric metric) {}

  /** Family collected from all collectors. */
  private static final class Gathered {
    final MetricFamily first;
    final List<CollectedMetric> metrics = new ArrayList<>();

    Gathered(MetricFamily first) {
      this.first = first;
    }

    MetricFamily family() {
      metrics.sort(Comparator.comparing(t -> t.metric().labels()));
      List<Metric> out = new ArrayList<>(metrics.size());
      for (int i = 0, end; i < metrics.size(); i = end) {
        Labels labels = metrics.get(i).metric().labels();
        end = i + 1;
        while (end < metrics.size() && metrics.get(end).metric().labels().equals(labels)) {
          end++;
        }
        add(metrics.subList(i, end), out);
      }
      return new MetricFamily(first.name(), first.type(), first.help(), first.unit(), out);
    }

    private void add(List<CollectedMetric> same, List<Metric> to) {
      if (same.size() == 1) {
        to.add(same.getFirst().metric());
        return;
      }
      List<Metric> all = same.stream().map(CollectedMetric::metric).toList();
      if (same.stream().map(CollectedMetric::collector).distinct().count() < all.size()) {
        to.addAll(all); // a collector that returns a metric twice is faulty: keep it visible
        return;
      }
      to.add(
          new Metric(
              all.getFirst().labels(),
              JoinedPoint.of(first.type(), all),
              all.getLast().timestamp(),
              all.stream().mapToLong(Metric::startTimestamp).min().orElse(0)));
    }
  }

  /**
   * All families, sorted by name, metrics sorted by labels. Metrics of several collectors with the
   * same name and labels are joined, see {@link JoinedPoint}: those of a component that runs more
   * than once, for instance.
   */
  public List<MetricFamily> gather() {
    TreeMap<String, Gathered> out = new TreeMap<>();
    List<Collector> all = new ArrayList<>(families.values());
    all.addAll(collectors);
    for (int i = 0; i < all.size(); i++) {
      int collector = i;
      all.get(i)
          .collect(
              f -> {
                Gathered g = out.computeIfAbsent(f.name(), _ -> new Gathered(f));
                f.metrics().forEach(m -> g.metrics.add(new CollectedMetric(collector, m)));
              });
    }
    return out.values().stream().map(Gathered::family).toList();
  }

  @Override
  public void collect(java.util.function.Consumer<MetricFamily> to) {
    families.values().forEach(c -> c.collect(to));
    collectors.forEach(c -> c.collect(to));
  }

  /** Metric updated by the program. */
  public interface Instrument {
    /** Current point of the metric. */
    MetricFamily.Point point();
  }

  /** Instruments of one family by their label values. */
  public static final class Vector<T extends Instrument> implements Collector {
    private final String name;
    private final String help;
    private final MetricType type;
    private final String[] labelNames;
    private final java.util.function.Supplier<T> make;
    private final Map<List<String>, T> children = new ConcurrentHashMap<>();
    private final Function<List<String>, T> maker;

    Vector(
        String name,
        String help,
        MetricType type,
        String[] labelNames,
        java.util.function.Supplier<T> make) {
      this.name = name;
      this.help = help;
      this.type = type;
      this.labelNames = labelNames.clone();
      this.make = make;
      this.maker = k -> this.make.get();
    }

    /** The instrument for label values in the order of the label names; made when new. */
    public T with(String... values) {
      if (values.length != labelNames.length) {
        throw new IllegalArgumentException(name + " takes " + labelNames.length + " label values");
      }
      return children.computeIfAbsent(List.of(values), maker);
    }

    /** Removes an instrument. */
    public void remove(String... values) {
      children.remove(Arrays.asList(values));
    }

    @Override
    public void collect(java.util.function.Consumer<MetricFamily> to) {
      List<Metric> metrics = new ArrayList<>();
      children.forEach(
          (values, child) -> {
            Map<String, String> m = new LinkedHashMap<>();
            for (int i = 0; i < labelNames.length; i++) {
              m.put(labelNames[i], values.get(i));
            }
            metrics.add(new Metric(Labels.of(m), child.point()));
          });
      if (!metrics.isEmpty()) {
        to.accept(new MetricFamily(name, type, help, "", metrics));
      }
    }
  }

  /** Monotonically increasing value. */
  public static final class Counter implements Instrument {
    private final LongAdder whole = new LongAdder();
    private final DoubleAdder part = new DoubleAdder();

    public void inc() {
      whole.increment();
    }

    public void add(long n) {
      whole.add(n);
    }

    public void add(double v) {
      part.add(v);
    }

    public double value() {
      return whole.sum() + part.sum();
    }

    @Override
    public MetricFamily.Point point() {
      return new MetricFamily.Value(value(), null);
    }
  }

  /** Value that may increase and decrease. */
  public static final class Gauge implements Instrument {
    private final AtomicLong bits = new AtomicLong();

    public void set(double v) {
      bits.set(Double.doubleToRawLongBits(v));
    }

    public void add(double v) {
      bits.accumulateAndGet(
          Double.doubleToRawLongBits(v),
          (a, b) ->
              Double.doubleToRawLongBits(Double.longBitsToDouble(a) + Double.longBitsToDouble(b)));
    }

    public double value() {
      return Double.longBitsToDouble(bits.get());
    }

    @Override
    public MetricFamily.Point point() {
      return new MetricFamily.Value(value(), null);
    }
  }

  /** Observations counted into fixed buckets. */
  public static final class BucketHistogram implements Instrument {
    private final double[] bounds; // with +Inf at the end
    private final LongAdder[] counts;
    private final DoubleAdder sum = new DoubleAdder();

    /**
     * Standalone histogram, for collectors.
     *
     * @param upperBounds ascending, without +Inf
     */
    public BucketHistogram(double[] upperBounds) {
      bounds = Arrays.copyOf(upperBounds, upperBounds.length + 1);
      bounds[upperBounds.length] = Double.POSITIVE_INFINITY;
      counts = new LongAdder[bounds.length];
      Arrays.setAll(counts, i -> new LongAdder());
    }

    public void observe(double v) {
      int i = 0;
      while (i < bounds.length - 1 && !(v <= bounds[i])) {
        i++;
      }
      counts[i].increment();
      sum.add(v);
    }

    @Override
    public MetricFamily.Point point() {
      double[] cumulative = new double[bounds.length];
      double n = 0;
      for (int i = 0; i < bounds.length; i++) {
        n += counts[i].sum();
        cumulative[i] = n;
      }
      return new MetricFamily.Buckets(n, sum.sum(), bounds, cumulative, List.of());
    }
  }

  /**
   * Observations with quantiles over a window of five to ten minutes. Two rings of the newest 1,024
   * observations take turns, so that memory is fixed.
   */
  public static final class Summary implements Instrument {
    private static final int WINDOW = 1024;
    private static final double[] NONE = {};
    private static final Duration TURN = Duration.ofMinutes(5);

    private final long turnNanos;
    private final double[] quantiles;
    private final double[][] ring = {NONE, NONE}; // each grows up to the window: most see little
    private final int[] seen = new int[2];
    private int current;
    private long turnedAt = System.nanoTime();
    private long count;
    private double sum;

    Summary(double[] quantiles) {
      this(quantiles, TURN);
    }

    /**
     * Standalone summary, for collectors.
     *
     * @param turn how long each ring is written to: quantiles cover this time up to twice of it
     */
    public Summary(double[] quantiles, Duration turn) {
      this.quantiles = quantiles.clone();
      this.turnNanos = turn.toNanos();
    }

    /** Returns the number of observations it currently has room for. */
    public synchronized int capacity() {
      return ring[0].length + ring[1].length;
    }

    public synchronized void observe(double v) {
      turn();
      int n = seen[current]++ % WINDOW;
      if (n == ring[current].length) {
        ring[current] = Arrays.copyOf(ring[current], Math.min(WINDOW, Math.max(8, n * 2)));
      }
      ring[current][n] = v;
      count++;
      sum += v;
    }

    private void turn() {
      if (System.nanoTime() - turnedAt > turnNanos) {
        current = 1 - current;
        seen[current] = 0;
        turnedAt = System.nanoTime();
      }
    }

    @Override
    public synchronized MetricFamily.Point point() {
      turn();
      int a = Math.min(seen[0], WINDOW);
      int b = Math.min(seen[1], WINDOW);
      double[] all = new double[a + b];
      System.arraycopy(ring[0], 0, all, 0, a);
      System.arraycopy(ring[1], 0, all, a, b);
      Arrays.sort(all);
      double[] values = new double[quantiles.length];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            all.length == 0
                ? Double.NaN
                : all[Math.min(all.length - 1, (int) (quantiles[i] * all.length))];
      }
      return new MetricFamily.Quantiles(count, sum, quantiles, values);
    }
  }
}
