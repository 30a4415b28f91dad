package dev.tethys.pipeline.destination.tables;

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
import java.util.function.LongPredicate;

/**
 * The contents of a metrics parcel as tables. Of samples with the same series and time the last one
 * stays, as it would in a table that replaces rows: some databases refuse both in one statement.
 */
public final class MetricTables {
  /**
   * A series.
   *
   * @param text its labels as {@link SeriesText}
   * @param key by which rows refer to it
   */
  public record Series(Labels labels, String text, UUID key) {
    /** The name of the metric, "" when it has none. */
    public String metric() {
      return labels.metricName();
    }
  }

  /**
   * A float.
   *
   * @param time Unix milliseconds
   * @param start Unix milliseconds, 0 when unknown
   */
  public record Sample(Series series, long time, long start, double value) {}

  /** A native histogram. */
  public record HistogramSample(Series series, long time, long start, Histogram histogram) {}

  /** An exemplar of a series. */
  public record SeriesExemplar(Series series, Exemplar exemplar) {}

  /** What is said of a family. */
  public record Family(String name, MetricMetadata metadata) {}

  private record Place(UUID series, long time) {}

  private final Map<Labels, Series> series = new HashMap<>();
  private final Map<Place, Sample> samples = new LinkedHashMap<>();
  private final Map<Place, HistogramSample> histograms = new LinkedHashMap<>();
  private final List<SeriesExemplar> exemplars = new ArrayList<>();
  private final Map<String, Family> families = new LinkedHashMap<>();

  private int outside;

  /**
   * Reads a parcel's contents.
   *
   * @throws dev.tethys.codec.CodecException when they are damaged
   */
  public MetricTables(byte[] request) {
    this(request, millis -> true);
  }

  /**
   * Reads a parcel's contents.
   *
   * @param times which have a place, Unix milliseconds; rows of others are not there
   * @throws dev.tethys.codec.CodecException when they are damaged
   */
  public MetricTables(byte[] request, LongPredicate times) {
    WriteRequestReader in = new WriteRequestReader().reset(request, 0, request.length);
    while (in.nextSeries()) {
      Labels labels =
          WriteRequestReader.LABELS.decode(in.labelBuffer(), in.labelOffset(), in.labelLength());
      Series s = series.computeIfAbsent(labels, MetricTables::series);
      for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
        if (e != SeriesEvent.EXEMPLAR && !times.test(in.timestamp())) {
          outside++;
          continue;
        }
        switch (e) {
          case SAMPLE ->
              samples.put(
                  new Place(s.key, in.timestamp()),
                  new Sample(s, in.timestamp(), in.startTimestamp(), in.value()));
          case HISTOGRAM ->
              histograms.put(
                  new Place(s.key, in.timestamp()),
                  new HistogramSample(s, in.timestamp(), in.startTimestamp(), in.histogram()));
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

  private static Series series(Labels labels) {
    String text = SeriesText.of(labels);
    return new Series(labels, text, SeriesText.key(text));
  }

  /** How many samples and histograms are not there because of their times. */
  public int outside() {
    return outside;
  }

  public Collection<Series> series() {
    return series.values();
  }

  public Collection<Sample> samples() {
    return samples.values();
  }

  public Collection<HistogramSample> histograms() {
    return histograms.values();
  }

  public List<SeriesExemplar> exemplars() {
    return exemplars;
  }

  public Collection<Family> families() {
    return families.values();
  }
}
