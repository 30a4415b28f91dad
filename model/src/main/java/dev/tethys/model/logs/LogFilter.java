package dev.tethys.model.logs;

import dev.tethys.model.Matcher;
import dev.tethys.model.regex.Regex;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Conditions on rows; a row must satisfy all of them.
 *
 * @param lines conditions on the stored body
 * @param metadata conditions on structured metadata; a name that a row lacks has the empty value
 */
public record LogFilter(List<Line> lines, List<Matcher> metadata) {
  /** Accepts every row. */
  public static final LogFilter NONE = new LogFilter(List.of(), List.of());

  /** Condition on a body. */
  public sealed interface Line {
    /** True if the body fits. */
    boolean fits(byte[] bytes, int from, int to);
  }

  /**
   * The body contains one of the strings (UTF-8 or any bytes); with {@code negated}, none of the
   * strings.
   */
  public record Contains(List<byte[]> texts, boolean negated) implements Line {
    /** Condition on one text. */
    public static Contains of(String text) {
      return new Contains(List.of(text.getBytes(StandardCharsets.UTF_8)), false);
    }

    @Override
    public boolean fits(byte[] bytes, int from, int to) {
      for (byte[] text : texts) {
        if (contains(bytes, from, to, text)) {
          return !negated;
        }
      }
      return negated;
    }

    private static boolean contains(byte[] in, int from, int to, byte[] text) {
      if (text.length == 0) {
        return true;
      }
      byte first = text[0];
      int last = to - text.length;
      for (int i = from; i <= last; i++) {
        if (in[i] == first
            && java.util.Arrays.equals(in, i, i + text.length, text, 0, text.length)) {
          return true;
        }
      }
      return false;
    }
  }

  /** The expression is found in the body; with {@code negated}, it is not. */
  public record Matches(Regex expression, boolean negated) implements Line {
    @Override
    public boolean fits(byte[] bytes, int from, int to) {
      return expression.find(bytes, from, to) != negated;
    }
  }

  /** Condition that requires the complete body, such as a test for addresses in a network. */
  public record Test(BodyTest test) implements Line {
    @Override
    public boolean fits(byte[] bytes, int from, int to) {
      return test.fits(bytes, from, to);
    }
  }

  /** Tests a log body. */
  @FunctionalInterface
  public interface BodyTest {
    /** True if the body fits. */
    boolean fits(byte[] bytes, int from, int to);
  }
}
