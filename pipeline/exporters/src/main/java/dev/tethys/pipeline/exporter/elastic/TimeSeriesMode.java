package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.elastic.SampleDocuments;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.naming.NameTemplate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Settings of Elasticsearch's time series data streams (reference, "Time series data stream",
 * "Index lifecycle actions: Downsample"). The series' hash is the dimension; document ids follow
 * from it and the time. Counters have their own field, because a field is either a gauge or a
 * counter.
 *
 * @param counterSuffixes suffixes of counter names
 * @param lookBack maximum age of samples in a new data stream; "" for the cluster's default
 * @param lookAhead maximum time of a sample in the future; "" for the cluster's default
 * @param downsampling rounds, the first one first
 * @param late index of samples too old for the stream; null for dead letters
 */
record TimeSeriesMode(
    List<String> counterSuffixes,
    String lookBack,
    String lookAhead,
    List<Round> downsampling,
    @Nullable NameTemplate late) {
  /** Downsampling round: the age at which it starts and its interval. */
  record Round(String after, String interval) {}

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_ROUNDS = 10;
  private static final String TIME = "[1-9]\\d{0,5}(d|h|m|s)";

  private static final Section ROUND = new Section("downsampling", "Downsampling round.");
  private static final Key<String> AFTER =
      ROUND.required(
          "after",
          Type.STRING,
          "Age, since the index was replaced by a newer one, at which it is "
              + "downsampled, such as 1d.");
  private static final Key<String> INTERVAL =
      ROUND.required(
          "fixed_interval", Type.STRING, "Interval that one document covers, such as 10m.");

  private static final Section SECTION =
      new Section("time_series", "Time series data streams for samples.");
  private static final Key<List<String>> SUFFIXES =
      SECTION.key(
          "counter_suffixes",
          Type.list(Type.STRING),
          List.of("_total", "_count", "_sum", "_bucket"),
          "Suffixes of metric names that mark counters; all other metrics are " + "gauges.");
  private static final Key<String> LOOK_BACK =
      SECTION.key(
          "look_back_time",
          Type.STRING,
          "",
          "Maximum age of samples in a new stream, at most 7d; by default the 2h "
              + "of the cluster.");
  private static final Key<String> LOOK_AHEAD =
      SECTION.key(
          "look_ahead_time",
          Type.STRING,
          "",
          "Maximum time of samples in the future, at most 2h; by default the 30m "
              + "of the cluster.");
  private static final Key<List<Round>> DOWNSAMPLING =
      SECTION.key(
          "downsampling",
          Type.list(ROUND.type(o -> new Round(time(o, AFTER, o.get(AFTER)), interval(o)))),
          List.of(),
          "Downsampling rounds, in order of age.");
  private static final Key<String> LATE =
      SECTION.key(
          "late_index",
          Type.STRING,
          "",
          "Plain data stream for samples that are too old or too new; without it "
              + "they become dead letters.");

  static final Type<TimeSeriesMode> TYPE = SECTION.type(TimeSeriesMode::read);

  private static String interval(YamlObject o) {
    return time(o, INTERVAL, o.get(INTERVAL));
  }

  private static String time(YamlObject o, Key<?> key, String text) {
    if (!text.matches(TIME)) {
      throw o.error(key, key.name() + " must be a number with d, h, m or s, such as 10m");
    }
    return text;
  }

  private static TimeSeriesMode read(YamlObject o) {
    String back = o.get(LOOK_BACK);
    String ahead = o.get(LOOK_AHEAD);
    List<Round> rounds = o.get(DOWNSAMPLING);
    if (rounds.size() > MAX_ROUNDS) {
      throw o.error(DOWNSAMPLING, "Elasticsearch supports at most " + MAX_ROUNDS + " rounds");
    }
    NameTemplate late;
    try {
      late = o.get(LATE).isEmpty() ? null : NameTemplate.parse(o.get(LATE), ElasticSettings.INDEX);
    } catch (IllegalArgumentException e) {
      throw o.error(LATE, String.valueOf(e.getMessage()));
    }
    return new TimeSeriesMode(
        o.get(SUFFIXES),
        back.isEmpty() ? "" : time(o, LOOK_BACK, back),
        ahead.isEmpty() ? "" : time(o, LOOK_AHEAD, ahead),
        rounds,
        late);
  }

  /** Whether late samples go to an index separate from the stream that rejects them. */
  boolean fits(NameTemplate index) {
    return late == null
        || !late.of(l -> "x").matches(index.pattern().replace(".", "\\.").replace("*", ".*"));
  }

  /**
   * Whether an error of version 8 or 9 means that a sample's time is outside all indices of a
   * stream.
   */
  static boolean isLate(String type, String reason) {
    return type.equals("timestamp_error")
        || reason.contains("outside of ranges of currently writable indices")
        || reason.contains("time series index @timestamp value");
  }

  /**
   * Returns a sample in the form of the index for late ones, which is a plain one.
   *
   * @param row its action and its document, which end with the value
   */
  static String late(NameTemplate index, String row) {
    String document = row.substring(row.indexOf('\n') + 1);
    JsonNode d = JSON.readTree(document);
    JsonNode labels = d.path(SampleDocuments.LABELS);
    String name =
        index.of(
            l ->
                l.equals(Labels.METRIC_NAME)
                    ? d.path(SampleDocuments.METRIC).asString("")
                    : labels.path(l).asString(""));
    String id =
        SampleDocuments.id(
            d.path(SampleDocuments.SERIES).asString(""), d.path(SampleDocuments.TIME).asLong());
    int counter = document.lastIndexOf(",\"" + SampleDocuments.COUNTER + "\":");
    if (d.has(SampleDocuments.COUNTER)) {
      document =
          document.substring(0, counter)
              + document.substring(counter).replace(SampleDocuments.COUNTER, SampleDocuments.VALUE);
    }
    return "{\"create\":{\"_index\":\"" + name + "\",\"_id\":\"" + id + "\"}}\n" + document;
  }

  /** Returns the field that holds the values of a series. */
  String field(Labels series) {
    String name = series.metricName();
    return counterSuffixes.stream().anyMatch(name::endsWith)
        ? SampleDocuments.COUNTER
        : SampleDocuments.VALUE;
  }

  /** Returns the settings of an index, without braces. */
  String settings() {
    return "\"index.mode\":\"time_series\",\"index.routing_path\":[\""
        + SampleDocuments.SERIES
        + "\"]"
        + (lookBack.isEmpty() ? "" : ",\"index.look_back_time\":\"" + lookBack + "\"")
        + (lookAhead.isEmpty() ? "" : ",\"index.look_ahead_time\":\"" + lookAhead + "\"");
  }

  /**
   * Returns the lifecycle of a data stream; "" for none.
   *
   * @param retention "" for unlimited
   */
  String lifecycle(String retention) {
    List<String> parts = new ArrayList<>();
    if (!retention.isEmpty()) {
      parts.add("\"data_retention\":\"" + retention + "\"");
    }
    if (!downsampling.isEmpty()) {
      List<String> rounds = new ArrayList<>();
      for (Round r : downsampling) {
        rounds.add("{\"after\":\"" + r.after + "\",\"fixed_interval\":\"" + r.interval + "\"}");
      }
      parts.add("\"downsampling\":[" + String.join(",", rounds) + "]");
    }
    return parts.isEmpty() ? "" : "\"lifecycle\":{" + String.join(",", parts) + "},";
  }
}
