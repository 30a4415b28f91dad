package dev.tethys.codec.elf;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Values of attributes by their form. Source: DWARF 2 to 5, section 7.5.6, and the extensions of
 * GNU.
 */
final class DwarfForms {
  static final int ADDR = 0x01;
  static final int STRING = 0x08;
  static final int STRP = 0x0e;
  static final int REF_ADDR = 0x10;
  static final int REF1 = 0x11;
  static final int REF_UDATA = 0x15;
  static final int INDIRECT = 0x16;
  static final int SEC_OFFSET = 0x17;
  static final int STRX = 0x1a;
  static final int ADDRX = 0x1b;
  static final int LINE_STRP = 0x1f;
  static final int IMPLICIT_CONST = 0x21;
  static final int RNGLISTX = 0x23;
  static final int STRX1 = 0x25;
  static final int STRX4 = 0x28;
  static final int ADDRX1 = 0x29;
  static final int ADDRX4 = 0x2c;
  static final int GNU_ADDR_INDEX = 0x1f01;
  static final int GNU_STR_INDEX = 0x1f02;
  private static final int REF_SUP4 = 0x1c;
  private static final int STRP_SUP = 0x1d;
  private static final int REF_SUP8 = 0x24;
  private static final int GNU_REF_ALT = 0x1f20;
  private static final int GNU_STRP_ALT = 0x1f21;

  private final DwarfCursor info;
  private final DwarfCursor lines;
  private final DwarfCursor texts;
  private final DwarfCursor lineTexts;
  private final DwarfCursor textOffsets;
  private final DwarfCursor addresses;

  /** Supplementary file that references resolve against. */
  final DwarfSupplement supplement;

  DwarfForms(
      DwarfCursor info,
      DwarfCursor lines,
      DwarfCursor texts,
      DwarfCursor lineTexts,
      DwarfCursor textOffsets,
      DwarfCursor addresses,
      DwarfSupplement supplement) {
    this.info = info;
    this.lines = lines;
    this.texts = texts;
    this.lineTexts = lineTexts;
    this.textOffsets = textOffsets;
    this.addresses = addresses;
    this.supplement = supplement;
  }

  /** Forms of a unit in another file, which has its addresses and lines in this one. */
  DwarfForms ofSplit(DwarfSplit.Sections s) {
    return new DwarfForms(
        s.info(), lines, s.texts(), lineTexts, s.textOffsets(), addresses, supplement);
  }

  static boolean isOfSupplement(int form) {
    return form == GNU_REF_ALT || form == REF_SUP4 || form == REF_SUP8;
  }

  static boolean isAddress(int form) {
    return form == ADDR
        || form == ADDRX
        || form == GNU_ADDR_INDEX
        || form >= ADDRX1 && form <= ADDRX4;
  }

  /**
   * Reads a value: a number, an offset or an index. Strings in place are given by their position,
   * blocks are skipped.
   */
  long read(DwarfCursor c, int form, int addressSize, int version) throws IOException {
    return switch (form) {
      case ADDR -> c.number(addressSize);
      case 0x03 -> block(c, c.u16());
      case 0x04 -> block(c, c.u32());
      case 0x05, 0x12 -> c.u16();
      case 0x06, 0x13, STRX4, ADDRX4 -> c.u32();
      case 0x07, 0x14, 0x20 -> c.u64();
      case STRING -> {
        long start = c.at;
        c.skipText();
        yield start;
      }
      case 0x09, 0x18 -> block(c, c.uleb());
      case 0x0a -> block(c, c.u8());
      case 0x0b, 0x0c, REF1, STRX1, ADDRX1 -> c.u8();
      case 0x0d -> c.sleb();
      case STRP, SEC_OFFSET, STRP_SUP, LINE_STRP, GNU_REF_ALT, GNU_STRP_ALT -> c.offset();
      case REF_ADDR -> version == 2 ? c.number(addressSize) : c.offset();
      case 0x0f, REF_UDATA, STRX, ADDRX, 0x22, RNGLISTX, GNU_ADDR_INDEX, GNU_STR_INDEX -> c.uleb();
      case 0x19 -> 1;
      case REF_SUP4 -> c.u32();
      case 0x1e -> block(c, 16);
      case REF_SUP8 -> c.u64();
      case 0x26, 0x2a -> c.u16();
      case 0x27, 0x2b -> c.u24();
      default ->
          throw new IOException("form 0x" + Integer.toHexString(form) + " of DWARF is unknown");
    };
  }

  private static long block(DwarfCursor c, long length) {
    c.skip(length);
    return 0;
  }

  /**
   * Reads a string attribute value.
   *
   * @param unit unit that defines the string index base; null in line number programs
   */
  String text(int form, long value, @Nullable DwarfUnit unit) throws IOException {
    return switch (form) {
      case STRING -> (unit == null ? lines : info).textAt(value);
      case STRP -> texts.textAt(value);
      case STRP_SUP, GNU_STRP_ALT -> supplement.text(value);
      case LINE_STRP -> lineTexts.textAt(value);
      case STRX, STRX1, 0x26, 0x27, STRX4, GNU_STR_INDEX -> {
        if (unit == null) {
          yield "";
        }
        int size = unit.wide ? 8 : 4;
        DwarfCursor c = textOffsets.copy(unit.textBase + Math.multiplyExact(value, size));
        yield texts.textAt(c.number(size));
      }
      default -> "";
    };
  }

  /** Resolves an address attribute value. */
  long address(int form, long value, DwarfUnit unit) {
    if (form == ADDR) {
      return value;
    }
    return indexedAddress(value, unit);
  }

  /** Address by its index. */
  long indexedAddress(long index, DwarfUnit unit) {
    DwarfCursor c = addresses.copy(unit.addressBase + Math.multiplyExact(index, unit.addressSize));
    return c.number(unit.addressSize);
  }
}
