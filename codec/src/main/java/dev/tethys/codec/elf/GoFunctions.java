package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Functions of a program of Go, from the table that the runtime needs itself, so that stripped
 * programs have it too (runtime.pcHeader and runtime.functab, Go 1.16 and newer).
 */
public final class GoFunctions {
  private static final List<String> SECTIONS = List.of(".gopclntab", ".data.rel.ro.gopclntab");
  private static final List<String> MODULE_SECTIONS =
      List.of(".go.module", ".noptrdata", ".data", ".data.rel.ro");
  private static final int GO_1_16 = 0xffff_fffa;
  private static final int GO_1_18 = 0xffff_fff0;
  private static final int GO_1_20 = 0xffff_fff1;
  private static final int MAX_FUNCTIONS = 4_000_000;

  private final ByteBuffer table;
  private final boolean relative;
  private final int count;
  private final long text;
  private final int names;
  private final int functions;

  private GoFunctions(
      ByteBuffer table, boolean relative, int count, long text, int names, int functions) {
    this.table = table;
    this.relative = relative;
    this.count = count;
    this.text = text;
    this.names = names;
    this.functions = functions;
  }

  /**
   * Functions of a file; null when it is no program of Go.
   *
   * @throws IOException when its table is older than Go 1.16 or damaged
   */
  public static @Nullable GoFunctions of(ElfFile file) throws IOException {
    for (String name : SECTIONS) {
      ElfFile.Section s = file.section(name);
      if (s != null) {
        try {
          return of(file, s, file.bytes(s));
        } catch (IndexOutOfBoundsException e) {
          throw new IOException("section " + name + " is damaged", e);
        }
      }
    }
    return null;
  }

  private static GoFunctions of(ElfFile file, ElfFile.Section s, ByteBuffer t) throws IOException {
    int magic = t.getInt(0);
    if (t.get(7) != 8 || magic != GO_1_16 && magic != GO_1_18 && magic != GO_1_20) {
      throw new IOException(
          "function table 0x"
              + Integer.toHexString(magic)
              + " of Go is unknown; Go 1.16 is the"
              + " oldest supported");
    }
    boolean relative = magic != GO_1_16;
    int shift = relative ? 8 : 0;
    long text = relative ? t.getLong(24) : 0;
    if (relative && text == 0) { // linked by another linker, or Go 1.26 and newer
      text = textOfModule(file, s.address(), t);
    }
    return new GoFunctions(
        t,
        relative,
        (int) Math.clamp(t.getLong(8), 0, MAX_FUNCTIONS),
        text,
        (int) t.getLong(24 + shift),
        (int) t.getLong(56 + shift));
  }

  /**
   * Address to which those of functions are relative, from runtime.moduledata: it starts with the
   * address of the table, and has the first function's address and this one at words 20 and 22.
   *
   * @throws IOException when it is not found: a guess would give the middle of functions
   */
  private static long textOfModule(ElfFile file, long table, ByteBuffer t) throws IOException {
    long first = t.getInt((int) t.getLong(64)) & 0xffff_ffffL;
    for (String name : MODULE_SECTIONS) {
      ElfFile.Section s = file.section(name);
      if (s == null) {
        continue;
      }
      ByteBuffer b = file.bytes(s);
      for (int at = 0; at + 184 <= b.limit(); at += 8) {
        if (b.getLong(at) == table && b.getLong(at + 160) - b.getLong(at + 176) == first) {
          return b.getLong(at + 176);
        }
      }
    }
    throw new IOException("its functions of Go have no known start");
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
    ByteBuffer b = nameBytes(index);
    byte[] bytes = new byte[b.remaining()];
    b.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private ByteBuffer nameBytes(int index) {
    int at =
        relative
            ? table.getInt(functions + 8 * index + 4)
            : (int) table.getLong(functions + 16 * index + 8);
    int name = table.getInt(functions + at + (relative ? 4 : 8));
    return ElfFile.slice(table, names + name);
  }

  /** Index of the function of a name; -1 without one. */
  public int find(String name) {
    ByteBuffer wanted = ByteBuffer.wrap(name.getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < count; i++) {
      if (nameBytes(i).equals(wanted)) {
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
