package dev.tethys.store.remote.kdb;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.kdb.QTimes;
import dev.tethys.codec.kdb.QType;
import dev.tethys.codec.kdb.QValue;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.series.SeriesText;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.MetricSource.SeriesExemplars;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.KeyedSeries;
import dev.tethys.store.remote.NamedValues;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoredSeries;
import dev.tethys.web.kdb.KdbClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads by functional select, whose parameters are values and never text. The metric's name and the
 * labels that are symbol columns, where a matcher names values, keys of series and the time range
 * are kdb+'s work; other labels are in a text there, and are checked here, as expressions are, over
 * the series that are left. Of rows that a tickerplant has twice one is omitted.
 */
final class KdbStore implements ForeignStore {
  /**
   * Maximum number of keys named in a query; with more, rows of all series of the metrics are
   * returned.
   */
  private static final int NAMED_KEYS = 50_000;

  private final StoreConfig config;
  private final KdbClient client;
  private final StoreLimits limits;
  private final String prefix;
  private final boolean partitioned;
  private final List<String> symbolLabels;

  KdbStore(
      StoreConfig config,
      KdbClient client,
      StoreLimits limits,
      String prefix,
      boolean partitioned,
      List<String> symbolLabels) {
    this.config = config;
    this.client = client;
    this.limits = limits;
    this.prefix = prefix;
    this.partitioned = partitioned;
    this.symbolLabels = symbolLabels;
  }

  @Override
  public Collection<Capability> capabilities() {
    return EnumSet.complementOf(EnumSet.of(Capability.REGEX));
  }

  private static QValue isIn(String column, Collection<String> symbols) {
    return QValue.list(
        QValue.Primitive.IN,
        QValue.symbol(column),
        QValue.list(
            QValue.symbols(
                symbols.stream().map(s -> s.replace('\0', '\ufffd')).toArray(String[]::new))));
  }

  /** Whether no other text is the same symbol. */
  private static boolean isExact(String s) {
    return s.indexOf('\0') < 0 && s.indexOf('\ufffd') < 0;
  }

  /** Returns the response columns in the requested order. */
  private List<QValue> select(String table, List<QValue> conditions, String... columns)
      throws IOException, InterruptedException {
    return select(table, conditions, false, columns);
  }

  private List<QValue> select(
      String table, List<QValue> conditions, boolean distinct, String... columns)
      throws IOException, InterruptedException {
    QValue answer =
        client.ask(
            QValue.list(
                QValue.Primitive.QUERY,
                QValue.symbol(prefix + table),
                new QValue.Mixed(conditions),
                QValue.bool(distinct),
                new QValue.Dict(QValue.symbols(columns), QValue.symbols(columns))),
            config.timeout());
    if (answer instanceof QValue.Table t && t.names().equals(List.of(columns))) {
      return t.columns();
    }
    throw new IOException("kdb+ answered a select of " + prefix + table + " with " + answer);
  }

  private static <T> T as(QValue column, Class<T> array) throws IOException {
    if (column instanceof QValue.Vector v && array.isInstance(v.array())) {
      return array.cast(v.array());
    }
    throw new IOException("a column of kdb+ is " + column + ", not " + array.getSimpleName());
  }

  private static byte[] bytes(QValue column, int row) throws IOException {
    if (column instanceof QValue.Mixed m
        && m.items().get(row) instanceof QValue.Vector v
        && v.array() instanceof byte[] b) {
      return b;
    }
    throw new IOException("a column of kdb+ is not one of texts: " + column);
  }

  private KeyedSeries find(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    List<QValue> conditions = new ArrayList<>();
    for (Matcher m : matchers) {
      NamedValues v = NamedValues.of(m);
      if (v != null && (v.isMetric() || symbolLabels.contains(m.name()))) {
        String column = v.isMetric() ? "sym" : m.name();
        if (v.among()) { // a label that is absent is the empty symbol
          conditions.add(isIn(column, v.values()));
        } else {
          List<String> exact = v.values().stream().filter(KdbStore::isExact).toList();
          if (!exact.isEmpty()) {
            conditions.add(QValue.list(QValue.Primitive.NOT, isIn(column, exact)));
          }
        }
      }
    }
    List<QValue> columns = select("series", conditions, "series", "labels");
    KeyedSeries found = new KeyedSeries(config.name(), limits, hints, matchers);
    if (QValue.size(columns.getFirst()) == 0) {
      return found;
    }
    UUID[] keys = as(columns.getFirst(), UUID[].class);
    for (int i = 0; i < keys.length; i++) {
      if (!found.has(keys[i])) {
        found.found(keys[i], labels(columns.get(1), i));
      }
    }
    return found;
  }

  @Override
  public List<StoredSeries> select(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    KeyedSeries all = find(hints, matchers);
    if (!all.opened()) {
      return List.of();
    }
    List<QValue> conditions = conditions(hints, all);
    List<QValue> floats = select("metrics", conditions, "series", "ts", "value", "stale");
    if (QValue.size(floats.getFirst()) > 0) {
      UUID[] keys = as(floats.getFirst(), UUID[].class);
      long[] times = as(floats.get(1), long[].class);
      double[] values = as(floats.get(2), double[].class);
      byte[] stale = as(floats.get(3), byte[].class);
      for (int i = 0; i < keys.length; i++) {
        double v = Double.isNaN(values[i]) ? Samples.NORMAL_NAN : values[i];
        all.sample(keys[i], QTimes.millis(times[i]), stale[i] != 0 ? Samples.STALE : v);
      }
    }
    List<QValue> histograms = select("histograms", conditions, "series", "ts", "histogram");
    if (QValue.size(histograms.getFirst()) > 0) {
      UUID[] keys = as(histograms.getFirst(), UUID[].class);
      long[] times = as(histograms.get(1), long[].class);
      for (int i = 0; i < keys.length; i++) {
        Histogram h = all.has(keys[i]) ? histogram(bytes(histograms.get(2), i)) : null;
        if (h != null) {
          all.histogram(keys[i], QTimes.millis(times[i]), h);
        }
      }
    }
    return all.samples();
  }

  private static @Nullable Histogram histogram(byte[] request) throws IOException {
    try {
      WriteRequestReader in = new WriteRequestReader().reset(request, 0, request.length);
      return in.nextSeries() && in.next() == SeriesEvent.HISTOGRAM ? in.histogram() : null;
    } catch (CodecException e) {
      throw new IOException("kdb+: a histogram cannot be read: " + e.getMessage(), e);
    }
  }

  private List<QValue> conditions(SelectHints hints, KeyedSeries all) {
    Collection<UUID> keys = all.keys();
    long from = QTimes.timestamp(hints.minTime());
    long to = QTimes.timestamp(hints.maxTime());
    List<QValue> out = new ArrayList<>();
    if (partitioned) { // first, so that only these partitions are opened
      out.add(
          QValue.list(
              QValue.Primitive.WITHIN,
              QValue.symbol("date"),
              new QValue.Vector(QType.DATE, new int[] {QTimes.date(from), QTimes.date(to)})));
    }
    out.add(isIn("sym", all.names()));
    if (keys.size() <= NAMED_KEYS) {
      out.add(
          QValue.list(
              QValue.Primitive.IN,
              QValue.symbol("series"),
              new QValue.Vector(QType.GUID, keys.toArray(new UUID[0]))));
    }
    out.add(
        QValue.list(
            QValue.Primitive.WITHIN,
            QValue.symbol("ts"),
            new QValue.Vector(QType.TIMESTAMP, new long[] {from, to})));
    return out;
  }

  /** Returns the series with data in a range: kdb+ finds their keys and returns each once. */
  @Override
  public List<Labels> series(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    KeyedSeries all = find(range, matchers);
    if (all.keys().isEmpty() || coversRange(range)) {
      return all.series();
    }
    List<QValue> conditions = conditions(range, all);
    Set<UUID> there = new HashSet<>();
    for (String kind : List.of("metrics", "histograms")) {
      QValue keys = select(kind, conditions, true, "series").getFirst();
      if (QValue.size(keys) > 0) {
        there.addAll(List.of(as(keys, UUID[].class)));
      }
    }
    return all.series(there);
  }

  private static boolean coversRange(SelectHints range) {
    return QTimes.timestamp(range.minTime()) == QTimes.timestamp(Long.MIN_VALUE)
        && QTimes.timestamp(range.maxTime()) == QTimes.timestamp(Long.MAX_VALUE);
  }

  @Override
  public List<SeriesExemplars> exemplars(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    KeyedSeries all = find(range, matchers);
    if (all.keys().isEmpty()) {
      return List.of();
    }
    List<QValue> columns =
        select("exemplars", conditions(range, all), "series", "ts", "value", "labels");
    if (QValue.size(columns.getFirst()) == 0) {
      return List.of();
    }
    UUID[] keys = as(columns.getFirst(), UUID[].class);
    long[] times = as(columns.get(1), long[].class);
    double[] values = as(columns.get(2), double[].class);
    for (int i = 0; i < keys.length; i++) {
      if (all.has(keys[i])) { // a tickerplant may have one twice
        all.exemplar(
            keys[i], new Exemplar(labels(columns.get(3), i), values[i], QTimes.millis(times[i])));
      }
    }
    return all.exemplars();
  }

  private static Labels labels(QValue column, int row) throws IOException {
    try {
      return SeriesText.labels(new String(bytes(column, row), StandardCharsets.UTF_8));
    } catch (CodecException e) {
      throw new IOException("kdb+: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
