package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Unwind rules for locating the caller of each instruction of an x86-64 file, read from section
 * .eh_frame. Sources: DWARF 5, chapter 6.4; Linux Standard Base, chapter 10.6.
 *
 * <p>A rule is a 64-bit number. From the lowest bit: 32 bits for the start address, 16 bits for the
 * offset of the canonical frame address in 8-byte words, 8 bits for the position of the saved frame
 * pointer relative to that address in words, 8 bits for the kind. The return address is the word
 * below the canonical frame address.
 */
public final class UnwindTable {
  /** No caller: the first function of a thread. */
  public static final int END = 0;

  /** Canonical frame address relative to the stack pointer. */
  public static final int STACK_POINTER = 1;

  /** Canonical frame address relative to the frame pointer. */
  public static final int FRAME_POINTER = 2;

  /** Canonical frame address of a procedure linkage table entry. */
  public static final int LINKAGE = 3;

  /** Not described: only the frame pointer can be used. */
  public static final int CHAIN = 4;

  /** Described by an unsupported rule. */
  public static final int UNKNOWN = 6;

  /** Canonical frame address is stored relative to the frame pointer. */
  public static final int STORED = 7;

  /** Location of the saved frame pointer: the word at the frame pointer. */
  public static final int AT_FRAME_POINTER = 127;

  /** Maximum number of rules of a file; further ones are {@link #CHAIN}. */
  public static final int MAX_ROWS = 1 << 20;

  private static final long MAX_SECTION = 64 << 20;

  /** Bytes of the section read at a time: sections of large programs have tens of MB. */
  private static final int PART = 256 << 10;

  private static final int COMMON_PART = 256;
  private static final int LONGEST_AUGMENTATION = 16;

  /** Bits for a function number; there are no more functions than rules. */
  private static final int NUMBER_BITS = 21;

  private static final int RBP = 6;
  private static final int RSP = 7;
  private static final int RETURN = 16;
  private static final int WORD = 8;
  private static final int DEEPEST = 32;

  private record Common(
      long codeAlign, long dataAlign, int pointerEncoding, boolean augmented, State initial) {}

  /** Rule under construction. */
  private static final class State {
    int kind = UNKNOWN;
    long offset;
    int register = -1;
    int saved; // place of the frame pointer, 0 when it is in its register
    boolean first; // has no caller

    State copy() {
      State s = new State();
      s.kind = kind;
      s.offset = offset;
      s.register = register;
      s.saved = saved;
      s.first = first;
      return s;
    }
  }

  /**
   * Reads a part of the section into a buffer, starting at an offset; fewer bytes at the end of the
   * section.
   */
  @FunctionalInterface
  private interface PartReader {
    void read(long at, ByteBuffer into) throws IOException;
  }

  private final PartReader source;
  private final long size;
  private final long sectionAddress;
  private final ElfBudget budget;
  private final Map<Long, @Nullable Common> commons = new HashMap<>();
  private ByteBuffer part; // of the section
  private long partStart; // its offset in the section
  private long[] rows = new long[1 << 10]; // of all functions, one after the other
  private final List<State> stack = new ArrayList<>(); // of the function that is read
  private int total;
  private int functions;
  private long[] starts = new long[1 << 8]; // of functions, with their numbers
  private int[] ends = new int[1 << 8];
  private int[] lastRows = new int[1 << 8]; // the row after their last one

  private UnwindTable(
      PartReader source, long size, ByteBuffer part, long sectionAddress, ElfBudget budget) {
    this.budget = budget;
    this.source = source;
    this.size = size;
    this.part = part.order(ByteOrder.LITTLE_ENDIAN);
    this.sectionAddress = sectionAddress;
  }

  /**
   * A numeric unwind rule.
   *
   * @param address first address to which it applies
   * @param words distance of the canonical frame address
   * @param saved position of the saved frame pointer, 0 if it is in its register
   */
  public static long row(long address, int kind, long words, int saved) {
    return address & 0xffff_ffffL
        | (words & 0xffff) << 32
        | (long) (saved & 0xff) << 48
        | (long) kind << 56;
  }

  /**
   * Rules of a file, ascending by address; empty if it describes none.
   *
   * @throws IOException if the file cannot be read, or is damaged
   */
  public static long[] of(ElfFile elf) throws IOException {
    ElfFile.Section s = elf.section(".eh_frame");
    if (s == null || s.size() > MAX_SECTION || elf.machine() != ElfFile.X86_64) {
      return new long[0];
    }
    if (ElfFile.isCompressed(s)) {
      return of(elf.content(".eh_frame"), s.address(), elf.budget());
    }
    ByteBuffer part = ByteBuffer.allocate((int) Math.min(PART, s.size())).limit(0);
    return new UnwindTable(
            (at, into) -> elf.read(s, at, into), s.size(), part, s.address(), elf.budget())
        .read();
  }

  static long[] of(ByteBuffer section, long address, ElfBudget budget) throws IOException {
    PartReader none =
        (at, into) -> {
          throw new IOException("the section ends before " + at);
        };
    return new UnwindTable(none, section.limit(), section, address, budget).read();
  }

  private long[] read() throws IOException {
    try {
      readEntries();
      return assemble();
    } catch (IndexOutOfBoundsException
        | BufferUnderflowException
        | IllegalArgumentException
        | ArithmeticException e) {
      throw new IOException("section .eh_frame is damaged", e);
    }
  }

  private void readEntries() throws IOException {
    long at = 0;
    while (at + 4 <= size && total < MAX_ROWS) {
      long length = part(at, 4).getInt(index(at)) & 0xffff_ffffL;
      if (length == 0) {
        at += 4; // the end of the entries of one object file
        budget.take(1);
        continue;
      }
      if (length == 0xffff_ffffL || at + 4 + length > size) {
        return;
      }
      long end = at + 4 + length;
      part(at, Math.max(4 + length, 8));
      int id = part.getInt(index(at + 4));
      if (id != 0) {
        Common c = common(at + 4 - id);
        if (c != null) {
          function(c, index(at + 8), index(end));
        }
      }
      at = end;
      budget.take(1);
    }
  }

  /**
   * Returns the part that contains the given bytes, reading it if they are not in the current one.
   */
  private ByteBuffer part(long at, long length) throws IOException {
    if (at < partStart || at + length > partStart + part.limit()) {
      if (at + length > size) {
        throw new IndexOutOfBoundsException("an entry ends after the end of the section");
      }
      if (length > part.capacity()) {
        budget.takeBytes(length);
        part = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
      }
      source.read(at, part);
      partStart = at;
    }
    return part;
  }

  /** Index in the part of an offset in the section. */
  private int index(long offset) {
    return (int) (offset - partStart);
  }

  private @Nullable Common common(long at) throws IOException {
    if (!commons.containsKey(at)) {
      budget.take(COMMON_PART);
      budget.takeBytes(COMMON_PART);
      ByteBuffer present = part;
      long start = partStart;
      if (present.limit() < size) { // the entry that refers to it stays in the present part
        part = ByteBuffer.allocate(COMMON_PART).order(ByteOrder.LITTLE_ENDIAN).limit(0);
      }
      try {
        commons.put(at, readCommon(at));
      } finally {
        part = present;
        partStart = start;
      }
    }
    return commons.get(at);
  }

  private @Nullable Common readCommon(long offset) throws IOException {
    if (offset < 0) {
      return null;
    }
    long length = part(offset, 8).getInt(index(offset)) & 0xffff_ffffL;
    if (part.getInt(index(offset + 4)) != 0) {
      return null;
    }
    part(offset, Math.max(4 + length, 8));
    int at = index(offset);
    int end = Math.toIntExact(at + 4 + length);
    part.position(at + 8);
    int version = part.get();
    StringBuilder augmentation = new StringBuilder();
    for (int c = part.get(); c != 0; c = part.get()) {
      if (augmentation.length() == LONGEST_AUGMENTATION) {
        return null;
      }
      augmentation.append((char) c);
    }
    if (version != 1 && version != 3) {
      return null;
    }
    long codeAlign = unsigned();
    long dataAlign = signed();
    if (version == 1) {
      part.get();
    } else {
      unsigned();
    }
    int encoding = 0;
    boolean augmented = augmentation.indexOf("z") == 0;
    if (augmented) {
      int instructions = (int) unsigned();
      instructions += part.position();
      for (int i = 1; i < augmentation.length(); i++) {
        switch (augmentation.charAt(i)) {
          case 'R' -> encoding = part.get() & 0xff;
          case 'L' -> part.get();
          case 'P' -> pointer(part.get() & 0xff);
          default -> {} // S and B have no data; others end the part that is understood
        }
      }
      part.position(instructions);
    } else if (!augmentation.isEmpty()) {
      return null;
    }
    State initial = new State();
    run(new Common(codeAlign, dataAlign, encoding, augmented, initial), initial, end, 0, null);
    return new Common(codeAlign, dataAlign, encoding, augmented, initial);
  }

  private void function(Common c, int at, int end) throws IOException {
    part.position(at);
    long start = pointer(c.pointerEncoding);
    long length = pointer(c.pointerEncoding & 15);
    if (start < 0 || length <= 0 || start + length > 0xffff_ffffL) {
      return;
    }
    if (c.augmented) {
      int skip = (int) unsigned();
      part.position(part.position() + skip);
    }
    State s = c.initial.copy();
    Rows of = new Rows(start, start + length);
    run(c, s, end, start, of);
    of.upTo(of.end, s);
    if (functions == starts.length) {
      starts = Arrays.copyOf(starts, 2 * functions);
      ends = Arrays.copyOf(ends, 2 * functions);
      lastRows = Arrays.copyOf(lastRows, 2 * functions);
    }
    starts[functions] = start << NUMBER_BITS | functions;
    ends[functions] = (int) of.end;
    lastRows[functions++] = total;
  }

  /** Adds the rules of a function to the table. */
  private final class Rows {
    final long end;
    final int first = total;
    long from;

    Rows(long start, long end) {
      this.end = end;
      this.from = start;
    }

    void upTo(long address, State s) {
      if (address > from && from < end) {
        long row = encode(from, s);
        if (total == first || row >>> 32 != rows[total - 1] >>> 32) {
          if (total == rows.length) {
            rows = Arrays.copyOf(rows, 2 * total);
          }
          rows[total++] = row;
        }
        from = address;
      }
    }

    private static long encode(long address, State s) {
      if (s.first) {
        return row(address, END, 0, 0);
      }
      int kind = s.kind;
      if (kind == STACK_POINTER) {
        kind = s.register == RSP ? STACK_POINTER : s.register == RBP ? FRAME_POINTER : UNKNOWN;
      }
      boolean fits =
          s.offset % WORD == 0 && s.offset / WORD == (short) (s.offset / WORD) && s.saved != -128;
      return fits ? row(address, kind, s.offset / WORD, s.saved) : row(address, UNKNOWN, 0, 0);
    }
  }

  private void run(Common c, State s, int end, long start, @Nullable Rows rows) throws IOException {
    stack.clear();
    long location = start;
    while (part.position() < end) {
      budget.take(1);
      int op = part.get() & 0xff;
      int low = op & 0x3f;
      long advance = -1;
      switch (op >> 6) {
        case 1 -> advance = low * c.codeAlign;
        case 2 -> saved(s, low, unsigned() * c.dataAlign);
        case 3 -> restored(c, s, low);
        default -> {
          switch (op) {
            case 0x00 -> {} // DW_CFA_nop
            case 0x01 -> advance = pointer(c.pointerEncoding) - location;
            case 0x02 -> advance = (part.get() & 0xff) * c.codeAlign;
            case 0x03 -> advance = (part.getShort() & 0xffff) * c.codeAlign;
            case 0x04 -> advance = (part.getInt() & 0xffff_ffffL) * c.codeAlign;
            case 0x05 -> saved(s, (int) unsigned(), unsigned() * c.dataAlign);
            case 0x06 -> restored(c, s, (int) unsigned());
            case 0x07 -> {
              if (unsigned() == RETURN) {
                s.first = true;
              }
            }
            case 0x08 -> restored(c, s, (int) unsigned());
            case 0x09 -> {
              unsigned();
              unsigned();
            }
            case 0x0a -> {
              if (stack.size() >= DEEPEST) {
                throw new IllegalArgumentException("rules are nested too deeply");
              }
              stack.add(s.copy());
            }
            case 0x0b -> {
              if (!stack.isEmpty()) {
                State before = stack.removeLast();
                s.kind = before.kind;
                s.offset = before.offset;
                s.register = before.register;
                s.saved = before.saved;
                s.first = before.first;
              }
            }
            case 0x0c -> {
              s.register = (int) unsigned();
              s.offset = unsigned();
              s.kind = STACK_POINTER;
            }
            case 0x0d -> {
              s.register = (int) unsigned();
              s.kind = STACK_POINTER;
            }
            case 0x0e -> s.offset = unsigned();
            case 0x0f -> expression(s);
            case 0x10 -> savedAt(s);
            case 0x11 -> saved(s, (int) unsigned(), signed() * c.dataAlign);
            case 0x12 -> {
              s.register = (int) unsigned();
              s.offset = signed() * c.dataAlign;
              s.kind = STACK_POINTER;
            }
            case 0x13 -> s.offset = signed() * c.dataAlign;
            case 0x14, 0x15 -> {
              unsigned();
              unsigned();
            }
            case 0x16 -> {
              unsigned();
              skipBlock();
            }
            case 0x2e -> unsigned(); // DW_CFA_GNU_args_size
            default -> throw new IllegalArgumentException("unknown instruction " + op);
          }
        }
      }
      if (advance >= 0) {
        location += advance;
        if (rows != null) {
          rows.upTo(location, s);
        }
      }
    }
    part.position(end);
  }

  private static void saved(State s, int register, long offset) {
    if (register == RBP) {
      long words = offset / WORD;
      s.saved = offset % WORD == 0 && words > -128 && words < 0 ? (int) words : -128;
    }
  }

  private static void restored(Common c, State s, int register) {
    if (register == RBP) {
      s.saved = c.initial.saved;
    }
  }

  /** Canonical frame address by an expression: two forms that compilers use. */
  private void expression(State s) {
    int length = (int) unsigned();
    int end = part.position() + length;
    s.kind = UNKNOWN;
    s.offset = 0;
    if (length > 4 && part.get(part.position()) == 0x77) {
      // DW_OP_breg7 8, breg16 0, lit15, and, lit11, ge, lit3, shl, plus
      byte[] linkage = {0x77, 8, (byte) 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
      byte[] is = new byte[length];
      part.get(is);
      if (Arrays.equals(is, linkage)) {
        s.kind = LINKAGE;
      }
    } else if (length >= 3 && part.get(part.position()) == 0x76) { // DW_OP_breg6
      part.get();
      long offset = signed();
      if (part.position() == end - 1 && part.get() == 0x06) { // DW_OP_deref
        s.kind = STORED;
        s.offset = offset;
      }
    }
    part.position(end);
  }

  /** Location of a register by an expression: the frame pointer, if it points to itself. */
  private void savedAt(State s) {
    long register = unsigned();
    int length = (int) unsigned();
    int end = part.position() + length;
    if (register == RBP) {
      s.saved =
          length == 2 && part.get(part.position()) == 0x76 && part.get(part.position() + 1) == 0
              ? AT_FRAME_POINTER
              : -128;
    }
    part.position(end);
  }

  private void skipBlock() {
    int length = (int) unsigned();
    part.position(part.position() + length);
  }

  private long pointer(int encoding) {
    if (encoding == 0xff) {
      return 0;
    }
    long at = sectionAddress + partStart + part.position();
    long value =
        switch (encoding & 15) {
          case 0, 4, 12 -> part.getLong();
          case 1 -> unsigned();
          case 2 -> part.getShort() & 0xffff;
          case 3 -> part.getInt() & 0xffff_ffffL;
          case 9 -> signed();
          case 10 -> part.getShort();
          case 11 -> part.getInt();
          default -> throw new IllegalArgumentException("unknown pointer encoding " + encoding);
        };
    return switch (encoding & 0x70) {
      case 0 -> value;
      case 0x10 -> value + at;
      default -> -1; // relative to what is known at run time only
    };
  }

  private long unsigned() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int b = part.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number is too long");
  }

  private long signed() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int b = part.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return shift + 7 < 64 && (b & 0x40) != 0 ? value | -1L << shift + 7 : value;
      }
    }
    throw new IllegalArgumentException("a number is too long");
  }

  private long[] assemble() {
    Arrays.sort(starts, 0, functions);
    long[] out = new long[assemble(new long[0])];
    assemble(out);
    return out;
  }

  /**
   * Sorts the rules of all functions by address.
   *
   * @param out array for the rules; an empty one to count them
   * @return number of rules
   */
  private int assemble(long[] out) {
    int n = 0;
    long last = 0; // the rule before
    long end = 0;
    int most = Math.min(MAX_ROWS, total + 2 * functions + 1);
    for (int i = 0; i < functions; i++) {
      int f = (int) starts[i] & (1 << NUMBER_BITS) - 1;
      long start = starts[i] >>> NUMBER_BITS;
      int first = f == 0 ? 0 : lastRows[f - 1];
      int count = lastRows[f] - first;
      if (start < end) {
        continue; // overlaps the one before
      }
      if (n + count + 2 > most) {
        break;
      }
      if (start > end || n == 0) {
        long chain = row(end, CHAIN, 0, 0);
        n = add(out, n, last, chain);
        last = chain;
      }
      for (int k = first; k < first + count; k++) {
        n = add(out, n, last, rows[k]);
        last = rows[k];
      }
      end = ends[f] & 0xffff_ffffL;
    }
    return n > 0 && n < most ? add(out, n, last, row(end, CHAIN, 0, 0)) : n;
  }

  /** Adds a rule unless it continues the previous one. */
  private static int add(long[] out, int n, long last, long row) {
    if (n > 0 && last >>> 32 == row >>> 32) {
      return n;
    }
    if (n < out.length) {
      out[n] = row;
    }
    return n + 1;
  }
}
