package dev.tethys.codec.opentsdb;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.codec.text.UnderscoreEscape;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Maps series to metrics and tags of OpenTSDB 2.
 *
 * <p>OpenTSDB accepts letters, digits and {@code -_./} in names and values (opentsdb.net, "Writing
 * Data"), requires at least one tag, and accepts eight unless configured otherwise ({@code
 * tsd.storage.max_tags}).
 *
 * <p>Any other byte of UTF-8 becomes {@code _x} and two hexadecimal digits in upper case, and so
 * does an underscore before {@code x} and two such digits. Non-ASCII letters are also escaped: the
 * server accepts them, but stores names in Latin-1, where most of them become a question mark. The
 * slash is escaped in names and kept in values.
 *
 * <p>Labels of OTLP scopes are tags after all others, so that they do not displace labels of users.
 * Labels beyond the number of tags are joined in the tag {@code _labels}, as names and values with
 * slashes between, in which slashes are escaped; for a series without labels that tag is {@code -}.
 * A label with the name {@code _labels} is the tag {@code _x5Flabels}. A series without a name is
 * the metric {@code _x5F}, which no name maps to.
 *
 * <p>Samples that are not finite, which OpenTSDB rejects, are points of an additional metric with
 * the suffix {@code /notfinite} and {@link dev.tethys.codec.text.NonFiniteText#mark} as their
 * values.
 */
public final class TsdbSeries {
  /** The longest name or value, in bytes: it is a key of HBase. */
  public static final int MAX_NAME = 32_767;

  /** Times that OpenTSDB takes as milliseconds: from 2001 on, and with 13 digits. */
  public static final long MIN_TIME = 1_000_000_000_000L;

  public static final long MAX_TIME = 9_999_999_999_999L;

  private static final String MORE = "_labels";
  private static final String MORE_LABEL = "_x5Flabels";
  private static final String SCOPE = "otel_scope_";
  private static final String NONE = "-";
  private static final String NAMELESS = "_x5F";
  private static final String NOT_FINITE = "/notfinite";

  private TsdbSeries() {}

  /**
   * A series in OpenTSDB.
   *
   * @param metric metric of its finite samples
   */
  public record Key(String metric, Map<String, String> tags) {
    /** Returns the metric for samples that are not finite. */
    public String notFinite() {
      return metric + NOT_FINITE;
    }

    /** Whether some name or value is longer than OpenTSDB takes. */
    public boolean isTooLong() {
      return metric.length() + NOT_FINITE.length() > MAX_NAME
          || tags.entrySet().stream()
              .anyMatch(t -> t.getKey().length() > MAX_NAME || t.getValue().length() > MAX_NAME);
    }
  }

  /**
   * Returns the key of a series.
   *
   * @param first labels that become tags before others; fewer than {@code maxTags}
   * @param maxTags most tags of a series
   */
  public static Key key(Labels labels, Collection<String> first, int maxTags) {
    List<Labels.Label> all = new ArrayList<>();
    for (Labels.Label l : labels.toList()) {
      if (!l.name().equals(Labels.METRIC_NAME)) {
        all.add(l);
      }
    }
    Map<String, String> tags = new LinkedHashMap<>();
    if (all.size() <= maxTags) {
      all.forEach(l -> tags.put(tag(l.name()), tagValue(l.value())));
      if (all.isEmpty()) {
        tags.put(MORE, NONE);
      }
      return new Key(metric(labels.metricName()), tags);
    }
    for (Labels.Label l : all) {
      if (first.contains(l.name())) {
        tags.put(tag(l.name()), tagValue(l.value()));
      }
    }
    all.sort(Comparator.comparing(l -> l.name().startsWith(SCOPE))); // keeps the order otherwise
    StringBuilder more = new StringBuilder();
    for (Labels.Label l : all) {
      if (first.contains(l.name())) {
        continue;
      }
      if (tags.size() < maxTags - 1) {
        tags.put(tag(l.name()), tagValue(l.value()));
      } else {
        more.append(more.isEmpty() ? "" : "/").append(encode(l.name(), false));
        more.append('/').append(encode(l.value(), false));
      }
    }
    tags.put(MORE, more.toString());
    return new Key(metric(labels.metricName()), tags);
  }

  /** Returns the metric for a name. */
  public static String metric(String name) {
    return name.isEmpty() ? NAMELESS : encode(name, false);
  }

  /** Returns the name of a metric, including the metric for samples that are not finite. */
  public static String name(String metric) {
    String m =
        isNotFinite(metric) ? metric.substring(0, metric.length() - NOT_FINITE.length()) : metric;
    return m.equals(NAMELESS) ? "" : UnderscoreEscape.decode(m);
  }

  /** Whether points of a metric are marks for samples that are not finite. */
  public static boolean isNotFinite(String metric) {
    return metric.endsWith(NOT_FINITE);
  }

  /** Returns the tag of a label that has its own tag. */
  public static String tag(String label) {
    return label.equals(MORE) ? MORE_LABEL : encode(label, false);
  }

  /** Returns the value of such a tag. */
  public static String tagValue(String value) {
    return encode(value, true);
  }

  /** Returns the labels for a metric and its tags, regardless of their writer. */
  public static Labels labels(String metric, Map<String, String> tags) {
    LabelsBuilder b = new LabelsBuilder();
    tags.forEach(
        (k, v) -> {
          if (!k.equals(MORE)) {
            b.set(UnderscoreEscape.decode(k), UnderscoreEscape.decode(v));
          } else if (!v.equals(NONE)) {
            String[] parts = v.split("/", -1);
            for (int i = 0; i + 1 < parts.length; i += 2) {
              b.set(UnderscoreEscape.decode(parts[i]), UnderscoreEscape.decode(parts[i + 1]));
            }
          }
        });
    String name = name(metric);
    if (!name.isEmpty()) {
      b.set(Labels.METRIC_NAME, name);
    }
    return b.build();
  }

  /**
   * Writes a finite value with the fewest digits, always as a float: the server stores integers
   * separately, averages them as integers, and distinguishes them from a float with the same
   * timestamp.
   */
  public static void value(double v, TextBuffer to) {
    int from = to.size();
    to.number(v);
    for (int i = from; i < to.size(); i++) {
      if (to.at(i) == '.' || to.at(i) == 'e') {
        return;
      }
    }
    to.put(".0");
  }

  private static String encode(String text, boolean slash) {
    return UnderscoreEscape.encode(text, b -> UnderscoreEscape.isPlain(b) || slash && b == '/');
  }
}
