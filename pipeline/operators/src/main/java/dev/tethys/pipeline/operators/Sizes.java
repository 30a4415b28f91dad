package dev.tethys.pipeline.operators;

import dev.tethys.config.Type;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers of bytes as log receivers write them: {@code 1024}, {@code 16kb}, {@code 1MiB}. */
public final class Sizes {
  private static final Pattern FORM = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgtp]?)(i?)(b?)");

  /** Reads one; kb is a thousand, kib 1024, as in the Collector. */
  public static final Type<Long> TYPE = Type.of("size", null, n -> n.parse(Sizes::parse));

  private Sizes() {}

  static long parse(String text) {
    Matcher m = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!m.matches() || m.group(2).isEmpty() && !m.group(3).isEmpty()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not a size; use a number of bytes, or a value such as 16KiB");
    }
    int power = "kmgtp".indexOf(m.group(2)) + 1;
    long unit =
        m.group(2).isEmpty() ? 1 : (long) Math.pow(m.group(3).isEmpty() ? 1000 : 1024, power);
    BigDecimal v = new BigDecimal(m.group(1)).multiply(BigDecimal.valueOf(unit));
    if (v.compareTo(BigDecimal.valueOf(1L << 50)) > 0) {
      throw new IllegalArgumentException("\"" + text + "\" is more than a pebibyte");
    }
    return v.longValue();
  }
}
