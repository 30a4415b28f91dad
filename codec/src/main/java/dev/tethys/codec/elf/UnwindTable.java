package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rules by which the caller of each instruction of an x86-64 file is found, from its section
 * .eh_frame. Sources: DWARF 5, chapter 6.4; Linux Standard Base, chapter 10.6.
 *
 * <p>A rule is a number of 64 bits: from the lowest, 32 bits of the address from which it holds, 16
 * bits of the distance of the canonical frame address in words of 8 bytes, 8 bits of the place of
 * the saved frame pointer relative to that address in words, 8 bits of the kind. The return address
 * is the word below the canonical frame address.
 */
public final class UnwindTable {
  /** No caller: the first function of a thread. */
  public static final int END = 0;

  /** Canonical frame address relative to the stack pointer. */
  public static final int STACK_POINTER = 1;

  /** Canonical frame address relative to the frame pointer. */
  public static final int FRAME_POINTER = 2;

  /** Canonical frame address of an entry of the procedure linkage table. */
  public static final int LINKAGE = 3;

  /** Not described: the frame pointer is the only way. */
  public static final int CHAIN = 4;

  /** Described in a way that is not followed. */
  public static final int UNKNOWN = 6;

  /** Canonical frame address is stored relative to the frame pointer. */
  public static final int STORED = 7;

  /** Place of the saved frame pointer that means: the word to which the frame pointer points. */
  public static final int AT_FRAME_POINTER = 127;

  /** Rules of a file, beyond which the rest is {@link #CHAIN}. */
  public static final int MAX_ROWS = 1 << 20;

  private static final long MAX_SECTION = 64 << 20;
  private static final int RBP = 6;
  private static final int RSP = 7;
  private static final int RETURN = 16;
  private static final int WORD = 8;
  private static final int DEEPEST = 32;

  private record Common(
      long codeAlign, long dataAlign, int pointerEncoding, boolean augmented, State initial) {}

  /** Rule in the making. */
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

  private final ByteBuffer section;
  private final long sectionAddress;
  private final Map<Integer, @Nullable Common> commons = new HashMap<>();
  private final List<long[]> functions = new ArrayList<>(); // start, end, rows
  private long total;

  private UnwindTable(ByteBuffer section, long sectionAddress) {
    this.section = section;
    this.sectionAddress = sectionAddress;
  }

  /**
   * A rule as a number.
   *
   * @param address from which it holds
   * @param words distance of the canonical frame address
   * @param saved place of the saved frame pointer, 0 when it is in its register
   */
  public static long row(long address, int kind, long words, int saved) {
    return address & 0xffff_ffffL
        | (words & 0xffff) << 32
        | (long) (saved & 0xff) << 48
        | (long) kind << 56;
  }

  /**
   * Rules of a file, ascending by address; empty when it describes none.
   *
   * @throws IOException when the file cannot be read, or is damaged
   */
  public static long[] of(ElfFile elf) throws IOException {
    ElfFile.Section s = elf.section(".eh_frame");
    if (s == null || s.size() > MAX_SECTION || elf.machine() != ElfFile.X86_64) {
      return new long[0];
    }
    return of(elf.content(".eh_frame", MAX_SECTION), s.address());
  }

  static long[] of(ByteBuffer section, long address) throws IOException {
    try {
      UnwindTable t = new UnwindTable(section.order(ByteOrder.LITTLE_ENDIAN), address);
      t.readEntries();
      return t.rows();
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new IOException("section .eh_frame is damaged", e);
    }
  }

  private void readEntries() {
    int at = 0;
    while (at + 4 <= section.limit() && total < MAX_ROWS) {
      long length = section.getInt(at) & 0xffff_ffffL;
      if (length == 0) {
        at += 4; // the end of the entries of one object file
        continue;
      }
      if (length == 0xffff_ffffL || at + 4 + length > section.limit()) {
        return;
      }
      int id = section.getInt(at + 4);
      int end = (int) (at + 4 + length);
      if (id != 0) {
        Common c = common(at + 4 - id);
        if (c != null) {
          function(c, at + 8, end);
        }
      }
      at = end;
    }
  }

  private @Nullable Common common(int at) {
    if (!commons.containsKey(at)) {
      commons.put(at, readCommon(at));
    }
    return commons.get(at);
  }

  private @Nullable Common readCommon(int at) {
    if (at < 0 || section.getInt(at + 4) != 0) {
      return null;
    }
    int end = at + 4 + section.getInt(at);
    section.position(at + 8);
    int version = section.get();
    StringBuilder augmentation = new StringBuilder();
    for (int c = section.get(); c != 0; c = section.get()) {
      augmentation.append((char) c);
    }
    if (version != 1 && version != 3) {
      return null;
    }
    long codeAlign = unsigned();
    long dataAlign = signed();
    if (version == 1) {
      section.get();
    } else {
      unsigned();
    }
    int encoding = 0;
    boolean augmented = augmentation.indexOf("z") == 0;
    if (augmented) {
      int instructions = (int) unsigned();
      instructions += section.position();
      for (int i = 1; i < augmentation.length(); i++) {
        switch (augmentation.charAt(i)) {
          case 'R' -> encoding = section.get() & 0xff;
          case 'L' -> section.get();
          case 'P' -> pointer(section.get() & 0xff);
          default -> {} // S and B have no data; others end the part that is understood
        }
      }
      section.position(instructions);
    } else if (!augmentation.isEmpty()) {
      return null;
    }
    State initial = new State();
    run(new Common(codeAlign, dataAlign, encoding, augmented, initial), initial, end, 0, null);
    return new Common(codeAlign, dataAlign, encoding, augmented, initial);
  }

  private void function(Common c, int at, int end) {
    section.position(at);
    long start = pointer(c.pointerEncoding);
    long length = pointer(c.pointerEncoding & 15);
    if (start < 0 || length <= 0 || start + length > 0xffff_ffffL) {
      return;
    }
    if (c.augmented) {
      int skip = (int) unsigned();
      section.position(section.position() + skip);
    }
    Rows rows = new Rows(start, start + length);
    State s = c.initial.copy();
    run(c, s, end, start, rows);
    functions.add(rows.done(s));
    total += rows.count;
  }

  /** Rules of one function: its start, its end, its rows. */
  private static final class Rows {
    final long end;
    long[] values = new long[8];
    int count;
    long from;

    Rows(long start, long end) {
      this.end = end;
      this.from = start;
    }

    void upTo(long address, State s) {
      if (address > from && from < end) {
        long row = encode(from, s);
        if (count == 0 || row >>> 32 != values[count - 1] >>> 32) {
          if (count == values.length) {
            values = Arrays.copyOf(values, 2 * count);
          }
          values[count++] = row;
        }
        from = address;
      }
    }

    long[] done(State s) {
      upTo(end, s);
      long[] out = new long[count + 1];
      System.arraycopy(values, 0, out, 0, count);
      out[count] = end;
      return out;
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

  private void run(Common c, State s, int end, long start, @Nullable Rows rows) {
    List<State> stack = new ArrayList<>();
    long location = start;
    while (section.position() < end) {
      int op = section.get() & 0xff;
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
            case 0x02 -> advance = (section.get() & 0xff) * c.codeAlign;
            case 0x03 -> advance = (section.getShort() & 0xffff) * c.codeAlign;
            case 0x04 -> advance = (section.getInt() & 0xffff_ffffL) * c.codeAlign;
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
    section.position(end);
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
    int end = section.position() + length;
    s.kind = UNKNOWN;
    s.offset = 0;
    if (length > 4 && section.get(section.position()) == 0x77) {
      // DW_OP_breg7 8, breg16 0, lit15, and, lit11, ge, lit3, shl, plus
      byte[] linkage = {0x77, 8, (byte) 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
      byte[] is = new byte[length];
      section.get(is);
      if (Arrays.equals(is, linkage)) {
        s.kind = LINKAGE;
      }
    } else if (length >= 3 && section.get(section.position()) == 0x76) { // DW_OP_breg6
      section.get();
      long offset = signed();
      if (section.position() == end - 1 && section.get() == 0x06) { // DW_OP_deref
        s.kind = STORED;
        s.offset = offset;
      }
    }
    section.position(end);
  }

  /** Place of a register by an expression: the frame pointer where it points itself. */
  private void savedAt(State s) {
    long register = unsigned();
    int length = (int) unsigned();
    int end = section.position() + length;
    if (register == RBP) {
      s.saved =
          length == 2
                  && section.get(section.position()) == 0x76
                  && section.get(section.position() + 1) == 0
              ? AT_FRAME_POINTER
              : -128;
    }
    section.position(end);
  }

  private void skipBlock() {
    int length = (int) unsigned();
    section.position(section.position() + length);
  }

  private long pointer(int encoding) {
    if (encoding == 0xff) {
      return 0;
    }
    long at = sectionAddress + section.position();
    long value =
        switch (encoding & 15) {
          case 0, 4, 12 -> section.getLong();
          case 1 -> unsigned();
          case 2 -> section.getShort() & 0xffff;
          case 3 -> section.getInt() & 0xffff_ffffL;
          case 9 -> signed();
          case 10 -> section.getShort();
          case 11 -> section.getInt();
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
      int b = section.get();
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
      int b = section.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return shift + 7 < 64 && (b & 0x40) != 0 ? value | -1L << shift + 7 : value;
      }
    }
    throw new IllegalArgumentException("a number is too long");
  }

  private long[] rows() {
    functions.removeIf(f -> f.length < 2);
    functions.sort((a, b) -> Long.compare(a[0] & 0xffff_ffffL, b[0] & 0xffff_ffffL));
    long[] out = new long[(int) Math.min(MAX_ROWS, total + 2L * functions.size() + 1)];
    int n = 0;
    long end = 0;
    for (long[] f : functions) {
      long start = f[0] & 0xffff_ffffL;
      if (start < end) {
        continue; // overlaps the one before
      }
      if (n + f.length + 1 > out.length) {
        break;
      }
      if (start > end || n == 0) {
        n = add(out, n, row(end, CHAIN, 0, 0));
      }
      for (int i = 0; i < f.length - 1; i++) {
        n = add(out, n, f[i]);
      }
      end = f[f.length - 1];
    }
    if (n > 0 && n < out.length) {
      n = add(out, n, row(end, CHAIN, 0, 0));
    }
    return Arrays.copyOf(out, n);
  }

  /** Adds a rule unless it continues the one before. */
  private static int add(long[] out, int n, long row) {
    if (n > 0 && out[n - 1] >>> 32 == row >>> 32) {
      return n;
    }
    out[n] = row;
    return n + 1;
  }
}
