package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Functions of a program of Go, from the table that the runtime needs itself, so that stripped
 * programs have it too (runtime.pcHeader and runtime.functab, Go 1.16 and newer). The table is read
 * on demand while the file is open.
 */
public final class GoFunctions {
  private static final List<String> SECTIONS = List.of(".gopclntab", ".data.rel.ro.gopclntab");
  private static final List<String> MODULE_SECTIONS =
      List.of(".go.module", ".noptrdata", ".data", ".data.rel.ro");

  /** Section in which the C linker stores the table of a position-independent executable. */
  private static final String MERGED = ".data.rel.ro";

  private static final String BUILD_INFO = ".go.buildinfo";
  private static final int HEADER = 72;
  private static final int GO_1_16 = 0xffff_fffa;
  private static final int GO_1_18 = 0xffff_fff0;
  private static final int GO_1_20 = 0xffff_fff1;
  private static final int MAX_FUNCTIONS = 4_000_000;
  private static final int TEXT = 22;

  /** Words of runtime.moduledata that are read. */
  private static final int MODULE_WORDS = 48;

  /**
   * Layout of the function tables.
   *
   * @param isRelative addresses are offsets from the start of the code (Go 1.18 and newer)
   * @param hasStartLine records have the line of the function (Go 1.20 and newer)
   * @param quantum size of the smallest instruction
   * @param units offset of the files of compilation units
   * @param files offset of the names of files
   * @param values offset of the values by address
   */
  record Layout(
      boolean isRelative, boolean hasStartLine, int quantum, int units, int files, int values) {}

  private final PagedBytes table;
  private final boolean relative;
  private final Layout layout;
  private final int count;
  private final long text;
  private final int names;
  private final int functions;
  private final long[] module;

  private GoFunctions(PagedBytes table, Layout layout, long text, long[] module) {
    int shift = layout.isRelative ? 8 : 0;
    this.table = table;
    this.layout = layout;
    this.relative = layout.isRelative;
    this.count = (int) Math.clamp(table.getLong(8), 0, MAX_FUNCTIONS);
    this.text = text;
    this.names = (int) table.getLong(24 + shift);
    this.functions = (int) table.getLong(56 + shift);
    this.module = module;
  }

  /**
   * Functions of a file; null if the file is not a Go program.
   *
   * @throws IOException if its table is older than Go 1.16 or damaged
   */
  public static @Nullable GoFunctions of(ElfFile file) throws IOException {
    try {
      Table t = table(file);
      return t == null ? null : of(file, t.address, t.bytes);
    } catch (IndexOutOfBoundsException e) {
      throw new IOException("its Go function table is damaged", e);
    }
  }

  private record Table(long address, PagedBytes bytes) {}

  private static @Nullable Table table(ElfFile file) {
    for (String name : SECTIONS) {
      ElfFile.Section s = file.section(name);
      if (s != null) {
        return new Table(s.address(), new PagedBytes(file, s));
      }
    }
    ElfFile.Section s = isIn(file) ? file.section(MERGED) : null;
    if (s == null) {
      return null;
    }
    PagedBytes b = new PagedBytes(file, s);
    for (int at = 0; at <= b.limit() - HEADER; at += 8) {
      b.step(1);
      if (isMagic(b.getInt(at)) && b.getShort(at + 4) == 0 && b.get(at + 7) == 8) {
        return new Table(s.address() + at, b.from(at));
      }
    }
    return null;
  }

  private static boolean isMagic(int m) {
    return m == GO_1_16 || m == GO_1_18 || m == GO_1_20;
  }

  /** True for a program of Go. */
  static boolean isIn(ElfFile file) {
    return SECTIONS.stream().anyMatch(n -> file.section(n) != null)
        || file.section(BUILD_INFO) != null && file.section(MERGED) != null;
  }

  private static GoFunctions of(ElfFile file, long address, PagedBytes t) throws IOException {
    int magic = t.getInt(0);
    if (t.get(7) != 8 || !isMagic(magic)) {
      throw new IOException(
          "function table 0x"
              + Integer.toHexString(magic)
              + " of Go is unknown; Go 1.16 is the"
              + " oldest supported");
    }
    boolean relative = magic != GO_1_16;
    int shift = relative ? 8 : 0;
    Layout layout =
        new Layout(
            relative,
            magic == GO_1_20,
            t.get(6),
            (int) t.getLong(32 + shift),
            (int) t.getLong(40 + shift),
            (int) t.getLong(48 + shift));
    long[] module = relative ? module(file, address, t) : new long[0];
    long text = relative ? t.getLong(24) : 0;
    if (relative && text == 0) { // linked by another linker, or Go 1.26 and newer
      if (module.length == 0) {
        // a guess would give the middle of functions
        throw new IOException("its Go functions have no known start");
      }
      text = module[TEXT];
    }
    return new GoFunctions(t, layout, text, module);
  }

  /**
   * Words of runtime.moduledata: it starts with the address of the table, and has the first
   * function's address and the one to which addresses are relative at words 20 and 22.
   *
   * @return empty if it is not found
   */
  private static long[] module(ElfFile file, long table, PagedBytes t) {
    long first = t.getInt((int) t.getLong(64)) & 0xffff_ffffL;
    for (String name : MODULE_SECTIONS) {
      ElfFile.Section s = file.section(name);
      if (s == null) {
        continue;
      }
      PagedBytes b = new PagedBytes(file, s);
      for (int at = 0; at <= b.limit() - 8 * MODULE_WORDS; at += 8) {
        b.step(1);
        if (b.getLong(at) == table && b.getLong(at + 160) - b.getLong(at + 8 * TEXT) == first) {
          long[] out = new long[MODULE_WORDS];
          for (int i = 0; i < MODULE_WORDS; i++) {
            out[i] = b.getLong(at + 8 * i);
          }
          return out;
        }
      }
    }
    return new long[0];
  }

  /** True for Go 1.18 and newer: arguments and results are in registers. */
  public boolean passesInRegisters() {
    return relative;
  }

  /** Number of functions, which are sorted by address. */
  public int count() {
    return count;
  }

  /** Address of a function; the one after the last is the end. */
  public long address(int index) {
    return relative
        ? text + (table.getInt(functions + 8 * index) & 0xffff_ffffL)
        : table.getLong(functions + 16 * index);
  }

  /** Name of a function, with its package. */
  public String name(int index) {
    return table.text(place(index));
  }

  /** Returns the table offset of a function's name. */
  private int place(int index) {
    return names + table.getInt(record(index) + (relative ? 4 : 8));
  }

  /** Name at an offset of the names; "" outside them. */
  String nameAt(int offset) {
    return table.text(names + offset);
  }

  /** True if a name starts at an offset of the names. */
  boolean isName(int offset) {
    return offset > 0
        && offset < layout.units - names
        && table.get(names + offset - 1) == 0
        && table.get(names + offset) != 0;
  }

  /** Returns the table offset of a function's record. */
  int record(int index) {
    return functions
        + (relative
            ? table.getInt(functions + 8 * index + 4)
            : (int) table.getLong(functions + 16 * index + 8));
  }

  PagedBytes table() {
    return table;
  }

  Layout layout() {
    return layout;
  }

  /** Words of runtime.moduledata; empty if it was not found, or before Go 1.18. */
  long[] module() {
    return module;
  }

  /** Returns the index of the function with the given name; -1 if none. */
  public int find(String name) {
    byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < count; i++) {
      table.step(1);
      if (table.isText(place(i), wanted)) {
        return i;
      }
    }
    return -1;
  }

  /** Index of the function at an address; -1 when it is in none. */
  public int at(long address) {
    if (count == 0 || address < address(0) || address >= address(count)) {
      return -1;
    }
    int low = 0;
    int high = count - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (address(middle) <= address) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
