package dev.tethys.tools;

import dev.tethys.codec.exposition.Families;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Checks metrics for the conventions of Prometheus; the strings are promtool's. */
final class MetricLint {
  private static final Pattern CAMEL_CASE = Pattern.compile("[a-z][A-Z]");
  private static final List<String> BASE_UNITS =
      List.of(
          "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "seconds",
          "volts");
  private static final Map<String, String> OTHER_UNITS =
      Map.ofEntries(
          Map.entry("minutes", "seconds"),
          Map.entry("hours", "seconds"),
          Map.entry("days", "seconds"),
          Map.entry("weeks", "seconds"),
          Map.entry("kelvins", "kelvin"),
          Map.entry("fahrenheit", "celsius"),
          Map.entry("rankine", "celsius"),
          Map.entry("inches", "meters"),
          Map.entry("yards", "meters"),
          Map.entry("miles", "meters"),
          Map.entry("bits", "bytes"),
          Map.entry("calories", "joules"),
          Map.entry("pounds", "grams"),
          Map.entry("ounces", "grams"));
  private static final List<String> PREFIXES =
      List.of(
          "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi",
          "mega", "mibi", "giga", "gibi", "tera", "tebi", "peta", "pebi");
  private static final List<String> ABBREVIATIONS =
      List.of("s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d");

  private MetricLint() {}

  /** One complaint. */
  record Problem(String metric, String text) {}

  /** All complaints, by metric, then text. */
  static List<Problem> problems(List<MetricFamily> families) {
    List<Problem> out = new ArrayList<>();
    for (MetricFamily f : families) {
      List<String> texts = new ArrayList<>();
      check(f, texts);
      texts.forEach(t -> out.add(new Problem(f.name(), t)));
    }
    out.sort(Comparator.comparing(Problem::metric).thenComparing(Problem::text));
    return out;
  }

  private static void check(MetricFamily f, List<String> out) {
    String name = f.name();
    if (f.help().isEmpty()) {
      out.add("no help text");
    }
    unit(name, out);
    boolean total = name.endsWith("_total");
    if (f.type() == MetricType.COUNTER && !total) {
      out.add("counter metrics should have \"_total\" suffix");
    } else if (f.type() != MetricType.COUNTER && f.type() != MetricType.UNKNOWN && total) {
      out.add("non-counter metrics should not have \"_total\" suffix");
    }
    reserved(f, out);
    String lower = name.toLowerCase(Locale.ROOT);
    String type = Families.typeName(f.type()).toLowerCase(Locale.ROOT);
    if (f.type() != MetricType.UNKNOWN && holds(lower, type)) {
      out.add("metric name should not include type '" + type + "'");
    }
    if (name.contains(":")) {
      out.add("metric names should not contain ':'");
    }
    if (CAMEL_CASE.matcher(name).find()) {
      out.add("metric names should be written in 'snake_case' not 'camelCase'");
    }
    Set<Labels> seen = new HashSet<>();
    boolean duplicate = false;
    for (Metric m : f.metrics()) {
      for (Labels.Label l : m.labels().toList()) {
        if (CAMEL_CASE.matcher(l.name()).find()) {
          out.add("label names should be written in 'snake_case' not 'camelCase'");
        }
      }
      duplicate |= !seen.add(m.labels());
    }
    for (String a : ABBREVIATIONS) {
      if (holds(lower, a)) {
        out.add("metric names should not contain abbreviated units");
      }
    }
    if (duplicate) {
      out.add("metric not unique");
    }
  }

  private static boolean holds(String name, String part) {
    return name.contains("_" + part + "_") || name.endsWith("_" + part);
  }

  private static void unit(String name, List<String> out) {
    for (String word : name.split("_", -1)) {
      String base = base(word);
      if (base.isEmpty()) {
        for (String p : PREFIXES) {
          if (word.startsWith(p)) {
            base = base(word.substring(p.length()));
            if (!base.isEmpty()) {
              break;
            }
          }
        }
      }
      if (!base.isEmpty()) {
        if (!base.equals(word)) {
          out.add("use base unit " + GoQuote.quote(base) + " instead of " + GoQuote.quote(word));
        }
        return;
      }
    }
  }

  private static String base(String word) {
    return BASE_UNITS.contains(word) ? word : OTHER_UNITS.getOrDefault(word, "");
  }

  private static void reserved(MetricFamily f, List<String> out) {
    if (f.type() == MetricType.UNKNOWN) {
      return;
    }
    boolean histogram = f.type() == MetricType.HISTOGRAM;
    boolean summary = f.type() == MetricType.SUMMARY;
    if (!histogram && f.name().endsWith("_bucket")) {
      out.add("non-histogram metrics should not have \"_bucket\" suffix");
    }
    for (String s : histogram || summary ? List.<String>of() : List.of("_count", "_sum")) {
      if (f.name().endsWith(s)) {
        out.add("non-histogram and non-summary metrics should not have \"" + s + "\" suffix");
      }
    }
    for (Metric m : f.metrics()) {
      if (!histogram && m.labels().has("le")) {
        out.add("non-histogram metrics should not have \"le\" label");
      }
      if (!summary && m.labels().has("quantile")) {
        out.add("non-summary metrics should not have \"quantile\" label");
      }
    }
  }
}
