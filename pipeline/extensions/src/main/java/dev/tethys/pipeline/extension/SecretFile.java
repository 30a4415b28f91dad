package dev.tethys.pipeline.extension;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Secret that is read from its file each time, so that it may change. */
final class SecretFile {
  private static final int MAX_BYTES = 1 << 20;

  private SecretFile() {}

  /** Returns the value, or the trimmed content of the file. */
  static String valueOr(String value, String file) throws IOException {
    if (file.isEmpty()) {
      return value;
    }
    Path p = Path.of(file);
    try {
      if (Files.size(p) > MAX_BYTES) {
        throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
      }
      return Files.readString(p, StandardCharsets.UTF_8).strip();
    } catch (NoSuchFileException e) {
      throw new IOException("file not found: " + file, e);
    }
  }
}
