package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Position in a section of DWARF. Reads beyond its end throw {@link IndexOutOfBoundsException}. All
 * cursors of a file share one {@link ElfBudget}.
 */
final class DwarfCursor {
  private static final int MAX_TEXT = 4096;

  /** Bytes of a number of variable length; assemblers pad some. */
  private static final int MAX_NUMBER = 32;

  /** Approximate size of an object without its references. */
  static final int OBJECT = 64;

  private static final int BYTES_OF_A_STEP = 16;

  private final ByteBuffer b;
  final ElfBudget budget;
  int at;

  /** True for the 64-bit format of DWARF, of the unit that is read. */
  boolean wide;

  DwarfCursor(ByteBuffer section, ElfBudget budget) {
    b = section.order(ByteOrder.LITTLE_ENDIAN);
    this.budget = budget;
  }

  /** A second position in the same section. */
  DwarfCursor copy(long offset) {
    DwarfCursor c = new DwarfCursor(b, budget);
    c.wide = wide;
    c.at = checked(offset);
    return c;
  }

  int size() {
    return b.limit();
  }

  private static int checked(long offset) {
    if (offset < 0 || offset > Integer.MAX_VALUE) {
      throw new IndexOutOfBoundsException("offset " + offset);
    }
    return (int) offset;
  }

  DwarfCursor seek(long offset) {
    at = checked(offset);
    return this;
  }

  int u8() {
    return b.get(at++) & 0xff;
  }

  int s8() {
    return b.get(at++);
  }

  int u16() {
    int v = b.getShort(at) & 0xffff;
    at += 2;
    return v;
  }

  int u24() {
    int low = u16();
    return low | u8() << 16;
  }

  long u32() {
    long v = b.getInt(at) & 0xffff_ffffL;
    at += 4;
    return v;
  }

  long u64() {
    long v = b.getLong(at);
    at += 8;
    return v;
  }

  /** Reads an unsigned number of a given size. */
  long number(int size) {
    return switch (size) {
      case 1 -> u8();
      case 2 -> u16();
      case 4 -> u32();
      case 8 -> u64();
      default -> throw new IndexOutOfBoundsException("number of " + size + " bytes");
    };
  }

  /** Reads an offset of 4 or 8 bytes, depending on the DWARF format. */
  long offset() {
    return wide ? u64() : u32();
  }

  /** Length of a unit, which decides on the format; the position after the unit is returned. */
  int unitEnd() {
    long length = u32();
    wide = length == 0xffff_ffffL;
    if (wide) {
      length = u64();
    }
    if (length < 0 || length > b.limit() - at) {
      throw new IndexOutOfBoundsException("unit of " + length + " bytes");
    }
    return at + (int) length;
  }

  long uleb() {
    long v = 0;
    for (int shift = 0; ; shift += 7) {
      int c = u8();
      if (shift < 64) {
        v |= (c & 0x7fL) << shift;
      }
      if (c < 0x80) {
        return v;
      }
      limit(shift);
    }
  }

  private static void limit(int shift) {
    if (shift > 7 * MAX_NUMBER) {
      throw new IndexOutOfBoundsException("number of more than " + MAX_NUMBER + " bytes");
    }
  }

  long sleb() {
    long v = 0;
    for (int shift = 0; ; ) {
      int c = u8();
      if (shift < 64) {
        v |= (c & 0x7fL) << shift;
      }
      shift += 7;
      if (c < 0x80) {
        return shift < 64 && (c & 0x40) != 0 ? v | -1L << shift : v;
      }
      limit(shift);
    }
  }

  void skip(long bytes) {
    if (bytes < 0 || bytes > b.limit() - at) {
      throw new IndexOutOfBoundsException("block of " + bytes + " bytes");
    }
    at += (int) bytes;
  }

  void skipText() throws IOException {
    int start = at;
    while (b.get(at++) != 0) {
      if ((at - start) % BYTES_OF_A_STEP == 0) {
        budget.take(1);
      }
    }
  }

  /** Text up to its NUL, the start of a long one. */
  String text() throws IOException {
    int start = at;
    skipText();
    return text(start, Math.min(at - 1 - start, MAX_TEXT));
  }

  private String text(int start, int length) throws IOException {
    budget.take(1 + length / BYTES_OF_A_STEP);
    budget.takeBytes(length + OBJECT);
    byte[] bytes = new byte[length];
    b.get(start, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Text at an offset, the start of a long one; "" outside the section. */
  String textAt(long offset) throws IOException {
    if (offset < 0 || offset >= b.limit()) {
      return "";
    }
    return text((int) offset, ElfFile.slice(b, (int) offset, MAX_TEXT).remaining());
  }
}
