package dev.tethys.query.promql.parser;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.histogram.HistogramAccumulator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Series with values in the notation of rule unit tests, such as {@code up{job="a"} 1 2+3x5 _
 * stale}. Values are separated by spaces: a number, {@code _} for none, {@code stale}, a histogram
 * {@code {{schema:0 sum:1 count:2 buckets:[1 1]}}}; {@code axN} repeats a value N more times,
 * {@code a+bxN} and {@code a-bxN} change it each time.
 *
 * @param labels labels of the series
 * @param values values in time order
 */
public record SeriesDescription(Labels labels, List<SequenceValue> values) {
  /** The maximum number of values of one series that are kept. */
  public static final int MAX_VALUES = 1_000_000;

  /**
   * Position in the sequence.
   *
   * @param omitted whether there is no sample
   * @param value the number, if there is no histogram
   * @param histogram or null for a number
   * @param resetHintGiven whether the histogram has a counter reset hint
   */
  public record SequenceValue(
      boolean omitted, double value, @Nullable Histogram histogram, boolean resetHintGiven) {
    static final SequenceValue OMITTED = new SequenceValue(true, 0, null, false);

    static SequenceValue number(double v) {
      return new SequenceValue(false, v, null, false);
    }
  }

  /**
   * Parses a line.
   *
   * @throws PromqlParseException if it is not valid
   */
  public static SeriesDescription parse(String line) {
    return parse(line, Long.MAX_VALUE);
  }

  /**
   * Parses a description and keeps only the first values; later values are checked but not stored.
   *
   * @param wanted number of values to keep
   */
  public static SeriesDescription parse(String line, long wanted) {
    int end = endOfMetric(line);
    Labels labels = PromqlParser.parseMetric(line.substring(0, end));
    return new SeriesDescription(labels, new Scanner(line, end, wanted).values());
  }

  private static int endOfMetric(String s) {
    int i = 0;
    while (i < s.length() && !isSpace(s.charAt(i)) && s.charAt(i) != '{') {
      i++;
    }
    if (i == s.length() || s.charAt(i) != '{') {
      return i;
    }
    char quote = 0;
    for (; i < s.length(); i++) {
      char c = s.charAt(i);
      if (quote != 0) {
        if (c == '\\' && quote != '`') {
          i++;
        } else if (c == quote) {
          quote = 0;
        }
      } else if (c == '"' || c == '\'' || c == '`') {
        quote = c;
      } else if (c == '}') {
        return i + 1;
      }
    }
    return s.length();
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }

  /** Reads the values. */
  private static final class Scanner {
    private final String s;
    private final long wanted;
    private int i;
    private final List<SequenceValue> out = new ArrayList<>();

    Scanner(String s, int from, long wanted) {
      this.s = s;
      this.i = from;
      this.wanted = wanted;
    }

    private boolean isFull() {
      return out.size() >= wanted;
    }

    List<SequenceValue> values() {
      while (i < s.length()) {
        if (!isSpace(s.charAt(i))) {
          throw error(i, "unexpected " + shown() + " in series values");
        }
        skipSpaces();
        if (i < s.length()) {
          item();
        }
      }
      return List.copyOf(out);
    }

    private void skipSpaces() {
      while (i < s.length() && isSpace(s.charAt(i))) {
        i++;
      }
    }

    private void item() {
      if (s.startsWith("{{", i)) {
        histograms();
      } else if (accept('_')) {
        // A gap that is repeated is exactly so long; a value that is repeated stands once more.
        int n = accept('x') ? count() : 1;
        for (int k = 0; k < n && !isFull(); k++) {
          add(SequenceValue.OMITTED);
        }
      } else if (s.startsWith("stale", i)) {
        i += 5;
        repeat(Samples.STALE, 0);
      } else {
        double v = signed();
        boolean negative = peek() == '-';
        double step = 0;
        boolean stepped = negative || peek() == '+';
        if (stepped) {
          i++;
          step = unsigned();
          if (peek() != 'x') {
            throw error(i, "unexpected " + shown() + " in series values, expected \"x\"");
          }
        }
        repeat(v, negative ? -step : step);
      }
    }

    private void repeat(double first, double step) {
      int n = accept('x') ? count() : 0;
      double v = first;
      add(SequenceValue.number(v));
      for (int k = 0; k < n && !isFull(); k++) {
        v = step == 0 ? v : v + step;
        add(SequenceValue.number(v));
      }
    }

    private void add(SequenceValue v) {
      if (isFull()) {
        return;
      }
      if (out.size() >= MAX_VALUES) {
        throw error(i, "more than " + MAX_VALUES + " values in one series");
      }
      out.add(v);
    }

    private int count() {
      int from = i;
      while (i < s.length() && Character.isDigit(s.charAt(i))) {
        i++;
      }
      try {
        return Integer.parseInt(s, from, i, 10);
      } catch (NumberFormatException e) {
        throw error(from, "invalid repetition in series values: " + s.substring(from, i));
      }
    }

    private double signed() {
      boolean negative = peek() == '-';
      if (negative || peek() == '+') {
        i++;
      }
      double v = unsigned();
      return negative ? -v : v;
    }

    private double unsigned() {
      int from = i;
      while (i < s.length()) {
        char c = s.charAt(i);
        boolean exponentSign =
            (c == '+' || c == '-') && i > from && (s.charAt(i - 1) | 32) == 'e' && digits(from);
        if (!(Character.isLetterOrDigit(c) && c != 'x' || c == '.' || c == '_' || exponentSign)) {
          break;
        }
        i++;
      }
      try {
        return Literals.number(s.substring(from, i));
      } catch (IllegalArgumentException e) {
        throw error(from, "unexpected " + shownAt(from) + " in series values");
      }
    }

    private boolean digits(int from) {
      return Character.isDigit(s.charAt(from)) || s.charAt(from) == '.';
    }

    private void histograms() {
      boolean[] hint = new boolean[1];
      Histogram first = histogram(hint);
      char c = peek();
      if (c == 'x') {
        i++;
        int n = count();
        for (int k = 0; k <= n && !isFull(); k++) {
          add(new SequenceValue(false, 0, first, hint[0]));
        }
        return;
      }
      if (c != '+' && c != '-') {
        add(new SequenceValue(false, 0, first, hint[0]));
        return;
      }
      i++;
      int at = i;
      if (!s.startsWith("{{", i)) {
        throw error(i, "unexpected " + shown() + " in series values, expected a histogram");
      }
      Histogram step = histogram(hint);
      if (!accept('x')) {
        throw error(i, "unexpected " + shown() + " in series values, expected \"x\"");
      }
      int n = count();
      add(new SequenceValue(false, 0, first, hint[0]));
      Histogram current = first;
      for (int k = 0; k < n && (k == 0 || !isFull()); k++) {
        if (current.schema() > step.schema()) {
          throw error(
              at,
              "error combining histograms: cannot merge from schema "
                  + step.schema()
                  + " to "
                  + current.schema());
        }
        HistogramAccumulator sum = new HistogramAccumulator(current);
        int outcome = c == '+' ? sum.add(step) : sum.subtract(step);
        if ((outcome & HistogramAccumulator.INCOMPATIBLE) != 0) {
          throw error(at, "exponential and custom buckets cannot be combined");
        }
        current = sum.toHistogram();
        add(new SequenceValue(false, 0, current, hint[0]));
      }
    }

    private Histogram histogram(boolean[] hintGiven) {
      int open = i;
      i += 2;
      Map<String, Object> d = new HashMap<>();
      skipSpaces();
      while (!s.startsWith("}}", i)) {
        int from = i;
        while (i < s.length() && (Character.isLetter(s.charAt(i)) || s.charAt(i) == '_')) {
          i++;
        }
        String key = s.substring(from, i);
        if (peek() != ':') {
          throw error(
              from,
              i >= s.length()
                  ? "histogram description is not closed, expected \"}}\""
                  : "missing `:` for histogram descriptor");
        }
        i++;
        Object value =
            switch (key) {
              case "schema", "offset", "n_offset" -> integer();
              case "sum", "count", "z_bucket", "z_bucket_w" -> signed();
              case "buckets", "n_buckets", "custom_values" -> array();
              case "counter_reset_hint" -> hint();
              default -> throw error(from, "bad histogram descriptor found: " + GoQuote.quote(key));
            };
        if (d.put(key, value) != null) {
          throw error(from, "duplicate key \"" + key + "\" in histogram");
        }
        if (!s.startsWith("}}", i) && (i >= s.length() || !isSpace(s.charAt(i)))) {
          throw error(i, "unexpected " + shown() + " in histogram description");
        }
        skipSpaces();
      }
      i += 2;
      hintGiven[0] = d.containsKey("counter_reset_hint");
      double[] positive = (double[]) d.getOrDefault("buckets", new double[0]);
      double[] negative = (double[]) d.getOrDefault("n_buckets", new double[0]);
      int schema = (Integer) d.getOrDefault("schema", 0);
      double[] bounds = (double[]) d.get("custom_values");
      boolean custom = schema == Histogram.CUSTOM_BUCKETS;
      if (bounds != null && !custom) {
        throw error(open, "custom_values need schema " + Histogram.CUSTOM_BUCKETS);
      }
      return new Histogram(
          false,
          (Histogram.ResetHint) d.getOrDefault("counter_reset_hint", Histogram.ResetHint.UNKNOWN),
          schema,
          (Double) d.getOrDefault("z_bucket_w", 0.0),
          (Double) d.getOrDefault("z_bucket", 0.0),
          (Double) d.getOrDefault("count", 0.0),
          (Double) d.getOrDefault("sum", 0.0),
          spans((Integer) d.getOrDefault("offset", 0), positive),
          positive,
          spans((Integer) d.getOrDefault("n_offset", 0), negative),
          negative,
          custom ? bounds == null ? new double[0] : bounds : null);
    }

    private static int[] spans(int offset, double[] buckets) {
      return buckets.length == 0 ? new int[0] : new int[] {offset, buckets.length};
    }

    private int integer() {
      boolean negative = accept('-');
      int n = count();
      return negative ? -n : n;
    }

    private double[] array() {
      if (!accept('[')) {
        throw error(i, "unexpected " + shown() + " in histogram description, expected \"[\"");
      }
      List<Double> values = new ArrayList<>();
      while (!accept(']')) {
        values.add(signed());
        if (peek() != ']' && !isSpace(peek())) {
          throw error(i, "unexpected " + shown() + " in buckets, expected \"]\"");
        }
        skipSpaces();
      }
      return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private Histogram.ResetHint hint() {
      int from = i;
      while (i < s.length() && (Character.isLetter(s.charAt(i)) || s.charAt(i) == '_')) {
        i++;
      }
      return switch (s.substring(from, i)) {
        case "unknown" -> Histogram.ResetHint.UNKNOWN;
        case "reset" -> Histogram.ResetHint.RESET;
        case "not_reset" -> Histogram.ResetHint.NOT_RESET;
        case "gauge" -> Histogram.ResetHint.GAUGE;
        default ->
            throw error(
                from,
                "counter_reset_hint must be one of unknown, reset, not_reset, gauge, not "
                    + shownAt(from));
      };
    }

    private char peek() {
      return i < s.length() ? s.charAt(i) : '\0';
    }

    private boolean accept(char c) {
      if (peek() != c) {
        return false;
      }
      i++;
      return true;
    }

    private String shown() {
      return shownAt(i);
    }

    private String shownAt(int from) {
      int to = from;
      while (to < s.length() && !isSpace(s.charAt(to))) {
        to++;
      }
      return from == to ? "end of input" : GoQuote.quote(s.substring(from, to));
    }

    private PromqlParseException error(int at, String reason) {
      byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
      int offset = s.substring(0, Math.min(at, s.length())).getBytes(StandardCharsets.UTF_8).length;
      return new PromqlParseException(utf8, offset, utf8.length, reason);
    }
  }
}
