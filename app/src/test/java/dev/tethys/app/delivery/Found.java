package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Samples;
import dev.tethys.testkit.ShownHistogram;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What a reader found in a database: samples by series and time, and how often each. */
final class Found {
  private static final int SHOWN = 20;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern MINUS_ZERO = Pattern.compile("([\\[,:])-0(?=[,\\]}])");

  private final Map<Labels, TreeMap<Long, Double>> samples = new HashMap<>();
  private final Map<Labels, TreeMap<Long, String>> histograms = new HashMap<>();
  private final Map<Labels, Long> last = new HashMap<>();
  private final List<String> contradictions = new ArrayList<>();
  private long rows;
  private long again;
  private long late;

  /** Adds a sample. */
  void sample(Labels series, long time, double value) {
    rows++;
    Long before = last.put(series, time);
    Double old = samples.computeIfAbsent(series, l -> new TreeMap<>()).put(time, value);
    if (old == null) {
      late += before != null && before > time ? 1 : 0;
      return;
    }
    again++;
    if (bits(old) != bits(value)) {
      contradictions.add(series + " @" + time + ": " + old + " and " + value);
    }
  }

  /** Adds a native histogram. */
  void histogram(Labels series, long time, double count, double sum) {
    rows++;
    String is = text(count, sum);
    String old = histograms.computeIfAbsent(series, l -> new TreeMap<>()).put(time, is);
    again += old == null ? 0 : 1;
    if (old != null && !old.equals(is)) {
      contradictions.add(series + " @" + time + ": " + old + " and " + is);
    }
  }

  private static String text(double count, double sum) {
    return count + " observations of " + Long.toHexString(bits(sum));
  }

  /** As a text of {@code value_text} and its like has it. */
  static double notFinite(String text) {
    return switch (text) {
      case "NaN" -> Samples.NORMAL_NAN;
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      case "stale" -> Samples.STALE;
      default -> throw new AssertionError("no value: " + text);
    };
  }

  /** JSON as others read it: a whole number of Jackson's is never -0. */
  static JsonNode json(String text) {
    return JSON.readTree(MINUS_ZERO.matcher(text).replaceAll("$1-0.0"));
  }

  /** Labels of a map in which a metric's name has no place. */
  static Labels labels(String metric, Map<String, String> others) {
    LabelsBuilder b = new LabelsBuilder();
    others.forEach(b::set);
    return metric.isEmpty() ? b.build() : b.set(Labels.METRIC_NAME, metric).build();
  }

  /** Undoes escapes of two hexadecimal digits behind something. */
  static String unescape(Pattern escape, String text) {
    if (!escape.matcher(text).find()) {
      return text;
    }
    // Bytes as characters, so that escapes of one character's bytes come together.
    String raw = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    String plain =
        escape
            .matcher(raw)
            .replaceAll(
                m ->
                    java.util.regex.Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(m.group(1), 16))));
    return new String(plain.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  static long bits(double v) {
    return Double.isNaN(v) && !Samples.isStale(v)
        ? Samples.NORMAL_NAN_BITS
        : Double.doubleToRawLongBits(v);
  }

  /** Number of samples that exist more than once. */
  long again() {
    return again;
  }

  /** Number of samples after a later one of their series. */
  long late() {
    return late;
  }

  long rows() {
    return rows;
  }

  /** Everything is there, as it was written, and nothing else; once, where the peer sees to it. */
  void assertHolds(KnownSamples known, Peer peer) {
    assertWhole(known, peer);
    if (peer.isIdempotent()) {
      assertThat(again).as("samples that stand there twice").isZero();
    }
  }

  /** Everything is there, as it was written, and nothing else. */
  void assertWhole(KnownSamples known, Peer peer) {
    List<String> wrong = new ArrayList<>(contradictions);
    Map<Labels, TreeMap<Long, Double>> left = new HashMap<>(samples);
    known
        .expected()
        .forEach(
            (series, want) -> {
              TreeMap<Long, Double> has = left.remove(series);
              want.forEach(
                  (t, v) -> {
                    Double is = has == null ? null : has.remove(t);
                    if (is == null ? peer.shows(v) : bits(is) != bits(v)) {
                      wrong.add(series + " @" + t + ": " + is + ", not " + v);
                    }
                  });
              if (has != null && !has.isEmpty()) {
                wrong.add("never written: " + series + ' ' + has);
              }
            });
    left.forEach((series, all) -> wrong.add("never written: " + series + ' ' + all));
    Map<Labels, TreeMap<Long, String>> whole = new HashMap<>();
    known
        .histograms()
        .forEach(
            (series, all) ->
                all.forEach(
                    (t, h) ->
                        whole
                            .computeIfAbsent(series, l -> new TreeMap<>())
                            .put(t, text(h.count(), h.sum()))));
    assertThat(wrong.stream().limit(SHOWN)).as(wrong.size() + " differences").isEmpty();
    assertThat(histograms).isEqualTo(whole);
  }

  /** The same for samples that our own reader found, whole histograms bit for bit. */
  static void assertSame(
      KnownSamples known,
      Map<Labels, TreeMap<Long, Double>> samples,
      Map<Labels, TreeMap<Long, Histogram>> histograms) {
    List<String> wrong = new ArrayList<>();
    known
        .expected()
        .forEach(
            (series, want) -> {
              TreeMap<Long, Double> has = samples.getOrDefault(series, new TreeMap<>());
              if (has.size() != want.size()) {
                wrong.add(series + ": " + has.size() + " samples, not " + want.size());
              }
              want.forEach(
                  (t, v) -> {
                    Double is = has.get(t);
                    if (is == null || bits(is) != bits(v)) {
                      wrong.add(series + " @" + t + ": " + is + ", not " + v);
                    }
                  });
            });
    samples.keySet().stream()
        .filter(l -> !known.expected().containsKey(l))
        .forEach(l -> wrong.add("never written: " + l));
    assertThat(wrong.stream().limit(SHOWN)).as(wrong.size() + " differences").isEmpty();
    assertThat(shown(histograms)).isEqualTo(shown(known.histograms()));
  }

  private static Map<Labels, Map<Long, String>> shown(
      Map<Labels, TreeMap<Long, Histogram>> histograms) {
    Map<Labels, Map<Long, String>> out = new HashMap<>();
    histograms.forEach(
        (series, all) -> {
          Map<Long, String> one = new TreeMap<>();
          all.forEach((t, h) -> one.put(t, ShownHistogram.of(h)));
          out.put(series, one);
        });
    return out;
  }
}
