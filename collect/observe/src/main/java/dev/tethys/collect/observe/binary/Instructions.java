package dev.tethys.collect.observe.binary;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lengths of x86-64 instructions (Intel's Software Developer's Manual, volume 2, chapter 2 and the
 * opcode maps of appendix A), to find where a function returns.
 */
public final class Instructions {
  private static final int LONGEST = 15;

  /** Operand forms of the one-byte opcodes, in rows of 16. */
  private static final String ONE_BYTE =
      "mmmmbz--mmmmbz-+" // 00: '+' leads to the two-byte opcodes
          + "mmmmbz--mmmmbz--" // 10
          + "mmmmbz.-mmmmbz.-" // 20: '.' is a prefix
          + "mmmmbz.-mmmmbz.-" // 30
          + "rrrrrrrrrrrrrrrr" // 40: REX
          + "0000000000000000" // 50
          + "--vm....dZbB0000" // 60: 'v' is a vector prefix
          + "bbbbbbbbbbbbbbbb" // 70
          + "BZ-BmmmmmmmmmmmP" // 80
          + "0000000000-00000" // 90
          + "aaaa0000bz000000" // A0
          + "bbbbbbbbiiiiiiii" // B0
          + "BBw0vvBZe0w00b-0" // C0
          + "mmmm---0mmmmmmmm" // D0
          + "bbbbbbbbll-b0000" // E0
          + ".0..00TU000000mm"; // F0

  /** The same of the opcodes after 0F. */
  private static final String TWO_BYTE =
      "mmmm-00000-0-m0B" // 00
          + "mmmmmmmmmmmmmmmm" // 10
          + "mmmm----mmmmmmmm" // 20
          + "00000000m-B-----" // 30: 38 and 3A lead to three-byte opcodes
          + "mmmmmmmmmmmmmmmm" // 40
          + "mmmmmmmmmmmmmmmm" // 50
          + "mmmmmmmmmmmmmmmm" // 60
          + "BBBBmmm0mm--mmmm" // 70
          + "llllllllllllllll" // 80
          + "mmmmmmmmmmmmmmmm" // 90
          + "000mBm--000mBmmm" // A0
          + "mmmmmmmmmmBmmmmm" // B0
          + "mmBmBBBm00000000" // C0
          + "mmmmmmmmmmmmmmmm" // D0
          + "mmmmmmmmmmmmmmmm" // E0
          + "mmmmmmmmmmmmmmmm"; // F0

  private Instructions() {}

  /**
   * Offsets of the return instructions of a function.
   *
   * @param code the whole function
   * @return null if it has an instruction that is unknown, so that no offset is certain
   */
  public static @Nullable List<Integer> returns(ByteBuffer code) {
    List<Integer> out = new ArrayList<>();
    int at = 0;
    while (at < code.limit()) {
      int length = length(code, at);
      if (length < 0) {
        return null;
      }
      int last = at;
      while (last < at + length - 1 && isPrefix(code.get(last) & 0xff)) {
        last++;
      }
      int opcode = code.get(last) & 0xff;
      if (opcode == 0xc3 || opcode == 0xc2) {
        out.add(at);
      }
      at += length;
    }
    return out;
  }

  private static boolean isPrefix(int b) {
    return switch (b) {
      case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3 -> true;
      default -> false;
    };
  }

  /** Length of the instruction at an offset; -1 when it is unknown or cut off. */
  static int length(ByteBuffer code, int start) {
    int n;
    try {
      n = end(code, start) - start;
    } catch (IndexOutOfBoundsException e) {
      return -1;
    }
    return n > LONGEST || n <= 0 || start + n > code.limit() ? -1 : n;
  }

  private static int end(ByteBuffer code, int start) {
    int at = start;
    boolean small = false; // operands of 16 bits
    boolean shortAddress = false;
    int b = code.get(at++) & 0xff;
    while (isPrefix(b)) {
      small |= b == 0x66;
      shortAddress |= b == 0x67;
      b = code.get(at++) & 0xff;
    }
    boolean wide = false;
    if ((b & 0xf0) == 0x40) {
      wide = (b & 8) != 0;
      b = code.get(at++) & 0xff;
    }
    char form = ONE_BYTE.charAt(b);
    switch (form) {
      case 'v' -> {
        return vector(code, at, b);
      }
      case '+' -> {
        b = code.get(at++) & 0xff;
        form = TWO_BYTE.charAt(b);
        if (b == 0x38) {
          return operand(code, at + 1);
        }
        if (b == 0x3a) {
          return operand(code, at + 1) + 1;
        }
      }
      default -> {}
    }
    return switch (form) {
      case '0' -> at;
      case 'm' -> operand(code, at);
      case 'P' -> (code.get(at) & 0x38) == 0 ? operand(code, at) : -1;
      case 'b' -> at + 1;
      case 'w' -> at + 2;
      case 'e' -> at + 3;
      case 'l' -> at + 4;
      case 'd', 'z' -> at + (small ? 2 : 4);
      case 'B' -> operand(code, at) + 1;
      case 'Z' -> operand(code, at) + (small ? 2 : 4);
      case 'a' -> at + (shortAddress ? 4 : 8);
      case 'i' -> at + (wide ? 8 : small ? 2 : 4);
      case 'T' -> operand(code, at) + ((code.get(at) & 0x30) == 0 ? 1 : 0);
      case 'U' -> operand(code, at) + ((code.get(at) & 0x30) == 0 ? small ? 2 : 4 : 0);
      default -> -1;
    };
  }

  /** Instruction after a VEX (C4, C5) or EVEX (62) prefix. */
  private static int vector(ByteBuffer code, int start, int prefix) {
    int at = start;
    int map = 1;
    if (prefix == 0xc4) {
      map = code.get(at) & 0x1f;
      at += 2;
    } else if (prefix == 0x62) {
      map = code.get(at) & 7;
      at += 3;
    } else {
      at++;
    }
    int opcode = code.get(at++) & 0xff;
    if (map == 1 && opcode == 0x77) {
      return at;
    }
    boolean immediate =
        map == 3
            || map == 1
                && (opcode >= 0x70 && opcode <= 0x73
                    || opcode == 0xc2
                    || opcode >= 0xc4 && opcode <= 0xc6);
    return map < 1 || map > 6 ? -1 : operand(code, at) + (immediate ? 1 : 0);
  }

  /** End of an operand in memory or a register (ModRM, SIB, displacement). */
  private static int operand(ByteBuffer code, int start) {
    int at = start;
    int modrm = code.get(at++) & 0xff;
    int mod = modrm >> 6;
    int rm = modrm & 7;
    if (mod == 3) {
      return at;
    }
    if (rm == 4) {
      int base = code.get(at++) & 7;
      if (base == 5 && mod == 0) {
        at += 4;
      }
    } else if (rm == 5 && mod == 0) {
      at += 4;
    }
    return at + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
  }
}
