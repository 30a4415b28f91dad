package dev.tethys.codec.elf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Files and lines of some addresses, from line number programs. Source: DWARF 2 to 5, section 6.2.
 */
final class DwarfLines {
  private static final int MAX_KEPT_UNITS = 16;
  private static final int DW_LNCT_PATH = 1;
  private static final int DW_LNCT_DIRECTORY_INDEX = 2;
  private static final int STANDARD_OPCODES = 12;
  private static final int STEPS_OF_A_HEAD = 32;

  private final DwarfCursor lines;
  private final DwarfForms forms;
  private final Map<Long, String> folders;
  private final long[] wanted;
  private final @Nullable String[] files;
  private final int[] numbers;
  private final Map<Long, Unit> units = new HashMap<>();

  /**
   * @param wanted addresses, ascending
   * @param folders folder of the compilation by offset of the line number program
   */
  DwarfLines(DwarfCursor lines, DwarfForms forms, Map<Long, String> folders, long[] wanted) {
    this.lines = lines;
    this.forms = forms;
    this.folders = folders;
    this.wanted = wanted;
    files = new String[wanted.length];
    numbers = new int[wanted.length];
  }

  /** File of an address by its index; "" if it is unknown. */
  String file(int index) {
    String f = files[index];
    return f == null ? "" : f;
  }

  /** Line of an address by its index; 0 if it is unknown. */
  int line(int index) {
    return numbers[index];
  }

  /** Line number program header. */
  private final class Unit {
    final int version;
    final boolean wide;
    final int end;
    final int program;
    final int minLength;
    final int lineBase;
    final int lineRange;
    final int opcodeBase;
    final int[] lengths;
    private final long offset;
    private final int tables;
    private @Nullable List<String> names;
    private long bytes; // memory of the names

    Unit(long offset) throws IOException {
      lines.budget.take(STEPS_OF_A_HEAD);
      this.offset = offset;
      DwarfCursor c = lines.copy(offset);
      end = c.unitEnd();
      wide = c.wide;
      version = c.u16();
      if (version < 2 || version > 5) {
        program = end;
        minLength = 1;
        lineBase = 0;
        lineRange = 1;
        opcodeBase = 1;
        lengths = new int[1];
        tables = end;
        return;
      }
      if (version == 5) {
        c.skip(2); // sizes of addresses and of selectors
      }
      long head = c.offset();
      program = Math.addExact(c.at, Math.toIntExact(Math.min(head, Integer.MAX_VALUE / 2)));
      minLength = c.u8();
      if (version >= 4) {
        c.skip(1); // operations of an instruction: 1, unless for VLIW
      }
      c.skip(1);
      lineBase = c.s8();
      lineRange = Math.max(1, c.u8());
      opcodeBase = Math.max(1, c.u8());
      lengths = new int[opcodeBase];
      for (int i = 1; i < opcodeBase; i++) {
        lengths[i] = c.u8();
      }
      tables = c.at;
    }

    /** Path of a file; "" if there is none. */
    String file(long index) throws IOException {
      List<String> all = names;
      if (all == null) {
        long before = lines.budget.bytes();
        try {
          all = version < 2 || version > 5 ? List.of() : version == 5 ? entries5() : entries2();
          names = all;
        } finally {
          bytes += before - lines.budget.bytes();
        }
      }
      long i = version == 5 ? index : index - 1;
      return i < 0 || i >= all.size() ? "" : all.get((int) i);
    }

    /** Releases the memory of the names. */
    void release() {
      lines.budget.giveBytes(bytes);
      bytes = 0;
    }

    private DwarfCursor tables() {
      DwarfCursor c = lines.copy(tables);
      c.wide = wide;
      return c;
    }

    private List<String> entries2() throws IOException {
      DwarfCursor c = tables();
      List<String> dirs = new ArrayList<>();
      dirs.add(folders.getOrDefault(offset, ""));
      for (String d = c.text(); !d.isEmpty(); d = c.text()) {
        dirs.add(joined(dirs.getFirst(), d));
      }
      List<String> out = new ArrayList<>();
      for (String name = c.text(); !name.isEmpty(); name = c.text()) {
        out.add(joined(dir(dirs, c.uleb()), name));
        c.uleb();
        c.uleb();
      }
      return out;
    }

    private List<String> entries5() throws IOException {
      DwarfCursor c = tables();
      List<String> dirs = new ArrayList<>();
      table5(c, dirs, List.of());
      String first = dirs.isEmpty() ? "" : dirs.getFirst();
      for (int i = 0; i < dirs.size(); i++) {
        dirs.set(i, joined(first, dirs.get(i)));
      }
      List<String> out = new ArrayList<>();
      table5(c, out, dirs);
      return out;
    }

    private void table5(DwarfCursor c, List<String> out, List<String> dirs) throws IOException {
      long[] format = new long[2 * c.u8()];
      for (int i = 0; i < format.length; i++) {
        format[i] = c.uleb();
      }
      long count = c.uleb();
      if (format.length == 0) {
        return;
      }
      for (long n = 0; n < count; n++) {
        lines.budget.take(1);
        String name = "";
        String dir = "";
        for (int i = 0; i < format.length; i += 2) {
          int form = (int) format[i + 1];
          if (format[i] == DW_LNCT_PATH) {
            name = forms.text(form, forms.read(c, form, 8, 0), null);
          } else {
            long v = forms.read(c, form, 8, 0);
            dir = format[i] == DW_LNCT_DIRECTORY_INDEX ? dir(dirs, v) : dir;
          }
        }
        out.add(joined(dir, name));
      }
    }

    private static String dir(List<String> dirs, long index) {
      return index < 0 || index >= dirs.size() ? "" : dirs.get((int) index);
    }
  }

  private String joined(String dir, String name) throws IOException {
    lines.budget.take(1);
    lines.budget.takeBytes(dir.length() + bytes(name));
    return dir.isEmpty() || name.startsWith("/") || name.equals(dir) ? name : dir + "/" + name;
  }

  private static long bytes(String s) {
    return DwarfCursor.OBJECT + (long) s.length();
  }

  private Unit unit(long offset) throws IOException {
    Unit u = units.get(offset);
    if (u == null) {
      if (units.size() >= MAX_KEPT_UNITS) {
        units.values().forEach(Unit::release);
        units.clear();
      }
      u = new Unit(offset);
      units.put(offset, u);
    }
    return u;
  }

  /** Returns the path of a file listed in a line number program; "" if there is none. */
  String file(long program, long index) throws IOException {
    return program < 0 || program >= lines.size() ? "" : kept(unit(program).file(index));
  }

  /** Interns a name that outlives its unit. */
  private String kept(String name) throws IOException {
    lines.budget.takeBytes(bytes(name));
    return name;
  }

  /** Runs all programs. */
  void run() throws IOException {
    long at = 0;
    while (at < lines.size()) {
      Unit u = new Unit(at);
      program(u);
      u.release();
      at = u.end;
    }
  }

  // Registers of the line-number machine; each row ends at the next address.
  private long address;
  private long file;
  private long line;
  private long rowAddress;
  private long rowFile;
  private long rowLine;
  private boolean hasRow;
  private boolean isLive;

  private void reset() {
    address = 0;
    file = 1;
    line = 1;
    hasRow = false;
    isLive = true;
  }

  /** Completes the previous row, which ends at the address, and begins one. */
  private void row(Unit u) throws IOException {
    if (!hasRow && address == 0) {
      isLive = false; // code that the linker left out
    }
    if (hasRow && isLive && Long.compareUnsigned(rowAddress, address) < 0) {
      int i = Arrays.binarySearch(wanted, rowAddress);
      for (i = i < 0 ? -i - 1 : i; i < wanted.length && wanted[i] < address; i++) {
        lines.budget.take(1);
        if (files[i] == null) {
          files[i] = kept(u.file(rowFile));
          numbers[i] = (int) Math.clamp(rowLine, 0, Integer.MAX_VALUE);
        }
      }
    }
    hasRow = true;
    rowAddress = address;
    rowFile = file;
    rowLine = line;
  }

  private void program(Unit u) throws IOException {
    DwarfCursor c = lines.copy(Math.min(u.program, u.end));
    reset();
    while (c.at < u.end) {
      lines.budget.take(1);
      int op = c.u8();
      if (op >= u.opcodeBase) {
        int special = op - u.opcodeBase;
        address += (long) (special / u.lineRange) * u.minLength;
        line += u.lineBase + special % u.lineRange;
        row(u);
      } else if (op == 0) {
        extended(c, u);
      } else {
        standard(op, c, u);
      }
    }
  }

  private void extended(DwarfCursor c, Unit u) throws IOException {
    long length = c.uleb();
    int start = c.at;
    if (length > 0) {
      switch (c.u8()) {
        case 1 -> { // end of the sequence
          row(u);
          reset();
        }
        case 2 -> address = length == 9 ? c.u64() : c.number((int) Math.min(length - 1, 9));
        default -> {} // files that are defined here, discriminators
      }
    }
    c.seek(start).skip(length);
  }

  private void standard(int op, DwarfCursor c, Unit u) throws IOException {
    switch (op) {
      case 1 -> row(u);
      case 2 -> address += c.uleb() * u.minLength;
      case 3 -> line += c.sleb();
      case 4 -> file = c.uleb();
      case 8 -> address += (long) ((255 - u.opcodeBase) / u.lineRange) * u.minLength;
      case 9 -> address += c.u16();
      default -> {
        boolean known = op <= STANDARD_OPCODES;
        int arguments = known ? (op == 5 || op == STANDARD_OPCODES ? 1 : 0) : u.lengths[op];
        lines.budget.take(arguments);
        for (int i = 0; i < arguments; i++) {
          c.uleb();
        }
      }
    }
  }
}
