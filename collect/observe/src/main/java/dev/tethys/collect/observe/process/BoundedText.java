package dev.tethys.collect.observe.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Text of a file of /proc whose length a local user decides: its first part. */
public final class BoundedText {
  private static final int BUFFER = 16 << 10;

  private BoundedText() {}

  /**
   * Reads a file.
   *
   * @param most bytes after which the rest is omitted
   * @param nanos time after which the rest is omitted
   */
  public static String read(Path file, int most, long nanos) throws IOException {
    long deadline = System.nanoTime() + nanos;
    byte[] buffer = new byte[BUFFER];
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (InputStream in = Files.newInputStream(file)) {
      for (int n; (n = in.read(buffer)) > 0; ) {
        out.write(buffer, 0, Math.min(n, most - out.size()));
        if (out.size() >= most || System.nanoTime() - deadline > 0) {
          break;
        }
      }
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }
}
