package dev.tethys.codec.statsd;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads StatsD's lines: {@code name:value|type[|@rate][|#tag:value,…]}, several values after one
 * name ({@code a:1|c:2|c}, and DogStatsD's {@code a:1:2|d}), tags within the name ({@code
 * a,t=v:1|c}, {@code a#t=v:1|c}, {@code a[t=v]b:1|c}). Error messages have the wording of
 * statsd_exporter.
 *
 * <p>DogStatsD's fields for times and external data ({@code T}, {@code e:}, {@code card:}) are
 * skipped, and the field for containers ({@code c:}) is read only if enabled. Its events and
 * service checks are not metrics and are rejected by name.
 */
public final class StatsdReader {
  /**
   * Supported tag formats.
   *
   * @param simple whether a tag without a value is one with an empty value
   * @param container tag for DogStatsD's container field of the sender; "" for none
   * @param strict whether a container field that names no container makes its sample invalid
   */
  public record Tags(
      boolean dogstatsd,
      boolean influxdb,
      boolean librato,
      boolean signalfx,
      boolean simple,
      String container,
      boolean strict) {
    public static final Tags ALL = exporter(true, true, true, true);

    /** Returns the tag styles of statsd_exporter, whose container label has an underscore. */
    public static Tags exporter(
        boolean dogstatsd, boolean influxdb, boolean librato, boolean signalfx) {
      return new Tags(dogstatsd, influxdb, librato, signalfx, false, "container_id", true);
    }
  }

  /** Receives parsed values. */
  public interface Sink {
    /** Receives a value. */
    void sample(StatsdSample sample);

    /**
     * Reports that a line, or one of its values, is invalid.
     *
     * @param reason reason as named by statsd_exporter, such as {@code malformed_value}
     */
    void refused(String line, String reason);

    /** Reports an unusable tag; its line is accepted without it. */
    default void badTag(String line) {}

    /** Reports each line, valid or not. */
    default void line() {}

    /** Reports that a value is about to be read, valid or not. */
    default void sampleSeen(boolean tagged) {}
  }

  private final Tags tags;

  public StatsdReader(Tags tags) {
    this.tags = tags;
  }

  /** Reads lines. */
  public void read(byte[] buf, int offset, int length, Sink sink) {
    int end = offset + length;
    for (int from = offset; from < end; ) {
      int to = from;
      while (to < end && buf[to] != '\n') {
        to++;
      }
      int last = to > from && buf[to - 1] == '\r' ? to - 1 : to;
      sink.line();
      if (last > from) {
        String line;
        try {
          line =
              StandardCharsets.UTF_8
                  .newDecoder()
                  .decode(ByteBuffer.wrap(buf, from, last - from))
                  .toString();
          line(line, sink);
        } catch (CharacterCodingException e) {
          sink.refused(
              new String(buf, from, last - from, StandardCharsets.ISO_8859_1), "malformed_line");
        }
      }
      from = to + 1;
    }
  }

  private void line(String line, Sink sink) {
    int colon = line.indexOf(':');
    if (line.startsWith("_e{")) {
      sink.refused(line, "event");
      return;
    }
    if (line.startsWith("_sc|")) {
      sink.refused(line, "service_check");
      return;
    }
    if (colon <= 0) {
      sink.refused(line, "malformed_line");
      return;
    }
    Map<String, String> labels = new LinkedHashMap<>();
    String name = name(line.substring(0, colon), labels, line, sink);
    String rest = line.substring(colon + 1);
    boolean dogTags = rest.contains("|#");
    if (dogTags && !labels.isEmpty()) {
      sink.refused(line, "mixed_tagging_styles");
      return;
    }
    int bar = rest.indexOf('|');
    if (bar < 0) {
      sink.refused(line, "not_enough_parts_after_colon");
      return;
    }
    int second = rest.indexOf('|', bar + 1);
    StatsdKind first =
        StatsdKind.named(second < 0 ? rest.substring(bar + 1) : rest.substring(bar + 1, second));
    if (rest.lastIndexOf(':', bar) >= 0) {
      if (first == null || !first.isObserved() && first != StatsdKind.SET) {
        sink.refused(line, "invalid_extended_aggregate_type");
        return;
      }
      String suffix = rest.substring(bar);
      for (String value : split(rest.substring(0, bar), ':')) {
        sample(name, labels, value + suffix, line, sink);
      }
    } else if (dogTags || rest.contains("|c:") || rest.contains("|e:") || rest.contains("|card:")) {
      // A colon further on belongs to a tag or a field, not to another value. A second value that
      // is a counter begins with its number: "1|c:2|c" has no such field when a number follows.
      if (!dogTags && isSecondValue(rest)) {
        split(rest, ':').forEach(s -> sample(name, labels, s, line, sink));
      } else {
        sample(name, labels, rest, line, sink);
      }
    } else {
      split(rest, ':').forEach(s -> sample(name, labels, s, line, sink));
    }
  }

  private static boolean isSecondValue(String rest) {
    List<String> parts = split(rest, ':');
    return parts.size() > 1 && parts.stream().allMatch(p -> p.indexOf('|') > 0);
  }

  private static List<String> split(String s, char at) {
    List<String> out = new java.util.ArrayList<>();
    int from = 0;
    for (int i = s.indexOf(at); i >= 0; i = s.indexOf(at, from)) {
      out.add(s.substring(from, i));
      from = i + 1;
    }
    out.add(s.substring(from));
    return out;
  }

  private String name(String name, Map<String, String> labels, String line, Sink sink) {
    if (tags.signalfx) {
      int open = name.indexOf('[');
      int close = name.indexOf(']');
      if (open >= 0 && close > open) {
        tags(name.substring(open + 1, close), '=', labels, line, sink);
        return name.substring(0, open) + name.substring(close + 1);
      }
      if (open >= 0 || close >= 0) {
        sink.badTag(line);
        return name;
      }
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '#' && tags.librato || c == ',' && tags.influxdb) {
        tags(name.substring(i + 1), '=', labels, line, sink);
        return name.substring(0, i);
      }
    }
    return name;
  }

  private void tags(
      String list, char separator, Map<String, String> labels, String line, Sink sink) {
    if (list.isEmpty()) {
      return;
    }
    for (String tag :
        split(list.endsWith(",") ? list.substring(0, list.length() - 1) : list, ',')) {
      String t = separator == ':' && tag.startsWith("#") ? tag.substring(1) : tag;
      int at = t.indexOf(separator);
      String key = at < 0 ? t : t.substring(0, at);
      if (tags.simple && !key.isEmpty() && (at < 0 || at == t.length() - 1)) {
        labels.put(key, "");
      } else if (at <= 0 || at == t.length() - 1) {
        sink.badTag(line);
      } else {
        labels.put(key, t.substring(at + 1));
      }
    }
  }

  /** Fields of DogStatsD that describe the origin of a value. */
  private static boolean isOriginField(String field) {
    return field.startsWith("c:")
        || field.startsWith("e:")
        || field.startsWith("card:")
        || field.length() > 1
            && field.charAt(0) == 'T'
            && field.chars().skip(1).allMatch(c -> c >= '0' && c <= '9');
  }

  private void sample(
      String name, Map<String, String> nameTags, String text, String line, Sink sink) {
    List<String> parts = split(text, '|');
    Map<String, String> labels = nameTags;
    double rate = 1;
    String problem = parts.size() < 2 ? "malformed_component" : null;
    for (int i = 2; i < parts.size(); i++) {
      String p = parts.get(i);
      if (p.isEmpty()) {
        problem = "malformed_component";
      } else if (p.charAt(0) == '@') {
        Double r = number(p.substring(1));
        if (r == null || !(r > 0 && r <= 1)) {
          sink.refused(line, "invalid_sample_factor");
        } else {
          rate = r;
        }
      } else if (p.charAt(0) == '#') {
        if (tags.dogstatsd) {
          labels = new LinkedHashMap<>(labels);
          tags(p.substring(1), ':', labels, line, sink);
        }
      } else if (!tags.container.isEmpty() && p.startsWith("c:") && p.length() > 2) {
        labels = new LinkedHashMap<>(labels);
        labels.put(tags.container, p.substring(2));
      } else if (tags.strict && p.equals("c:")) {
        problem = "malformed_container_id";
      } else if (!isOriginField(p)) {
        sink.refused(line, "invalid_sample_factor");
      }
    }
    sink.sampleSeen(!labels.isEmpty());
    if (problem != null) {
      sink.refused(line, problem);
      return;
    }
    String value = parts.get(0);
    StatsdKind kind = StatsdKind.named(parts.get(1));
    if (kind == null) {
      sink.refused(line, "illegal_event");
      return;
    }
    if (kind == StatsdKind.SET) {
      sink.sample(new StatsdSample(kind, name, labels, Double.NaN, value, false, rate));
      return;
    }
    Double v = number(value);
    if (v == null) {
      sink.refused(line, "malformed_value");
      return;
    }
    boolean relative = kind == StatsdKind.GAUGE && (value.startsWith("+") || value.startsWith("-"));
    sink.sample(new StatsdSample(kind, name, labels, v, "", relative, rate));
  }

  private static @Nullable Double number(String s) {
    if (s.isEmpty() || s.charAt(0) <= ' ' || s.charAt(s.length() - 1) <= ' ') {
      return null;
    }
    char last = s.charAt(s.length() - 1);
    if (last == 'd' || last == 'D' || last == 'f' || last == 'F') {
      return null; // Java's suffixes
    }
    try {
      double v = Double.parseDouble(s);
      return Double.isFinite(v) ? v : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
