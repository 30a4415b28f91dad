package dev.tethys.query.traceql.exec;

import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Runs recorded cases of second stages and quantiles. */
public final class RecordedMath {
  private RecordedMath() {}

  /** Values by the name of a series. */
  public static Map<String, double[]> top(Map<String, double[]> in, boolean highest, int count) {
    List<Series> series = new ArrayList<>();
    new TreeMap<>(in)
        .forEach(
            (k, v) ->
                series.add(
                    new Series(
                        List.of(new NamedValue("label", new TraceValue.Text(k))), v, List.of())));
    Map<String, double[]> out = new TreeMap<>();
    for (Series s : SeriesMath.top(series, highest, count)) {
      out.put(s.labels().getFirst().value().text(), s.values());
    }
    return out;
  }

  /** Quantile of buckets. */
  public static double quantile(double[] bounds, double[] counts, double p) {
    return Log2.quantile(bounds, counts, p);
  }
}
