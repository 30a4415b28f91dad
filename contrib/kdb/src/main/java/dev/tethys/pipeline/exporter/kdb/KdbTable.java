package dev.tethys.pipeline.exporter.kdb;

import dev.tethys.codec.kdb.QTimes;
import dev.tethys.codec.kdb.QType;
import dev.tethys.codec.kdb.QValue;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.series.SeriesText;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.pipeline.exporter.tables.MetricTables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * Rows of one table of kdb+, as columns. The first two are always {@code time}, the time of day,
 * and {@code sym}, the metric, as tickerplants require.
 *
 * @param keys names of the key columns of a keyed table
 */
record KdbTable(String name, List<String> keys, List<String> names, List<QValue> columns) {
  private static final List<String> KEY = List.of("series", "ts");

  KdbTable {
    names = List.copyOf(names);
    columns = List.copyOf(columns);
  }

  int rows() {
    return QValue.size(columns.getFirst());
  }

  private static String symbol(String s) {
    return s.replace('\0', '\ufffd'); // kdb+ ends symbols there; labels have the name exactly
  }

  private static QValue times(long[] timestamps) {
    long[] t = new long[timestamps.length];
    for (int i = 0; i < t.length; i++) {
      t[i] = QTimes.timespan(timestamps[i]);
    }
    return new QValue.Vector(QType.TIMESPAN, t);
  }

  private static QValue timestamps(long[] t) {
    return new QValue.Vector(QType.TIMESTAMP, t);
  }

  private static QValue symbols(List<MetricTables.Series> of) {
    return QValue.symbols(of.stream().map(s -> symbol(s.metric())).toArray(String[]::new));
  }

  private static QValue keys(List<MetricTables.Series> of) {
    return new QValue.Vector(
        QType.GUID, of.stream().map(MetricTables.Series::key).toArray(UUID[]::new));
  }

  /**
   * Builds the table of series labels.
   *
   * @param now Unix milliseconds
   * @param symbolLabels labels that are columns too
   */
  static KdbTable series(
      String prefix, List<MetricTables.Series> all, List<String> symbolLabels, long now) {
    long[] time = new long[all.size()];
    Arrays.fill(time, QTimes.timestamp(now));
    List<String> names = new ArrayList<>(List.of("time", "sym", "series", "labels"));
    List<QValue> columns =
        new ArrayList<>(
            List.of(
                times(time),
                symbols(all),
                keys(all),
                new QValue.Mixed(all.stream().map(s -> (QValue) QValue.text(s.text())).toList())));
    for (String l : symbolLabels) {
      names.add(l);
      columns.add(
          QValue.symbols(all.stream().map(s -> symbol(s.labels().get(l))).toArray(String[]::new)));
    }
    return new KdbTable(prefix + "series", List.of("series"), names, columns);
  }

  static KdbTable samples(String prefix, MetricTables t) {
    List<MetricTables.Sample> all =
        t.samples().stream().filter(s -> QTimes.isInRange(s.time())).toList();
    List<MetricTables.Series> series = all.stream().map(MetricTables.Sample::series).toList();
    long[] time = all.stream().mapToLong(s -> QTimes.timestamp(s.time())).toArray();
    return new KdbTable(
        prefix + "metrics",
        KEY,
        List.of("time", "sym", "ts", "series", "value", "stale"),
        List.of(
            times(time),
            symbols(series),
            timestamps(time),
            keys(series),
            new QValue.Vector(
                QType.FLOAT, all.stream().mapToDouble(MetricTables.Sample::value).toArray()),
            new QValue.Vector(QType.BOOLEAN, stale(all))));
  }

  /** Marks stale samples in a column, since kdb+ and its clients treat all NaNs as equal. */
  private static byte[] stale(List<MetricTables.Sample> all) {
    byte[] b = new byte[all.size()];
    for (int i = 0; i < b.length; i++) {
      b[i] = (byte) (Samples.isStale(all.get(i).value()) ? 1 : 0);
    }
    return b;
  }

  /**
   * Builds the table of native histograms: count and sum in columns, and the full histogram as a
   * remote write request with one sample.
   */
  static KdbTable histograms(String prefix, MetricTables t) {
    List<MetricTables.HistogramSample> all =
        t.histograms().stream().filter(s -> QTimes.isInRange(s.time())).toList();
    List<MetricTables.Series> series =
        all.stream().map(MetricTables.HistogramSample::series).toList();
    long[] time = all.stream().mapToLong(s -> QTimes.timestamp(s.time())).toArray();
    return new KdbTable(
        prefix + "histograms",
        KEY,
        List.of("time", "sym", "ts", "series", "cnt", "total", "histogram"),
        List.of(
            times(time),
            symbols(series),
            timestamps(time),
            keys(series),
            new QValue.Vector(
                QType.FLOAT, all.stream().mapToDouble(s -> s.histogram().count()).toArray()),
            new QValue.Vector(
                QType.FLOAT, all.stream().mapToDouble(s -> s.histogram().sum()).toArray()),
            new QValue.Mixed(
                all.stream()
                    .map(s -> (QValue) new QValue.Vector(QType.BYTE, message(s)))
                    .toList())));
  }

  private static byte[] message(MetricTables.HistogramSample s) {
    return new WriteRequestWriter()
        .beginSeries(Labels.EMPTY)
        .histogram(s.start(), s.time(), s.histogram())
        .endSeries()
        .toByteArray();
  }

  static KdbTable exemplars(String prefix, MetricTables t) {
    List<MetricTables.SeriesExemplar> all =
        t.exemplars().stream().filter(x -> QTimes.isInRange(x.exemplar().timestamp())).toList();
    List<MetricTables.Series> series =
        all.stream().map(MetricTables.SeriesExemplar::series).toList();
    long[] time = all.stream().mapToLong(x -> QTimes.timestamp(x.exemplar().timestamp())).toArray();
    List<String> labels = all.stream().map(x -> SeriesText.of(x.exemplar().labels())).toList();
    return new KdbTable(
        prefix + "exemplars",
        List.of("series", "ts", "id"),
        List.of("time", "sym", "ts", "series", "id", "value", "labels"),
        List.of(
            times(time),
            symbols(series),
            timestamps(time),
            keys(series),
            new QValue.Vector(
                QType.GUID, labels.stream().map(SeriesText::key).toArray(UUID[]::new)),
            new QValue.Vector(
                QType.FLOAT, all.stream().mapToDouble(x -> x.exemplar().value()).toArray()),
            new QValue.Mixed(labels.stream().map(l -> (QValue) QValue.text(l)).toList())));
  }

  static KdbTable metadata(String prefix, MetricTables t, long now) {
    List<MetricTables.Family> all = List.copyOf(t.families());
    long[] time = new long[all.size()];
    Arrays.fill(time, QTimes.timestamp(now));
    return new KdbTable(
        prefix + "metadata",
        List.of("sym"),
        List.of("time", "sym", "kind", "unit", "help"),
        List.of(
            times(time),
            QValue.symbols(all.stream().map(f -> symbol(f.name())).toArray(String[]::new)),
            QValue.symbols(
                all.stream()
                    .map(f -> f.metadata().type().name().toLowerCase(Locale.ROOT))
                    .toArray(String[]::new)),
            new QValue.Mixed(
                all.stream().map(f -> (QValue) QValue.text(f.metadata().unit())).toList()),
            new QValue.Mixed(
                all.stream().map(f -> (QValue) QValue.text(f.metadata().help())).toList())));
  }

  /** Returns all tables without rows. */
  static List<KdbTable> empty(String prefix, List<String> symbolLabels) {
    MetricTables none = new MetricTables(new byte[0]);
    return List.of(
        series(prefix, List.of(), symbolLabels, 0),
        samples(prefix, none),
        histograms(prefix, none),
        exemplars(prefix, none),
        metadata(prefix, none, 0));
  }

  /** Columns in the form that a tickerplant accepts. */
  QValue list() {
    return new QValue.Mixed(columns);
  }

  /** Returns a keyed table. */
  QValue keyed() {
    List<String> keyNames = new ArrayList<>();
    List<QValue> keyColumns = new ArrayList<>();
    List<String> otherNames = new ArrayList<>();
    List<QValue> others = new ArrayList<>();
    for (String k : keys) {
      keyNames.add(k);
      keyColumns.add(columns.get(names.indexOf(k)));
    }
    for (int i = 0; i < names.size(); i++) {
      if (!keys.contains(names.get(i))) {
        otherNames.add(names.get(i));
        others.add(columns.get(i));
      }
    }
    return new QValue.Dict(
        new QValue.Table(keyNames, keyColumns), new QValue.Table(otherNames, others));
  }
}
