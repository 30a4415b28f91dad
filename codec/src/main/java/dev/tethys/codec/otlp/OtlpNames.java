package dev.tethys.codec.otlp;

import dev.tethys.model.GoQuote;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Metric, label and unit names out of OTLP's, by the rules of the OpenTelemetry specification's
 * Prometheus compatibility page as Prometheus applies them.
 */
public final class OtlpNames {
  private static final Map<String, String> UNITS =
      Map.ofEntries(
          Map.entry("d", "days"),
          Map.entry("h", "hours"),
          Map.entry("min", "minutes"),
          Map.entry("s", "seconds"),
          Map.entry("ms", "milliseconds"),
          Map.entry("us", "microseconds"),
          Map.entry("ns", "nanoseconds"),
          Map.entry("By", "bytes"),
          Map.entry("KiBy", "kibibytes"),
          Map.entry("MiBy", "mebibytes"),
          Map.entry("GiBy", "gibibytes"),
          Map.entry("TiBy", "tibibytes"),
          Map.entry("KBy", "kilobytes"),
          Map.entry("MBy", "megabytes"),
          Map.entry("GBy", "gigabytes"),
          Map.entry("TBy", "terabytes"),
          Map.entry("m", "meters"),
          Map.entry("V", "volts"),
          Map.entry("A", "amperes"),
          Map.entry("J", "joules"),
          Map.entry("W", "watts"),
          Map.entry("g", "grams"),
          Map.entry("Cel", "celsius"),
          Map.entry("Hz", "hertz"),
          Map.entry("1", ""),
          Map.entry("%", "percent"));

  private static final Map<String, String> PER =
      Map.of(
          "s", "second", "m", "minute", "h", "hour", "d", "day", "w", "week", "mo", "month", "y",
          "year");

  private OtlpNames() {}

  /** Signals a name that cannot be converted to a valid one. */
  public static final class BadName extends Exception {
    private static final long serialVersionUID = 1L;

    BadName(String message) {
      super(message, null, false, false);
    }
  }

  /** Returns the Prometheus name of a metric. */
  public static String metric(
      TranslationStrategy strategy, String name, String unit, MetricKind kind) throws BadName {
    if (!strategy.escapes()) {
      if (name.isEmpty()) {
        throw new BadName("metric name is empty");
      }
      return strategy.suffixes() ? withSuffixes(name, unit, kind) : name;
    }
    String out = strategy.suffixes() ? normalized(name, unit, kind) : escaped(name);
    if (out.isEmpty()) {
      throw new BadName(
          "normalization for metric " + GoQuote.quote(name) + " resulted in empty name");
    }
    if (!out.equals(name) && onlyUnderscores(out)) {
      throw new BadName(
          "normalization for metric "
              + GoQuote.quote(name)
              + " resulted in invalid name "
              + GoQuote.quote(out));
    }
    return out;
  }

  /**
   * Keeps letters, digits and underscores and replaces runs of other characters by one underscore.
   */
  private static String escaped(String name) {
    return startSafely(String.join("_", tokens(name, true)));
  }

  private static String startSafely(String s) {
    return !s.isEmpty() && isDigit(s.charAt(0)) ? "_" + s : s;
  }

  private static String normalized(String name, String unit, MetricKind kind) {
    List<String> tokens = tokens(name, false);
    String main = cleanUnit(mainUnit(unit));
    String per = cleanUnit(perUnit(unit));
    if (tokens.contains(main)) {
      main = "";
    }
    if (per.equals("per_")) {
      per = "";
    } else {
      per = trimEnd(per);
      if (tokens.contains(per)) {
        per = "";
      }
    }
    if (!per.isEmpty()) {
      main = trimEnd(main);
    }
    if (!main.isEmpty()) {
      tokens.add(main);
    }
    if (!per.isEmpty()) {
      tokens.add(per);
    }
    if (kind == MetricKind.MONOTONIC_SUM) {
      tokens.removeIf("total"::equals);
      tokens.add("total");
    }
    if (unit.equals("1") && kind == MetricKind.GAUGE) {
      tokens.removeIf("ratio"::equals);
      tokens.add("ratio");
    }
    return startSafely(String.join("_", tokens));
  }

  private static String withSuffixes(String name, String unit, MetricKind kind) {
    String out = name;
    StringBuilder after = new StringBuilder();
    if (unit.equals("1") && kind == MetricKind.GAUGE) {
      out = trimSuffix(out, "ratio");
      after.insert(0, "_ratio");
    }
    if (kind == MetricKind.MONOTONIC_SUM) {
      out = trimSuffix(out, "total");
      after.insert(0, "_total");
    }
    String per = perUnit(unit);
    if (!per.isEmpty()) {
      out = trimSuffix(out, per);
      after.insert(0, "_" + per);
    }
    String main = mainUnit(unit);
    if (!main.isEmpty() && !out.endsWith(main)) {
      out += "_" + main;
    }
    return out + after;
  }

  /** Cuts a suffix and the one character before it. */
  private static String trimSuffix(String s, String suffix) {
    return s.endsWith(suffix) && s.length() > suffix.length() + 1
        ? s.substring(0, s.length() - suffix.length() - 1)
        : s;
  }

  private static String trimEnd(String s) {
    return s.endsWith("_") ? s.substring(0, s.length() - 1) : s;
  }

  private static List<String> tokens(String s, boolean underscores) {
    List<String> out = new ArrayList<>();
    int start = -1;
    for (int i = 0; i <= s.length(); i++) {
      boolean in =
          i < s.length() && (isMetricChar(s.charAt(i)) || underscores && s.charAt(i) == '_');
      if (in && start < 0) {
        start = i;
      } else if (!in && start >= 0) {
        out.add(s.substring(start, i));
        start = -1;
      }
    }
    return out;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLabelChar(int c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
  }

  private static boolean isMetricChar(int c) {
    return isLabelChar(c) || c == ':';
  }

  private static boolean onlyUnderscores(String s) {
    return s.chars().allMatch(c -> c == '_');
  }

  private static String mainUnit(String unit) {
    int slash = unit.indexOf('/');
    String main = (slash < 0 ? unit : unit.substring(0, slash)).strip();
    return main.indexOf('{') >= 0 || main.indexOf('}') >= 0 ? "" : UNITS.getOrDefault(main, main);
  }

  private static String perUnit(String unit) {
    int slash = unit.indexOf('/');
    String per = slash < 0 ? "" : unit.substring(slash + 1).strip();
    return per.isEmpty() || per.indexOf('{') >= 0 || per.indexOf('}') >= 0
        ? ""
        : "per_" + PER.getOrDefault(per, per);
  }

  private static String cleanUnit(String unit) {
    StringBuilder sb = new StringBuilder();
    unit.codePoints()
        .map(c -> isMetricChar(c) ? c : '_')
        .filter(c -> c != '_' || sb.isEmpty() || sb.charAt(sb.length() - 1) != '_')
        .forEachOrdered(c -> sb.append((char) c));
    return sb.length() > 0 && sb.charAt(0) == '_' ? sb.substring(1) : sb.toString();
  }

  /** The unit as metadata shows it: {@code By/s} is {@code bytes_per_second}. */
  static String unit(String unit, boolean utf8) {
    String main = mainUnit(unit);
    String per = perUnit(unit);
    if (!utf8) {
      main = cleanUnit(main);
      per = cleanUnit(per);
    }
    String out = main.isEmpty() ? per : per.isEmpty() ? main : main + "_" + per;
    if (out.startsWith("_")) {
      out = out.substring(1);
    }
    return trimEnd(out);
  }

  static String label(OtlpOptions o, String label) throws BadName {
    if (label.isEmpty()) {
      throw new BadName("label name is empty");
    }
    if (!o.translationStrategy().escapes()) {
      if (onlyUnderscores(label)) {
        throw new BadName("label name " + GoQuote.quote(label) + " contains only underscores");
      }
      return label;
    }
    return escapedLabel(
        label, o.labelNameUnderscoreSanitization(), o.labelNamePreserveMultipleUnderscores());
  }

  /**
   * The name of a label in the old alphabet, where the strategy {@link
   * TranslationStrategy#escapes}.
   *
   * @param label not empty
   * @param sanitizesUnderscore whether one underscore does not begin a name
   * @param keepsRuns whether runs of other signs are as many underscores
   */
  public static String escapedLabel(String label, boolean sanitizesUnderscore, boolean keepsRuns)
      throws BadName {
    String out = sanitized(label, keepsRuns);
    if (isDigit(out.charAt(0))) {
      out = "key_" + out;
    } else if (sanitizesUnderscore && out.startsWith("_") && !out.startsWith("__")) {
      out = "key" + out;
    }
    if (onlyUnderscores(out)) {
      throw new BadName(
          "normalization for label name "
              + GoQuote.quote(label)
              + " resulted in invalid name "
              + GoQuote.quote(out));
    }
    return out;
  }

  private static String sanitized(String name, boolean keepRuns) {
    boolean reserved =
        !keepRuns && name.length() >= 4 && name.startsWith("__") && name.endsWith("__");
    String inner = reserved ? name.substring(2, name.length() - 2) : name;
    StringBuilder sb = new StringBuilder(name.length() + 4);
    if (reserved) {
      sb.append("__");
    }
    boolean underscore = false;
    for (int i = 0; i < inner.length(); ) {
      int c = inner.codePointAt(i);
      i += Character.charCount(c);
      if (isLabelChar(c)) {
        sb.append((char) c);
        underscore = false;
      } else if (keepRuns || !underscore) {
        sb.append('_');
        underscore = true;
      }
    }
    return (reserved ? sb.append("__") : sb).toString();
  }
}
