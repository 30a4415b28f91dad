package dev.tethys.query.promql;

import dev.tethys.model.Histogram;
import java.util.Arrays;

/** Results as text in which different bits are different letters. */
public final class ResultText {
  private ResultText() {}

  /** The value, its warnings and its infos. */
  public static String of(QueryResult r) {
    return of(r.value()) + "\nwarnings " + r.warnings() + "\ninfos " + r.infos();
  }

  /** The value alone. */
  public static String of(Value v) {
    StringBuilder sb = new StringBuilder();
    switch (v) {
      case Value.Scalar s ->
          sb.append("scalar ").append(s.time()).append(' ').append(bits(s.value()));
      case Value.Text t -> sb.append("text ").append(t);
      case Value.InstantVector i -> {
        sb.append("vector ").append(i.time());
        for (Value.Sample s : i.samples()) {
          sb.append('\n').append(s.labels()).append(' ');
          sb.append(s.histogram() == null ? bits(s.value()) : bits(s.histogram()));
        }
      }
      case Value.Matrix m -> {
        sb.append("matrix");
        for (Value.Series s : m.series()) {
          sb.append('\n').append(s.labels());
          for (int i = 0; i < s.size(); i++) {
            var h = s.histogram(i);
            sb.append(' ').append(s.timestamps()[i]).append('=');
            sb.append(h == null ? bits(s.values()[i]) : bits(h));
          }
        }
      }
    }
    return sb.toString();
  }

  private static String bits(Histogram h) {
    return "{"
        + h.resetHint()
        + " schema "
        + h.schema()
        + " zero "
        + h.zeroThreshold()
        + " "
        + bits(h.zeroCount())
        + " count "
        + bits(h.count())
        + " sum "
        + bits(h.sum())
        + " "
        + Arrays.toString(h.positiveSpans())
        + Arrays.toString(h.positive())
        + Arrays.toString(h.negativeSpans())
        + Arrays.toString(h.negative())
        + Arrays.toString(h.customBounds())
        + "}";
  }

  private static String bits(double v) {
    return v + "/" + Long.toHexString(Double.doubleToRawLongBits(v));
  }
}
