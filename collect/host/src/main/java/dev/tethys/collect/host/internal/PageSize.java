package dev.tethys.collect.host.internal;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Size of a memory page, from this process's auxiliary vector (getauxval(3)), because a first call
 * of the C library would add a tenth of a second to the start.
 */
final class PageSize {
  private static final int AT_PAGESZ = 6; // linux/auxvec.h
  private static final int USUAL = 4096;

  /** In bytes. */
  static final int BYTES = read(Path.of("/proc/self/auxv"));

  private PageSize() {}

  static int read(Path auxiliaryVector) {
    try {
      ByteBuffer b =
          ByteBuffer.wrap(Files.readAllBytes(auxiliaryVector)).order(ByteOrder.nativeOrder());
      while (b.remaining() >= 2 * Long.BYTES) {
        long type = b.getLong();
        long value = b.getLong();
        if (type == AT_PAGESZ) {
          return (int) value;
        }
      }
    } catch (IOException e) {
      JulLogger.of(PageSize.class.getName())
          .log(System.Logger.Level.DEBUG, "the page size is assumed to be " + USUAL, e);
    }
    return USUAL;
  }
}
