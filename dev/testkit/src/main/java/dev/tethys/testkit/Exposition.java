package dev.tethys.testkit;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Families in a comparable form: type, help and the value of every sample by its labels. Labels
 * with empty values are omitted, as in Prometheus.
 */
public final class Exposition {
  /**
   * A family.
   *
   * @param samples samples by name suffix and sorted labels
   */
  public record Family(String type, String help, Map<String, Double> samples) {
    /** Creates a family without samples. */
    public Family(String type, String help) {
      this(type, help, new TreeMap<>());
    }
  }

  /** By name. */
  public final Map<String, Family> families = new TreeMap<>();

  /** Returns the samples of a family that must exist. */
  public Map<String, Double> samples(String name) {
    return Objects.requireNonNull(families.get(name), name).samples();
  }

  /** Returns the exposition of a collector. */
  public static Exposition of(Collector c) {
    Exposition e = new Exposition();
    c.collect(
        f -> {
          Family to = new Family(typeText(f), f.help());
          if (e.families.putIfAbsent(f.name(), to) != null) {
            throw new AssertionError("family " + f.name() + " came twice");
          }
          for (MetricFamily.Metric m : f.metrics()) {
            switch (m.point()) {
              case MetricFamily.Value v -> put(to, "", m.labels(), v.value());
              case MetricFamily.Buckets b -> {
                put(to, "_count", m.labels(), b.count());
                put(to, "_sum", m.labels(), b.sum());
                for (int i = 0; i < b.bounds().length; i++) {
                  Labels l = m.labels().toBuilder().set("le", number(b.bounds()[i])).build();
                  put(to, "_bucket", l, b.cumulative()[i]);
                }
              }
              case MetricFamily.Quantiles q -> {
                put(to, "_count", m.labels(), q.count());
                put(to, "_sum", m.labels(), q.sum());
                for (int i = 0; i < q.quantiles().length; i++) {
                  Labels l =
                      m.labels().toBuilder().set("quantile", number(q.quantiles()[i])).build();
                  put(to, "", l, q.values()[i]);
                }
              }
              case MetricFamily.Native n -> throw new AssertionError(f.name());
            }
          }
        });
    return e;
  }

  private static void put(Family to, String suffix, Labels labels, double value) {
    List<String> text = new ArrayList<>();
    labels.toMap().forEach((k, v) -> text.add(k + "=\"" + v + "\""));
    if (to.samples.put(suffix + String.join(",", text), value) != null) {
      throw new AssertionError(suffix + text + " came twice");
    }
  }

  /** Numbers in labels in one form, regardless of their form in the text. */
  private static String number(double v) {
    return v == Double.POSITIVE_INFINITY ? "+Inf" : Double.toString(v);
  }

  private static String typeText(MetricFamily f) {
    return f.type() == dev.tethys.model.MetricType.UNKNOWN ? "untyped" : f.type().text();
  }

  /** Reads text 0.0.4 as client libraries for Go write it. */
  public static Exposition parse(String text) {
    Exposition e = new Exposition();
    Map<String, String> help = new TreeMap<>();
    String name = "";
    for (String line : text.split("\n")) {
      if (line.startsWith("# HELP ")) {
        int sp = line.indexOf(' ', 7);
        help.put(
            line.substring(7, sp),
            line.substring(sp + 1).replace("\\n", "\n").replace("\\\\", "\\"));
      } else if (line.startsWith("# TYPE ")) {
        String[] f = line.split(" ");
        name = f[2];
        e.families.put(name, new Family(f[3], help.getOrDefault(name, "")));
      } else if (!line.isEmpty() && !line.startsWith("#")) {
        sample(Objects.requireNonNull(e.families.get(name), line), name, line);
      }
    }
    return e;
  }

  private static void sample(Family to, String name, String line) {
    int brace = line.indexOf('{');
    int sp = line.lastIndexOf(' ');
    List<String> labels = new ArrayList<>();
    if (brace > 0) {
      int i = brace + 1;
      while (line.charAt(i) != '}') {
        int eq = line.indexOf('=', i);
        String n = line.substring(i, eq);
        StringBuilder v = new StringBuilder();
        for (i = eq + 2; line.charAt(i) != '"'; i++) {
          char c = line.charAt(i);
          if (c == '\\') {
            c = line.charAt(++i);
            c = c == 'n' ? '\n' : c;
          }
          v.append(c);
        }
        if (!v.isEmpty()) {
          boolean number = (n.equals("le") || n.equals("quantile")) && !v.toString().equals("+Inf");
          labels.add(n + "=\"" + (number ? number(Double.parseDouble(v.toString())) : v) + "\"");
        }
        i++;
        if (line.charAt(i) == ',') {
          i++;
        }
      }
    }
    String value = line.substring(sp + 1);
    double v =
        switch (value) {
          case "+Inf" -> Double.POSITIVE_INFINITY;
          case "-Inf" -> Double.NEGATIVE_INFINITY;
          default -> Double.parseDouble(value);
        };
    labels.sort(null);
    String full = line.substring(0, brace > 0 ? brace : line.indexOf(' '));
    to.samples.put(full.substring(name.length()) + String.join(",", labels), v);
  }
}
