package dev.tethys.query.promql.promqltest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.histogram.HistogramArithmetic;
import dev.tethys.query.promql.parser.SeriesDescription.SequenceValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Compares a response with what the script expects, with the tolerance of the reference harness.
 */
final class Comparison {
  private static final double EPSILON = 0.000001;

  private final Command.Eval eval;

  Comparison(Command.Eval eval) {
    this.eval = eval;
  }

  void annotations(Answer a) {
    annotations("warning", a.warnings(), Command.Kind.WARN, Command.Kind.NO_WARN);
    annotations("info", a.infos(), Command.Kind.INFO, Command.Kind.NO_INFO);
  }

  private void annotations(String name, List<String> actual, Command.Kind kind, Command.Kind none) {
    if (eval.has(none)) {
      assertThat(actual).as("no " + name).isEmpty();
    }
    if (!eval.has(kind)) {
      return;
    }
    List<Pattern> expected = eval.texts(kind);
    assertThat(actual).as("some " + name).isNotEmpty();
    for (Pattern p : expected) {
      assertThat(actual).as(name).anyMatch(s -> p.matcher(s).find());
    }
    for (String s : actual) {
      assertThat(expected).as("expected %s for %s", name, s).anyMatch(p -> p.matcher(s).find());
    }
  }

  void failure(Throwable e) {
    Pattern p = eval.texts(Command.Kind.FAIL).getFirst();
    assertThat(String.valueOf(e.getMessage())).matches(m -> p.matcher(m).find(), "error " + p);
  }

  void value(Answer.Value value) {
    switch (value) {
      case Answer.Scalar s -> {
        Double expected = eval.scalar();
        if (expected == null || !same(expected, s.value())) {
          fail("expected scalar %s but got %s", expected, s.value());
        }
      }
      case Answer.Text t -> assertThat(t.value()).isEqualTo(eval.text());
      case Answer.Vector v -> vector(v.series());
      case Answer.Matrix m -> matrix(m.series());
    }
  }

  static void sorted(List<Answer.Series> series) {
    for (int i = 1; i < series.size(); i++) {
      assertThat(series.get(i - 1).labels().compareTo(series.get(i).labels()))
          .as("%s before %s", series.get(i - 1).labels(), series.get(i).labels())
          .isLessThanOrEqualTo(0);
    }
  }

  private void vector(List<Answer.Series> series) {
    Set<Labels> seen = new HashSet<>();
    List<Labels> order = new ArrayList<>(eval.expected().keySet());
    for (int i = 0; i < series.size(); i++) {
      Answer.Series s = series.get(i);
      List<SequenceValue> expected = eval.expected().get(s.labels());
      if (expected == null) {
        fail("unexpected series %s with %s", s.labels(), s.points());
        return;
      }
      if (eval.has(Command.Kind.ORDERED)) {
        assertThat(s.labels()).as("position %d", i + 1).isEqualTo(order.get(i));
      }
      assertThat(seen.add(s.labels())).as("%s once", s.labels()).isTrue();
      point(s.labels(), expected.getFirst(), s.points().getFirst());
    }
    assertThat(seen).as("series").containsAll(eval.expected().keySet());
  }

  private void matrix(List<Answer.Series> series) {
    assertThat(eval.has(Command.Kind.ORDERED)).as("a matrix cannot be ordered").isFalse();
    sorted(series);
    Set<Labels> seen = new HashSet<>();
    for (Answer.Series s : series) {
      List<SequenceValue> expected = eval.expected().get(s.labels());
      if (expected == null) {
        fail("unexpected series %s with %s", s.labels(), s.points());
        return;
      }
      assertThat(seen.add(s.labels())).as("%s once", s.labels()).isTrue();
      List<Long> times = new ArrayList<>();
      List<SequenceValue> values = new ArrayList<>();
      for (int i = 0; i < expected.size(); i++) {
        if (!expected.get(i).omitted()) {
          times.add(eval.start() + i * eval.step());
          values.add(expected.get(i));
        }
      }
      assertThat(s.points().stream().map(Answer.Point::time).toList())
          .as("times of %s with %s", s.labels(), s.points())
          .isEqualTo(times);
      for (int i = 0; i < values.size(); i++) {
        point(s.labels(), values.get(i), s.points().get(i));
      }
    }
    assertThat(seen).as("series").containsAll(eval.expected().keySet());
  }

  private static void point(Labels labels, SequenceValue expected, Answer.Point actual) {
    Histogram h = actual.histogram();
    Histogram e = expected.histogram();
    boolean equal =
        e == null
            ? h == null && same(expected.value(), actual.value())
            : h != null && same(e, h, expected.resetHintGiven());
    if (!equal) {
      fail(
          "%s: expected %s but got %s",
          labels, e == null ? expected.value() : describe(e), h == null ? actual : describe(h));
    }
  }

  static String describe(Histogram h) {
    return "{schema:%d hint:%s count:%s sum:%s zero:%s±%s +%s%s -%s%s bounds:%s}"
        .formatted(
            h.schema(),
            h.resetHint(),
            h.count(),
            h.sum(),
            h.zeroCount(),
            h.zeroThreshold(),
            Arrays.toString(h.positiveSpans()),
            Arrays.toString(h.positive()),
            Arrays.toString(h.negativeSpans()),
            Arrays.toString(h.negative()),
            Arrays.toString(h.customBounds()));
  }

  private static boolean same(Histogram expected, Histogram actual, boolean hint) {
    Histogram e = HistogramArithmetic.compact(expected);
    Histogram a = HistogramArithmetic.compact(actual);
    return e.schema() == a.schema()
        && (!hint || e.resetHint() == a.resetHint())
        && same(e.count(), a.count())
        && same(e.sum(), a.sum())
        && Arrays.equals(e.customBounds(), a.customBounds())
        && e.zeroThreshold() == a.zeroThreshold()
        && same(e.zeroCount(), a.zeroCount())
        && Arrays.equals(e.positiveSpans(), a.positiveSpans())
        && Arrays.equals(e.negativeSpans(), a.negativeSpans())
        && same(e.positive(), a.positive())
        && same(e.negative(), a.negative());
  }

  private static boolean same(double[] a, double[] b) {
    if (a.length != b.length) {
      return false;
    }
    for (int i = 0; i < a.length; i++) {
      if (!same(a[i], b[i])) {
        return false;
      }
    }
    return true;
  }

  /** Nearly equal; a stale marker equals only another one, any other NaN every NaN. */
  static boolean same(double a, double b) {
    if (Samples.isStale(a) || Samples.isStale(b)) {
      return Samples.isStale(a) && Samples.isStale(b);
    }
    if (Double.isNaN(a) && Double.isNaN(b) || a == b) {
      return true;
    }
    double sum = Math.abs(a) + Math.abs(b);
    double difference = Math.abs(a - b);
    if (a == 0 || b == 0 || sum < Double.MIN_NORMAL) {
      return difference < EPSILON * Double.MIN_NORMAL;
    }
    return difference / Math.min(sum, Double.MAX_VALUE) < EPSILON;
  }
}
