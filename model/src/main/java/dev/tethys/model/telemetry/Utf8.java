package dev.tethys.model.telemetry;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * Text in the buffer that it was read from. Accessors of the tree convert it to a {@code String}
 * when it is read; text that is not read is written unchanged. Bytes that are not UTF-8 become
 * U+FFFD in the {@code String}. The buffer must no longer change.
 */
@SuppressWarnings("ArrayRecordComponent") // equals and hashCode are its own
public record Utf8(byte[] buffer, int offset, int length) {
  public Utf8 {
    Objects.checkFromIndexSize(offset, length, buffer.length);
  }

  @Override
  public String toString() {
    return new String(buffer, offset, length, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Utf8 u
        && Arrays.equals(buffer, offset, offset + length, u.buffer, u.offset, u.offset + u.length);
  }

  @Override
  public int hashCode() {
    int h = 1;
    for (int i = offset; i < offset + length; i++) {
      h = 31 * h + buffer[i];
    }
    return h;
  }
}
