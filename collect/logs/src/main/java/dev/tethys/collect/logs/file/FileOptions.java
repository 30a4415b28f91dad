package dev.tethys.collect.logs.file;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Options for reading the files of a job.
 *
 * @param encoding character encoding
 * @param decompression compression format; null if none
 * @param decompressionDelay how long a new compressed file is not read
 * @param maxLine longest line in bytes; the rest of a longer one is not read
 * @param rules other options
 */
public record FileOptions(
    Charset encoding,
    @Nullable Decompression decompression,
    Duration decompressionDelay,
    int maxLine,
    FileRules rules) {
  /** Default maximum line length in bytes. */
  public static final int MAX_LINE = 16 << 20;

  /** Without rules. */
  public FileOptions(
      Charset encoding,
      @Nullable Decompression decompression,
      Duration decompressionDelay,
      int maxLine) {
    this(encoding, decompression, decompressionDelay, maxLine, FileRules.NONE);
  }

  /** Plain files of UTF-8. */
  public static final FileOptions DEFAULT =
      new FileOptions(StandardCharsets.UTF_8, null, Duration.ZERO, MAX_LINE);
}
