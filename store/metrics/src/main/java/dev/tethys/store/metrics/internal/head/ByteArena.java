package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.StorageException;
import java.util.Arrays;

/**
 * Byte strings at fixed positions, in pages of 256 KiB, named by an int. Nothing is ever freed: an
 * arena whose content is mostly dead is replaced as a whole.
 */
final class ByteArena {
  static final int PAGE = 1 << 18;

  private byte[][] pages = new byte[4][];
  private int used; // pages
  private int at = PAGE; // in the last page

  /** Bytes reserved. */
  long bytes() {
    return (long) used * PAGE;
  }

  /**
   * Stores bytes and returns their name.
   *
   * @throws StorageException if they are longer than a page or no page is left: then nothing is
   *     stored
   */
  int put(byte[] b, int offset, int length) {
    if (length > PAGE) {
      throw new StorageException(
          StorageException.Reason.LIMIT,
          "a label of a series, or the list of its labels, takes "
              + length
              + " bytes; the most is "
              + PAGE);
    }
    if (at + length > PAGE) {
      if (used == 1 << 13) {
        throw new StorageException(
            StorageException.Reason.LIMIT, "the labels of all series in memory exceed 2 GiB");
      }
      if (used == pages.length) {
        pages = Arrays.copyOf(pages, used * 2);
      }
      pages[used++] = new byte[PAGE];
      at = 0;
    }
    System.arraycopy(b, offset, pages[used - 1], at, length);
    int name = (used - 1) << 18 | at;
    at += length;
    return name;
  }

  /** Returns the page that holds a byte string. */
  byte[] page(int name) {
    return pages[name >>> 18];
  }

  /** Returns the offset of a byte string in its page. */
  int offset(int name) {
    return name & PAGE - 1;
  }
}
