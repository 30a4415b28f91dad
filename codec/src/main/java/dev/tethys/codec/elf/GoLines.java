package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files, lines and inlined calls of a Go program, from the tables that its runtime uses for stack
 * traces. Stripped programs have them. Source: runtime/symtab.go and cmd/link of Go 1.16 to 1.26.
 */
final class GoLines {
  private static final int INLINED_CALL = 2; // PCDATA_InlTreeIndex
  private static final int INLINED_CALLS = 3; // FUNCDATA_InlTree
  private static final int NONE = -1;
  private static final int MAX_CHAIN = 64;
  private static final int FUNCTIONS_TO_CHECK = 32;

  /** Range of words in runtime.moduledata, one of which points to the data of functions. */
  private static final int FIRST_WORD = 38;

  private static final int LAST_WORD = 46;

  private final ElfFile elf;
  private final GoFunctions functions;
  private final GoFunctions.Layout layout;
  private final PagedBytes table;
  private final ElfBudget budget;
  private final long data; // base address of inlined calls; -1 if unknown

  GoLines(ElfFile elf, GoFunctions functions) {
    this.elf = elf;
    this.functions = functions;
    this.layout = functions.layout();
    this.table = functions.table();
    this.budget = elf.budget();
    this.data = layout.isRelative() ? data() : 0;
  }

  /** Frames of an address, the innermost first; empty if it is in no function. */
  List<SourceFrame> frames(long address) throws IOException {
    int function = functions.at(address);
    if (function < 0) {
      return List.of();
    }
    List<SourceFrame> out = new ArrayList<>(2);
    try {
      long pc = address;
      while (out.size() < MAX_CHAIN) {
        int call = data == NONE ? NONE : pcData(function, INLINED_CALL, pc);
        InlinedCall c = call < 0 ? null : inlined(function, call);
        String name = c == null ? functions.name(function) : functions.nameAt(c.name);
        out.add(new SourceFrame(name, file(function, pc), line(function, pc)));
        if (c == null) {
          break;
        }
        pc = functions.address(function) + c.parent;
      }
      return out;
    } catch (IndexOutOfBoundsException e) {
      // damaged: its name comes from the table of functions
      return List.of(new SourceFrame(functions.name(function), "", 0));
    }
  }

  private int line(int function, long pc) throws IOException {
    return Math.max(0, value(function, field(function, Field.LINE), pc));
  }

  private String file(int function, long pc) throws IOException {
    int number = value(function, field(function, Field.FILE), pc);
    int unit = field(function, Field.UNIT);
    if (number < 0 || unit == NONE) {
      return "";
    }
    int name = table.getInt(Math.addExact(layout.units(), 4 * (unit + number)));
    if (name == NONE) {
      return "";
    }
    return table.text(layout.files() + name);
  }

  /** Fields of a function record, by their position after the address. */
  private enum Field {
    FILE(16),
    LINE(20),
    COUNT_OF_TABLES(24),
    UNIT(28);

    final int place;

    Field(int place) {
      this.place = place;
    }
  }

  private int record(int function) {
    return functions.record(function) + (layout.isRelative() ? 4 : 8);
  }

  private int field(int function, Field f) {
    return table.getInt(record(function) + f.place);
  }

  /** Returns the position of the table offsets of a function, after its fixed part. */
  private int tables(int function) {
    return record(function) + (layout.hasStartLine() ? 40 : 36);
  }

  private int pcData(int function, int kind, long pc) throws IOException {
    if (Integer.compareUnsigned(kind, field(function, Field.COUNT_OF_TABLES)) >= 0) {
      return NONE;
    }
    return value(function, table.getInt(tables(function) + 4 * kind), pc);
  }

  /** Address of the inlined calls of a function; -1 without them. */
  private long inlinedCalls(int function, long base) {
    int at = tables(function);
    if ((table.get(at - 1) & 0xff) <= INLINED_CALLS) {
      return NONE;
    }
    at = Math.addExact(at, Math.multiplyExact(4, field(function, Field.COUNT_OF_TABLES)));
    if (layout.isRelative()) {
      int offset = table.getInt(at + 4 * INLINED_CALLS);
      return offset == NONE ? NONE : base + (offset & 0xffff_ffffL);
    }
    long address = table.getLong((at + 7 & ~7) + 8 * INLINED_CALLS);
    return address == 0 ? NONE : address; // 0 also if it is known only after relocation
  }

  /**
   * Call inlined by the compiler.
   *
   * @param name offset of the called function's name
   * @param parent offset in the function of an instruction at the place of the call
   */
  private record InlinedCall(int name, int parent) {}

  private @Nullable InlinedCall inlined(int function, int index) throws IOException {
    long calls = inlinedCalls(function, data);
    return calls == NONE ? null : read(calls, index);
  }

  private InlinedCall read(long calls, int index) throws IOException {
    budget.take(1);
    int size = layout.hasStartLine() ? 16 : 20;
    ByteBuffer b = elf.bytes(calls + (long) size * index, size);
    return layout.hasStartLine()
        ? new InlinedCall(b.getInt(4), b.getInt(8))
        : new InlinedCall(b.getInt(12), b.getInt(16));
  }

  /**
   * Value of a table at an address: pairs of difference of the value and length of the code.
   *
   * @return -1 without one
   */
  private int value(int function, int offset, long pc) throws IOException {
    if (offset == 0) {
      return NONE;
    }
    int at = Math.addExact(layout.values(), offset);
    long end = functions.address(function);
    int value = NONE;
    boolean first = true;
    while (true) {
      budget.take(1);
      int change = varint(at);
      if (change == 0 && !first) {
        return NONE;
      }
      first = false;
      at += length(at);
      value += (change & 1) != 0 ? ~(change >>> 1) : change >>> 1;
      end += (varint(at) & 0xffff_ffffL) * layout.quantum();
      at += length(at);
      if (pc < end) {
        return value;
      }
    }
  }

  private int varint(int at) {
    int v = 0;
    for (int i = 0; i < 5; i++) {
      byte b = table.get(at + i);
      v |= (b & 0x7f) << 7 * i;
      if (b >= 0) {
        break;
      }
    }
    return v;
  }

  private int length(int at) {
    int n = 1;
    while (n < 5 && table.get(at + n - 1) < 0) {
      n++;
    }
    return n;
  }

  /**
   * Address of the data of functions. Its word in runtime.moduledata differs between Go versions,
   * so the word with valid inlined calls is used.
   */
  private long data() {
    long[] words = functions.module();
    for (int w = FIRST_WORD; w < Math.min(words.length, LAST_WORD); w++) {
      if (isData(words[w])) {
        return words[w];
      }
    }
    return NONE;
  }

  private boolean isData(long base) {
    int checked = 0;
    try {
      for (int f = 0; f < functions.count() && checked < FUNCTIONS_TO_CHECK; f++) {
        budget.take(1);
        long calls = inlinedCalls(f, base);
        if (calls == NONE) {
          continue;
        }
        InlinedCall c = read(calls, 0);
        long size = functions.address(f + 1) - functions.address(f);
        if (c.parent < 0 || c.parent >= size || !functions.isName(c.name)) {
          return false;
        }
        checked++;
      }
    } catch (IOException | IndexOutOfBoundsException | ArithmeticException e) {
      return false;
    }
    return checked > 0;
  }
}
