package dev.tethys.query.promql.promqltest;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a query gave, in the plain form that scripts are compared with.
 *
 * @param value one of the kinds of values
 * @param warnings with prefix and position, as the API shows them
 * @param infos as above
 */
record Answer(Value value, List<String> warnings, List<String> infos) {
  sealed interface Value {}

  record Scalar(double value) implements Value {}

  record Text(String value) implements Value {}

  /** Series with one point each, in the order of the response. */
  record Vector(List<Series> series) implements Value {}

  /** Series with points. */
  record Matrix(List<Series> series) implements Value {}

  record Series(Labels labels, List<Point> points) {}

  record Point(long time, double value, @Nullable Histogram histogram) {
    @Override
    public String toString() {
      return (histogram == null ? String.valueOf(value) : histogram.toString()) + " @" + time;
    }
  }
}
