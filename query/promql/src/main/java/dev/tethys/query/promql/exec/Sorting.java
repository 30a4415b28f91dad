package dev.tethys.query.promql.exec;

import dev.tethys.query.promql.ast.Expr.Span;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * {@code sort} and its kin: the order of an instant vector; a range is ordered by labels anyway.
 */
public final class Sorting extends Operator {
  private final Operator vector;
  private final List<String> labels;
  private final boolean byLabels;
  private final boolean descending;
  private final Span span;

  /**
   * @param labels the labels to sort by; ignored unless {@code byLabels}
   * @param span position of the call
   */
  public Sorting(
      Operator vector, boolean byLabels, List<String> labels, boolean descending, Span span) {
    this.vector = vector;
    this.byLabels = byLabels;
    this.labels = labels;
    this.descending = descending;
    this.span = span;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description("Sort")
        .with("by", byLabels ? "labels " + String.join(", ", labels) : "value")
        .with("order", descending ? "descending" : "ascending")
        .input("vector", vector, grid);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    Block in = vector.evaluate(x, grid);
    if (!grid.isInstant()) {
      x.annotations().sortInRange(span);
    }
    List<Column> out = new ArrayList<>(in.size());
    for (Column c : in.columns()) {
      if (byLabels) {
        out.add(c);
      } else {
        Column floats = new Column(c.labels(), c.dropName(), c.values(), null);
        if (!floats.isEmpty()) {
          out.add(floats);
        }
      }
    }
    if (grid.isInstant()) {
      out.sort(
          byLabels ? labelOrder() : (a, b) -> byValue(a.values()[0], b.values()[0], descending));
    }
    Block b = x.hold(out);
    x.release(in);
    return b;
  }

  /** Compares values; NaN sorts last in both orders. */
  private static int byValue(double a, double b, boolean descending) {
    if (Double.isNaN(a) || Double.isNaN(b)) {
      return Boolean.compare(Double.isNaN(a), Double.isNaN(b));
    }
    return a == b ? 0 : a < b == descending ? 1 : -1;
  }

  private Comparator<Column> labelOrder() {
    Comparator<Column> c =
        (a, b) -> {
          for (String name : labels) {
            int d = natural(a.labels().get(name), b.labels().get(name));
            if (d != 0) {
              return d;
            }
          }
          return a.labels().compareTo(b.labels());
        };
    return descending ? c.reversed() : c;
  }

  /** Compares in natural order: runs of digits compare as numbers. */
  static int natural(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      int ie = run(a, i);
      int je = run(b, j);
      String ca = a.substring(i, ie);
      String cb = b.substring(j, je);
      if (!ca.equals(cb)) {
        boolean numbers = digit(ca.charAt(0)) && digit(cb.charAt(0));
        int d = numbers ? number(ca, cb) : compare(ca, cb);
        if (d != 0) {
          return d;
        }
      }
      i = ie;
      j = je;
    }
    int d = Integer.compare(a.length() - i, b.length() - j);
    return d != 0 ? d : compare(a, b);
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }

  private static int run(String s, int from) {
    boolean d = digit(s.charAt(from));
    int to = from + 1;
    while (to < s.length() && digit(s.charAt(to)) == d) {
      to++;
    }
    return to;
  }

  private static int number(String a, String b) {
    String x = a.replaceFirst("^0+", "");
    String y = b.replaceFirst("^0+", "");
    return x.length() != y.length() ? Integer.compare(x.length(), y.length()) : x.compareTo(y);
  }

  private static int compare(String a, String b) {
    return Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }
}
