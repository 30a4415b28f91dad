package dev.tethys.codec.elf;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Header of a .debug_info unit, with the attributes of its first entry that other entries depend
 * on.
 */
final class DwarfUnit {
  private static final int COMPILE = 1;
  private static final int PARTIAL = 3;
  private static final int SKELETON = 4;
  private static final int SPLIT_COMPILE = 5;
  private static final int MAX_ABBREVIATIONS = 100_000;
  private static final int MAX_ATTRIBUTES = 4096; // of an abbreviation

  /** Memory of a unit, including its table entry. */
  static final int BYTES = 4 * DwarfCursor.OBJECT;

  final int start;
  final int end;
  final int version;
  final int addressSize;
  final boolean wide;
  final long abbreviations;
  final int entries;

  /** False for type units and unknown ones, which have no code. */
  final boolean hasEntries;

  long textBase;
  long addressBase;
  long rangesBase;
  long lowPc;
  long lines = -1;

  /** ID of a unit whose entries are in another file. */
  long splitId;

  DwarfUnit(DwarfCursor c) {
    start = c.at;
    end = c.unitEnd();
    wide = c.wide;
    version = c.u16();
    if (version < 2 || version > 5) {
      abbreviations = 0;
      addressSize = 8;
      entries = end;
      hasEntries = false;
      return;
    }
    int type = COMPILE;
    if (version == 5) {
      type = c.u8();
      addressSize = c.u8();
      abbreviations = c.offset();
    } else {
      abbreviations = c.offset();
      addressSize = c.u8();
    }
    if (type == SKELETON || type == SPLIT_COMPILE) {
      splitId = c.u64();
    }
    hasEntries = type == COMPILE || type == PARTIAL || type == SKELETON || type == SPLIT_COMPILE;
    entries = c.at;
    int offset = wide ? 16 : 8; // heads of the tables, where a unit does not name its part of them
    textBase = version == 5 ? offset : 0;
    addressBase = version == 5 ? offset : 0;
    rangesBase = version == 5 ? (wide ? 20 : 12) : 0;
  }

  /**
   * Layout of the entries with a tag: attribute and form pairs, with a third number for constants.
   *
   * @param tag kind of entry
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  record Abbreviation(int tag, boolean hasChildren, long[] attributes) {
    /** Memory in use, including its table entry. */
    long bytes() {
      return 3L * DwarfCursor.OBJECT + (long) Long.BYTES * attributes.length;
    }
  }

  /** Reads a table of abbreviations; their memory is taken from the budget. */
  static Map<Long, Abbreviation> abbreviations(DwarfCursor c) throws IOException {
    Map<Long, Abbreviation> out = new HashMap<>();
    long[] row = new long[64 * 3];
    for (long code = c.uleb(); code != 0; code = c.uleb()) {
      if (out.size() >= MAX_ABBREVIATIONS) {
        throw new IOException("a unit has more than " + MAX_ABBREVIATIONS + " abbreviations");
      }
      int tag = (int) c.uleb();
      boolean hasChildren = c.u8() != 0;
      int n = 0;
      while (true) {
        c.budget.take(1);
        long attribute = c.uleb();
        long form = c.uleb();
        if (attribute == 0 && form == 0) {
          break;
        }
        if (n >= 3 * MAX_ATTRIBUTES) {
          throw new IOException("an entry has more than " + MAX_ATTRIBUTES + " attributes");
        }
        if (n == row.length) {
          row = Arrays.copyOf(row, n * 2);
        }
        row[n++] = attribute;
        row[n++] = form;
        row[n++] = form == DwarfForms.IMPLICIT_CONST ? c.sleb() : 0;
      }
      Abbreviation a = new Abbreviation(tag, hasChildren, Arrays.copyOf(row, n));
      c.budget.takeBytes(a.bytes());
      Abbreviation before = out.put(code, a);
      c.budget.giveBytes(before == null ? 0 : before.bytes());
      if (c.at >= c.size()) {
        break;
      }
    }
    return out;
  }
}
