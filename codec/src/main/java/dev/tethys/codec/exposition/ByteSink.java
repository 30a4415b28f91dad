package dev.tethys.codec.exposition;

import dev.tethys.model.DecimalDigits;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Surrogates;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Buffers small writes and writes them to a stream in blocks. */
final class ByteSink {
  private static final int BLOCK = 16 * 1024;

  private final OutputStream out;
  private final byte[] block = new byte[BLOCK];
  private int size;

  ByteSink(OutputStream out) {
    this.out = out;
  }

  void put(char ascii) {
    if (size == BLOCK) {
      drain();
    }
    block[size++] = (byte) ascii;
  }

  ByteSink ascii(CharSequence s) {
    for (int i = 0; i < s.length(); i++) {
      put(s.charAt(i));
    }
    return this;
  }

  /** The minimum number of digits, in Go's form 'g' or that of OpenMetrics. */
  void number(double v, boolean openMetrics) {
    room(GoFloat.ROOM_G);
    size = openMetrics ? GoFloat.writeOpenMetrics(block, size, v) : GoFloat.writeG(block, size, v);
  }

  void number(long v) {
    room(DecimalDigits.ROOM);
    size = DecimalDigits.write(block, size, v);
  }

  private void room(int bytes) {
    if (bytes > BLOCK - size) {
      drain();
    }
  }

  ByteSink bytes(byte[] b, int from, int length) {
    if (length > BLOCK - size) {
      drain();
      if (length > BLOCK) {
        try {
          out.write(b, from, length);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        return this;
      }
    }
    System.arraycopy(b, from, block, size, length);
    size += length;
    return this;
  }

  /** Writes text with backslash and line end escaped, and quotes if requested. */
  void escaped(byte[] b, int from, int length, boolean quotes) {
    for (int i = from; i < from + length; i++) {
      byte c = b[i];
      if (c == '\\') {
        ascii("\\\\");
      } else if (c == '\n') {
        ascii("\\n");
      } else if (c == '"' && quotes) {
        ascii("\\\"");
      } else {
        if (size == BLOCK) {
          drain();
        }
        block[size++] = c;
      }
    }
  }

  void escaped(String s, boolean quotes) {
    byte[] b = Surrogates.utf8(s);
    escaped(b, 0, b.length, quotes);
  }

  private void drain() {
    try {
      out.write(block, 0, size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    size = 0;
  }

  void flush() {
    drain();
    try {
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
