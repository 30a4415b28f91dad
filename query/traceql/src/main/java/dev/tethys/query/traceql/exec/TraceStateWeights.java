package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanRows;
import java.util.Arrays;

/** Number of spans that a sampled span represents, by the threshold in its trace state. */
final class TraceStateWeights {
  private double[] byCode = {};
  private double[] out = {};

  /** Returns the weights of rows. */
  double[] weights(SpanRows rows, int column) {
    if (out.length < rows.count) {
      out = new double[rows.count];
    }
    SpanColumn c = rows.columns[column];
    for (int i = 0; i < rows.count; i++) {
      int at = Frame.from(c, i);
      out[i] =
          at < Frame.to(c, i) && c.types[at] == SpanColumn.STRING ? byCode(c, (int) c.bits[at]) : 1;
    }
    return out;
  }

  private double byCode(SpanColumn c, int code) {
    if (code >= byCode.length) {
      byCode = Arrays.copyOf(byCode, Math.max(code + 1, c.strings.length));
    }
    if (byCode[code] == 0) {
      byCode[code] = weight(c.strings[code]);
    }
    return byCode[code];
  }

  /**
   * Returns the weight of a trace state: {@code ot=th:} has up to 14 hexadecimal digits of the
   * rejection threshold of 56 bits, without trailing zeros. 1 if there is none.
   */
  static double weight(String traceState) {
    for (String member : traceState.split(",")) {
      String m = member.strip();
      if (!m.startsWith("ot=")) {
        continue;
      }
      for (String part : m.substring(3).split(";")) {
        if (part.startsWith("th:") && part.length() > 3 && part.length() <= 17) {
          String digits = part.substring(3);
          try {
            long threshold = Long.parseUnsignedLong(digits, 16) << 4 * (14 - digits.length());
            return 0x1p56 / (0x1p56 - threshold);
          } catch (NumberFormatException e) {
            return 1;
          }
        }
      }
    }
    return 1;
  }
}
