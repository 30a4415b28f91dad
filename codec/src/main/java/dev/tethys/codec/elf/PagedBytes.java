package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a section, read on demand in pages, since tables of large programs take tens of
 * megabytes. Not thread-safe.
 *
 * <p>A position outside the section, or of a file that became shorter, and the end of the budget
 * cause an {@link IndexOutOfBoundsException}.
 */
final class PagedBytes {
  private static final int SHIFT = 12;
  private static final int PAGE = 1 << SHIFT;
  private static final int SLOTS = 256; // pages that are kept
  private static final int LONGEST_TEXT = 4096;
  private static final int STEPS_OF_A_PAGE = 256; // to read it

  private final ElfFile file;
  private final ElfFile.Section section;
  private final long start; // in the section
  private final int limit;
  private final @Nullable ByteBuffer[] pages = new ByteBuffer[SLOTS];
  private final int[] numbers = new int[SLOTS]; // of the pages

  PagedBytes(ElfFile file, ElfFile.Section section) {
    this(file, section, 0);
  }

  private PagedBytes(ElfFile file, ElfFile.Section section, long start) {
    this.file = file;
    this.section = section;
    this.start = start;
    limit = (int) Math.clamp(section.size() - start, 0, Integer.MAX_VALUE);
  }

  /** The bytes from a position on. */
  PagedBytes from(int at) {
    return new PagedBytes(file, section, start + at);
  }

  int limit() {
    return limit;
  }

  private ByteBuffer page(int at, int length) {
    if (at < 0 || at > limit - length) {
      throw new IndexOutOfBoundsException(at);
    }
    int number = at >>> SHIFT;
    int slot = number & SLOTS - 1;
    ByteBuffer known = pages[slot];
    if (known != null && numbers[slot] == number) {
      return known;
    }
    ByteBuffer page =
        known == null ? ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN) : known;
    pages[slot] = null;
    try {
      file.budget().take(STEPS_OF_A_PAGE);
      file.read(section, start + ((long) number << SHIFT), page);
    } catch (IOException e) {
      throw unreadable(e);
    }
    numbers[slot] = number;
    pages[slot] = page;
    return page;
  }

  byte get(int at) {
    return page(at, 1).get(at & PAGE - 1);
  }

  /** Reads a number that may span pages. */
  private long number(int at, int length) {
    long v = 0;
    for (int i = length - 1; i >= 0; i--) {
      v = v << Byte.SIZE | get(at + i) & 0xff;
    }
    return v;
  }

  private static boolean isInOnePage(int at, int length) {
    return (at & PAGE - 1) <= PAGE - length;
  }

  short getShort(int at) {
    return isInOnePage(at, Short.BYTES)
        ? page(at, Short.BYTES).getShort(at & PAGE - 1)
        : (short) number(at, Short.BYTES);
  }

  int getInt(int at) {
    return isInOnePage(at, Integer.BYTES)
        ? page(at, Integer.BYTES).getInt(at & PAGE - 1)
        : (int) number(at, Integer.BYTES);
  }

  long getLong(int at) {
    return isInOnePage(at, Long.BYTES)
        ? page(at, Long.BYTES).getLong(at & PAGE - 1)
        : number(at, Long.BYTES);
  }

  /** Charges steps to the file's budget. */
  void step(int some) {
    try {
      file.budget().take(some);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private static IndexOutOfBoundsException unreadable(IOException e) {
    IndexOutOfBoundsException unreadable = new IndexOutOfBoundsException(e.getMessage());
    unreadable.initCause(e);
    return unreadable;
  }

  /** Text up to its NUL; empty outside the bytes. */
  String text(int at) {
    byte[] out = new byte[64];
    int n = 0;
    for (; n < LONGEST_TEXT && at >= 0 && n < limit - at; n++) {
      byte b = get(at + n);
      if (b == 0) {
        break;
      }
      if (n == out.length) {
        out = Arrays.copyOf(out, 2 * n);
      }
      out[n] = b;
    }
    step(1 + n / 4);
    try {
      file.budget().takeBytes(n);
    } catch (IOException e) {
      throw unreadable(e);
    }
    return new String(out, 0, n, StandardCharsets.UTF_8);
  }

  /** Whether the text at a position consists of these bytes. */
  boolean isText(int at, byte[] text) {
    if (at < 0 || at > limit - text.length - 1) {
      return false;
    }
    for (int i = 0; i < text.length; i++) {
      if (get(at + i) != text[i]) {
        return false;
      }
    }
    return get(at + text.length) == 0;
  }
}
