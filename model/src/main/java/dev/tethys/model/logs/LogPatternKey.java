package dev.tethys.model.logs;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.charset.StandardCharsets;

/**
 * Number for a pattern of log lines, by which patterns are counted before their texts are needed.
 * Equal texts have equal numbers; different texts have different ones, except with a probability of
 * 2^-64.
 */
public final class LogPatternKey {
  private static final Hasher64 HASHER = Hashing.xxh3_64();

  private LogPatternKey() {}

  /** Key of the text that UTF-8 bytes, if they are not all valid, are decoded to. */
  public static long of(byte[] b, int from, int to) {
    for (int p = from; p < to; p++) {
      if (b[p] < 0) {
        return of(new String(b, from, to - from, StandardCharsets.UTF_8));
      }
    }
    return HASHER.hashBytesToLong(b, from, to - from);
  }

  /** Computes the pattern key of a text. */
  public static long of(String text) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    return HASHER.hashBytesToLong(b, 0, b.length);
  }
}
