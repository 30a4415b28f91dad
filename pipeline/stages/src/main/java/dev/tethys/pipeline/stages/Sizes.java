package dev.tethys.pipeline.stages;

import dev.tethys.config.Type;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as Promtail writes them: integers with B, KB, MB, GB or TB, which are powers of 1024. */
public final class Sizes {
  public static final Type<Long> TYPE = Type.of("size", 0L, n -> n.parse(Sizes::parse));

  private static final Pattern FORM = Pattern.compile("(\\d{1,12})\\s*([KMGT]?)(B?)");

  private Sizes() {}

  static long parse(String s) {
    Matcher m = FORM.matcher(s.strip().toUpperCase(Locale.ROOT));
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "\"" + s + "\" is not a size; write a number of bytes, or one with KB, MB, GB or TB");
    }
    int power = m.group(2).isEmpty() ? 0 : " KMGT".indexOf(m.group(2));
    return Math.multiplyExact(Long.parseLong(m.group(1)), 1L << 10 * power);
  }
}
