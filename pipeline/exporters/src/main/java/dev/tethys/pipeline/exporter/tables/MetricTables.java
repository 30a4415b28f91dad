package dev.tethys.pipeline.exporter.tables;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.series.SeriesText;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Contents of a metrics request as tables. Of samples with the same series and time the last one is
 * kept, as in a table that replaces rows: some databases reject both in one statement.
 */
public final class MetricTables {
  /**
   * A series.
   *
   * @param key key with which rows refer to it
   */
  public record Series(Labels labels, UUID key) {
    /** Labels formatted as {@link SeriesText}. */
    public String text() {
      return SeriesText.of(labels);
    }

    /** Returns the name of the metric; "" if it has none. */
    public String metric() {
      return labels.metricName();
    }
  }

  /**
   * A float.
   *
   * @param time Unix milliseconds
   * @param start Unix milliseconds, 0 if unknown
   */
  public record Sample(Series series, long time, long start, double value) {}

  /** A native histogram. */
  public record HistogramSample(Series series, long time, long start, Histogram histogram) {}

  /** An exemplar of a series. */
  public record SeriesExemplar(Series series, Exemplar exemplar) {}

  /** Family metadata. */
  public record Family(String name, MetricMetadata metadata) {}

  private record RowKey(UUID series, long time) {}

  /** Rows in which the last one of a key wins. Keys are tracked only once one may repeat. */
  private static final class Rows<T> {
    private final Function<T, RowKey> placeOf;
    private final List<T> all = new ArrayList<>();
    private @Nullable Map<RowKey, Integer> index;

    Rows(Function<T, RowKey> placeOf) {
      this.placeOf = placeOf;
    }

    void put(T row, boolean isNew) {
      Map<RowKey, Integer> at = index;
      if (!isNew && at == null) {
        at = new HashMap<>();
        for (int i = 0; i < all.size(); i++) {
          at.put(placeOf.apply(all.get(i)), i);
        }
        index = at;
      }
      Integer there = at == null ? null : at.putIfAbsent(placeOf.apply(row), all.size());
      if (there == null) {
        all.add(row);
      } else {
        all.set(there, row);
      }
    }
  }

  private final Map<Labels, Series> series = new HashMap<>();
  private final Rows<Sample> samples = new Rows<>(s -> new RowKey(s.series.key, s.time));
  private final Rows<HistogramSample> histograms =
      new Rows<>(s -> new RowKey(s.series.key, s.time));
  private final List<SeriesExemplar> exemplars = new ArrayList<>();
  private final Map<String, Family> families = new LinkedHashMap<>();

  private int outside;

  /**
   * Reads a request's contents.
   *
   * @throws dev.tethys.codec.CodecException if they are damaged
   */
  public MetricTables(byte[] request) {
    this(request, millis -> true);
  }

  /**
   * Reads the contents of a request.
   *
   * @param times accepted timestamps in Unix milliseconds; rows with other timestamps are omitted
   * @throws dev.tethys.codec.CodecException if the request is corrupt
   */
  public MetricTables(byte[] request, LongPredicate times) {
    SeriesText.Keys keys = new SeriesText.Keys();
    WriteRequestReader in = new WriteRequestReader().reset(request, 0, request.length);
    while (in.nextSeries()) {
      Labels labels = in.labels();
      Series s = series.get(labels);
      boolean isNew = s == null;
      if (s == null) {
        s = new Series(labels, keys.of(labels));
        series.put(labels, s);
      }
      long last = Long.MIN_VALUE;
      for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
        if (e != SeriesEvent.EXEMPLAR && !times.test(in.timestamp())) {
          outside++;
          continue;
        }
        switch (e) {
          case SAMPLE -> {
            isNew &= in.timestamp() > last;
            last = in.timestamp();
            samples.put(new Sample(s, last, in.startTimestamp(), in.value()), isNew);
          }
          case HISTOGRAM -> {
            isNew &= in.timestamp() > last;
            last = in.timestamp();
            histograms.put(
                new HistogramSample(s, last, in.startTimestamp(), in.histogram()), isNew);
          }
          case EXEMPLAR -> {
            Exemplar x = in.exemplar();
            if (x != null && times.test(x.timestamp())) {
              exemplars.add(new SeriesExemplar(s, x));
            }
          }
          case END -> {}
        }
      }
    }
    while (in.nextMetadata()) {
      families.put(in.metricFamily(), new Family(in.metricFamily(), in.metadata()));
    }
  }

  /** Returns the number of samples and histograms omitted because of their times. */
  public int outside() {
    return outside;
  }

  public Collection<Series> series() {
    return series.values();
  }

  public Collection<Sample> samples() {
    return samples.all;
  }

  public Collection<HistogramSample> histograms() {
    return histograms.all;
  }

  public List<SeriesExemplar> exemplars() {
    return exemplars;
  }

  public Collection<Family> families() {
    return families.values();
  }
}
