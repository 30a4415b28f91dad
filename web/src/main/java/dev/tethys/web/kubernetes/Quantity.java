package dev.tethys.web.kubernetes;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Amounts as Kubernetes writes them: a decimal number and a suffix, binary ({@code 512Mi}), decimal
 * ({@code 250m}, {@code 2G}) or an exponent ({@code 1e3}).
 */
public final class Quantity {
  private static final Pattern FORM =
      Pattern.compile(
          "([+-]?(?:\\d{1,100}\\.?\\d{0,100}|\\.\\d{1,100}))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d{1,3})?");

  private static final Map<String, BigDecimal> FACTORS =
      Map.ofEntries(
          Map.entry("n", BigDecimal.valueOf(1, 9)),
          Map.entry("u", BigDecimal.valueOf(1, 6)),
          Map.entry("m", BigDecimal.valueOf(1, 3)),
          Map.entry("k", BigDecimal.valueOf(1, -3)),
          Map.entry("M", BigDecimal.valueOf(1, -6)),
          Map.entry("G", BigDecimal.valueOf(1, -9)),
          Map.entry("T", BigDecimal.valueOf(1, -12)),
          Map.entry("P", BigDecimal.valueOf(1, -15)),
          Map.entry("E", BigDecimal.valueOf(1, -18)),
          Map.entry("Ki", BigDecimal.valueOf(1L << 10)),
          Map.entry("Mi", BigDecimal.valueOf(1L << 20)),
          Map.entry("Gi", BigDecimal.valueOf(1L << 30)),
          Map.entry("Ti", BigDecimal.valueOf(1L << 40)),
          Map.entry("Pi", BigDecimal.valueOf(1L << 50)),
          Map.entry("Ei", BigDecimal.valueOf(1L << 60)));

  private Quantity() {}

  /** Parses a quantity; returns null if it is invalid. */
  public static @Nullable BigDecimal of(String text) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      return null;
    }
    BigDecimal n = new BigDecimal(m.group(1));
    String suffix = m.group(2);
    if (suffix == null) {
      return n;
    }
    BigDecimal factor = FACTORS.get(suffix);
    return factor != null
        ? n.multiply(factor)
        : n.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1)));
  }

  /** Parses a quantity as a double; 0 if it is invalid. */
  public static double number(String text) {
    BigDecimal n = of(text);
    return n == null ? 0 : n.doubleValue();
  }
}
