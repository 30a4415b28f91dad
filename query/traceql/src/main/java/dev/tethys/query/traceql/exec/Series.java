package dev.tethys.query.traceql.exec;

import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.TraceSeriesResult;
import java.util.List;

/** Series while they are computed. */
record Series(
    List<NamedValue> labels, double[] values, List<TraceSeriesResult.Exemplar> exemplars) {
  /** Labels that another side of arithmetic must have. */
  List<NamedValue> key() {
    return labels.stream().filter(l -> !l.name().equals("__name__")).toList();
  }

  Series with(double[] v) {
    return new Series(labels, v, exemplars);
  }

  boolean isEmpty() {
    for (double v : values) {
      if (!Double.isNaN(v)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the text that series are ordered by. */
  String order() {
    StringBuilder sb = new StringBuilder();
    for (NamedValue l : labels) {
      sb.append(l.name()).append('\u0000').append(sortable(l)).append('\u0000');
    }
    return sb.toString();
  }

  private static String sortable(NamedValue l) {
    // bounds and quantiles are ordered by their value
    double d = l.value().number();
    return Double.isNaN(d) || d < 0
        ? l.value().text()
        : String.format(java.util.Locale.ROOT, "%016x", Double.doubleToRawLongBits(d));
  }
}
