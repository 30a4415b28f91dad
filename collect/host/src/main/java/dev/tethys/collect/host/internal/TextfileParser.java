package dev.tethys.collect.host.internal;

import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Parses a complete file in text format 0.0.4 as strictly as node_exporter: legacy names only, no
 * timestamps, and a final line feed.
 */
final class TextfileParser {
  /**
   * A family of the file.
   *
   * @param help null without a HELP line
   */
  record Family(String name, MetricType type, @Nullable String help, List<Metric> metrics) {}

  private static final class Draft {
    final String name;
    MetricType type = MetricType.UNKNOWN;
    boolean typed;
    @Nullable String help;
    final List<Metric> plain = new ArrayList<>();
    final Map<Labels, Parts> parts = new LinkedHashMap<>();

    Draft(String name) {
      this.name = name;
    }

    boolean empty() {
      return plain.isEmpty() && parts.isEmpty();
    }
  }

  /** A summary or a histogram while its lines are read. */
  private static final class Parts {
    double count;
    double sum;
    final TreeMap<Double, Double> values = new TreeMap<>(); // by quantile or bound
  }

  private final String path;
  private final String text;
  private final Map<String, Draft> drafts = new LinkedHashMap<>();
  private int p;
  private int line = 1;

  private TextfileParser(String path, String text) {
    this.path = path;
    this.text = text;
  }

  static List<Family> parse(String path, String text) throws MalformedException {
    return new TextfileParser(path, text).parse();
  }

  private List<Family> parse() throws MalformedException {
    for (; p < text.length(); line++) {
      int end = text.indexOf('\n', p);
      if (end < 0) {
        throw error("the last line does not end with a line feed");
      }
      blanks();
      if (p < end) {
        if (text.charAt(p) == '#') {
          comment(text.substring(p + 1, end));
        } else {
          sample(end);
        }
      }
      p = end + 1;
    }
    List<Family> out = new ArrayList<>();
    for (Draft d : drafts.values()) {
      if (!d.empty()) {
        d.parts.forEach((l, parts) -> d.plain.add(metric(d.type, l, parts)));
        out.add(new Family(d.name, d.type, d.help, d.plain));
      }
    }
    return out;
  }

  private MalformedException error(String what) {
    return new MalformedException(path + ":" + line + ": " + what);
  }

  private void blanks() {
    while (p < text.length() && (text.charAt(p) == ' ' || text.charAt(p) == '\t')) {
      p++;
    }
  }

  private void comment(String comment) throws MalformedException {
    String[] words = comment.strip().split("[ \t]+", 3);
    boolean isHelp = words[0].equals("HELP");
    if (!isHelp && !words[0].equals("TYPE") || words.length == 1) {
      return;
    }
    String name = words[1];
    if (!LabelNames.isLegacyMetricName(name)) {
      throw error("\"" + name + "\" is not a metric name");
    }
    Draft d = drafts.computeIfAbsent(name, Draft::new);
    String rest = words.length == 3 ? words[2] : "";
    if (isHelp) {
      if (d.help != null) {
        throw error("second HELP line for " + name);
      }
      d.help = rest.isEmpty() ? null : unescape(rest); // an empty text says as little as none
      return;
    }
    if (d.typed || !d.empty()) {
      throw error("second TYPE line for " + name + ", or TYPE after its samples");
    }
    d.typed = true;
    d.type =
        switch (rest.strip()) {
          case "counter" -> MetricType.COUNTER;
          case "gauge" -> MetricType.GAUGE;
          case "summary" -> MetricType.SUMMARY;
          case "histogram" -> MetricType.HISTOGRAM;
          case "untyped" -> MetricType.UNKNOWN;
          default -> throw error("unknown type \"" + rest + "\" of " + name);
        };
  }

  private String unescape(String s) throws MalformedException {
    if (s.indexOf('\\') < 0) {
      return s;
    }
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c != '\\') {
        sb.append(c);
        continue;
      }
      char next = i + 1 < s.length() ? s.charAt(++i) : ' ';
      switch (next) {
        case '\\' -> sb.append('\\');
        case 'n' -> sb.append('\n');
        default -> throw error("invalid escape in a help text: \\" + next);
      }
    }
    return sb.toString();
  }

  private void sample(int end) throws MalformedException {
    int from = p;
    while (p < end && "{ \t".indexOf(text.charAt(p)) < 0) {
      p++;
    }
    String name = text.substring(from, p);
    if (!LabelNames.isLegacyMetricName(name)) {
      throw error("\"" + name + "\" is not a metric name");
    }
    blanks();
    LabelsBuilder labels = new LabelsBuilder();
    if (p < end && text.charAt(p) == '{') {
      p++;
      labels(labels, end);
    }
    String[] rest = text.substring(p, end).strip().split("[ \t]+");
    Double value = number(rest[0]);
    if (value == null || rest.length > 2) {
      throw error("expected a number as value of " + name);
    }
    if (rest.length == 2) {
      throw error(
          Numbers.whole(rest[1]) == null
              ? "expected a whole number as timestamp"
              : "timestamps are not supported in text files; the whole file is skipped");
    }
    add(name, labels, value);
  }

  private void labels(LabelsBuilder to, int end) throws MalformedException {
    while (true) {
      blanks();
      if (p < end && text.charAt(p) == '}') {
        p++;
        return;
      }
      int from = p;
      while (p < end && "= \t,}\"".indexOf(text.charAt(p)) < 0) {
        p++;
      }
      String name = text.substring(from, p);
      blanks();
      if (!LabelNames.isLegacyLabelName(name)
          || name.equals(Labels.METRIC_NAME)
          || p >= end
          || text.charAt(p) != '=') {
        throw error("\"" + name + "\" is not a label");
      }
      p++;
      blanks();
      if (to.names().contains(name)) {
        throw error("label " + name + " appears twice");
      }
      to.set(name, value(end));
      blanks();
      if (p < end && text.charAt(p) == ',') {
        p++;
      } else if (p >= end || text.charAt(p) != '}') {
        throw error("labels are not terminated");
      }
    }
  }

  private String value(int end) throws MalformedException {
    if (p >= end || text.charAt(p) != '"') {
      throw error("expected a quote before a label value");
    }
    StringBuilder sb = new StringBuilder();
    for (p++; p < end; p++) {
      char c = text.charAt(p);
      if (c == '"') {
        p++;
        return sb.toString();
      }
      if (c != '\\') {
        sb.append(c);
        continue;
      }
      char next = ++p < end ? text.charAt(p) : ' ';
      switch (next) {
        case '\\', '"' -> sb.append(next);
        case 'n' -> sb.append('\n');
        default -> throw error("invalid escape in a label value: \\" + next);
      }
    }
    throw error("a label value is not terminated");
  }

  private static @Nullable Double number(String s) {
    return Numbers.parse(s);
  }

  private void add(String name, LabelsBuilder labels, double value) throws MalformedException {
    for (String suffix : new String[] {"", "_sum", "_count", "_bucket"}) {
      if (!name.endsWith(suffix)) {
        continue;
      }
      Draft d = drafts.get(name.substring(0, name.length() - suffix.length()));
      boolean summary = d != null && d.type == MetricType.SUMMARY;
      boolean histogram = d != null && d.type == MetricType.HISTOGRAM;
      if (d == null || !summary && !histogram || summary && suffix.equals("_bucket")) {
        continue;
      }
      part(d, suffix, labels, value);
      return;
    }
    drafts
        .computeIfAbsent(name, Draft::new)
        .plain
        .add(new Metric(labels.build(), new Value(value, null)));
  }

  private void part(Draft d, String suffix, LabelsBuilder labels, double value)
      throws MalformedException {
    boolean summary = d.type == MetricType.SUMMARY;
    String key = summary ? "quantile" : "le";
    String at = labels.get(key);
    labels.remove(key);
    Parts parts = d.parts.computeIfAbsent(labels.build(), l -> new Parts());
    switch (suffix) {
      case "_sum" -> parts.sum = value;
      case "_count" -> parts.count = value;
      default -> {
        Double bound = number(at);
        if (bound == null) {
          throw error("expected a number as " + key + " of " + d.name);
        }
        parts.values.put(bound, value);
      }
    }
  }

  private static Metric metric(MetricType type, Labels labels, Parts parts) {
    if (type == MetricType.HISTOGRAM) {
      parts.values.put(Double.POSITIVE_INFINITY, parts.count);
    }
    double[] at = parts.values.keySet().stream().mapToDouble(v -> v).toArray();
    double[] values = parts.values.values().stream().mapToDouble(v -> v).toArray();
    return new Metric(
        labels,
        type == MetricType.SUMMARY
            ? new Quantiles(parts.count, parts.sum, at, values)
            : new Buckets(parts.count, parts.sum, at, values, List.of()));
  }
}
