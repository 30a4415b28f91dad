package dev.tethys.model.profiles;

import java.nio.charset.StandardCharsets;

/**
 * Texts in UTF-8, concatenated. Immutable: the arrays are shared with the {@link TextTable} that
 * appends texts after {@code count}.
 *
 * @param data bytes of all texts
 * @param starts index of the first byte of each text; the end of the last text follows
 * @param count number of texts
 */
@SuppressWarnings("ArrayRecordComponent") // shared, read only
public record Texts(byte[] data, int[] starts, int count) {
  /** A text. */
  public String get(int index) {
    return new String(data, starts[index], length(index), StandardCharsets.UTF_8);
  }

  /** Number of bytes of a text. */
  public int length(int index) {
    return starts[index + 1] - starts[index];
  }
}
