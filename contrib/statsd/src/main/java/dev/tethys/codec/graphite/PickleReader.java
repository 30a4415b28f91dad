package dev.tethys.codec.graphite;

import dev.tethys.codec.CodecException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the data of Python's pickle, protocols 0 to 5: numbers, text, tuples, lists. A pickle is a
 * program; instructions that create class instances or call anything are rejected, so the result is
 * always plain data. Source: the documentation of {@code pickletools}.
 *
 * <p>Limits: the stack and the memo grow by at most one entry per input byte; memory for objects is
 * reserved before they are created, and so is that of the points' strings, which may be shared.
 */
final class PickleReader {
  /** Receives a point. */
  interface Points {
    void point(String path, double time, double value);
  }

  private static final Object MARK = new Object();
  private static final int MAX_LONG_BYTES = 32;

  /** Memory of a list in addition to its elements; a list may have just one element. */
  private static final long LIST_BYTES = 96;

  /** Memory of any other value in addition to its text. */
  private static final long VALUE_BYTES = 64;

  /** Memory of one path character in the resulting point. */
  private static final long PATH_FACTOR = 2;

  /** Memory is reserved in pieces of this size. */
  private static final long PIECE = 16 << 10;

  private final LongConsumer memory;
  private long taken;
  private final ByteBuffer in;
  private final List<@Nullable Object> stack = new ArrayList<>();
  private final Map<Integer, @Nullable Object> memo = new HashMap<>();

  /**
   * @param memory called with the number of bytes before allocation; may throw
   */
  PickleReader(byte[] buf, int offset, int length, LongConsumer memory) {
    this.memory = memory;
    in = ByteBuffer.wrap(buf, offset, length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
  }

  /** Reads a list of points; an element that is not a point is passed to {@code refused}. */
  void read(Points points, BiConsumer<String, String> refused) {
    Object top;
    try {
      top = run();
    } catch (java.nio.BufferUnderflowException
        | java.util.NoSuchElementException
        | IndexOutOfBoundsException e) {
      throw new CodecException("pickle: unexpected end of data", e);
    } catch (NumberFormatException e) {
      throw new CodecException("pickle: malformed number", e);
    }
    if (!(top instanceof List<?> list)) {
      throw new CodecException("pickle: a list of points expected");
    }
    for (Object o : list) {
      if (o instanceof List<?> p
          && p.size() == 2
          && p.get(0) instanceof String path
          && p.get(1) instanceof List<?> v
          && v.size() == 2
          && number(v.get(0)) instanceof Double time
          && number(v.get(1)) instanceof Double value) {
        takes(PATH_FACTOR * path.length());
        points.point(path, time, value);
      } else {
        refused.accept(shown(o), "a point must be (path, (timestamp, value))");
      }
    }
  }

  /** Formats an element for errors, no deeper than a point since the element may contain itself. */
  private static String shown(@Nullable Object o) {
    return o instanceof List<?> l ? "a tuple of " + l.size() : String.valueOf(o);
  }

  private static @Nullable Double number(@Nullable Object o) {
    if (o instanceof Number n) {
      return n.doubleValue();
    }
    if (o instanceof String s) {
      try {
        return Double.valueOf(s);
      } catch (NumberFormatException e) {
        return null;
      }
    }
    return null;
  }

  private void takes(long bytes) {
    taken += bytes;
    if (taken >= PIECE) {
      memory.accept(taken);
      taken = 0;
    }
  }

  private @Nullable Object run() {
    while (true) {
      int op = in.get() & 0xff;
      switch (op) {
        case ']', ')', 'l', 't', 0x85, 0x86, 0x87 -> takes(LIST_BYTES);
        case '(', '.', 'a', 'e', '0', '2', 'N', 'h', 'j', 'g' -> {
          // no new object
        }
        default -> takes(VALUE_BYTES);
      }
      switch (op) {
        case 0x80 -> in.get();
        case 0x95 -> in.getLong();
        case '.' -> {
          return stack.getLast();
        }
        case '(' -> stack.add(MARK);
        case ']', ')' -> stack.add(new ArrayList<>());
        case 'l', 't' -> stack.add(sinceMark());
        case 'a' -> {
          Object v = stack.removeLast();
          list().add(v);
        }
        case 'e' -> {
          List<@Nullable Object> all = sinceMark();
          list().addAll(all);
        }
        case 0x85 -> tuple(1);
        case 0x86 -> tuple(2);
        case 0x87 -> tuple(3);
        case '0' -> stack.removeLast();
        case '2' -> stack.add(stack.getLast());
        case 'N' -> stack.add(null);
        case 0x88 -> stack.add(1L);
        case 0x89 -> stack.add(0L);
        case 'q' -> memo.put(in.get() & 0xff, stack.getLast());
        case 'r' -> memo.put(in.getInt(), stack.getLast());
        case 'p' -> memo.put(Integer.valueOf(line()), stack.getLast());
        case 0x94 -> memo.put(memo.size(), stack.getLast());
        case 'h' -> stack.add(remembered(in.get() & 0xff));
        case 'j' -> stack.add(remembered(in.getInt()));
        case 'g' -> stack.add(remembered(Integer.parseInt(line())));
        default -> scalar(op);
      }
    }
  }

  private void scalar(int op) {
    switch (op) {
      case 'K' -> stack.add((long) (in.get() & 0xff));
      case 'M' -> stack.add((long) (in.getShort() & 0xffff));
      case 'J' -> stack.add((long) in.getInt());
      case 0x8a -> stack.add(large(in.get() & 0xff));
      case 'I' -> {
        String s = line();
        stack.add(s.equals("01") ? 1L : s.equals("00") ? 0L : Long.parseLong(s));
      }
      case 'L' -> {
        String s = line();
        if (s.length() > 3 * MAX_LONG_BYTES) {
          throw new CodecException("pickle: a number of " + s.length() + " digits");
        }
        stack.add(new BigInteger(s.endsWith("L") ? s.substring(0, s.length() - 1) : s));
      }
      case 'F' -> stack.add(Double.valueOf(line()));
      case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
      case 'S' -> {
        String s = line();
        if (s.length() < 2 || s.charAt(0) != s.charAt(s.length() - 1)) {
          throw new CodecException("pickle: malformed text");
        }
        stack.add(s.substring(1, s.length() - 1));
      }
      case 'V' -> stack.add(line());
      case 'U', 'C', 0x8c -> stack.add(text(in.get() & 0xff));
      case 'T', 'B', 'X' -> stack.add(text(in.getInt()));
      case 0x8d -> stack.add(text(in.getLong()));
      default ->
          throw new CodecException(
              "pickle: the instruction 0x"
                  + Integer.toHexString(op)
                  + " makes more than plain data, which is not accepted");
    }
  }

  @SuppressWarnings("unchecked") // the lists are made here
  private List<@Nullable Object> list() {
    if (stack.getLast() instanceof List<?> l) {
      return (List<@Nullable Object>) l;
    }
    throw new CodecException("pickle: no list to append to");
  }

  private List<@Nullable Object> sinceMark() {
    int mark = stack.size() - 1;
    while (mark >= 0 && stack.get(mark) != MARK) {
      mark--;
    }
    if (mark < 0) {
      throw new CodecException("pickle: no mark on the stack");
    }
    List<@Nullable Object> above = stack.subList(mark + 1, stack.size());
    List<@Nullable Object> out = new ArrayList<>(above);
    stack.subList(mark, stack.size()).clear();
    return out;
  }

  private void tuple(int n) {
    List<@Nullable Object> last = stack.subList(stack.size() - n, stack.size());
    List<@Nullable Object> out = new ArrayList<>(last);
    last.clear();
    stack.add(out);
  }

  private @Nullable Object remembered(int key) {
    if (!memo.containsKey(key)) {
      throw new CodecException("pickle: unknown memo entry " + key);
    }
    return memo.get(key);
  }

  private String line() {
    int from = in.position();
    while (in.get() != '\n') {
      // to its end
    }
    return new String(
        in.array(), in.arrayOffset() + from, in.position() - 1 - from, StandardCharsets.UTF_8);
  }

  private String text(long length) {
    if (length < 0 || length > in.remaining()) {
      throw new CodecException(
          "pickle: a text of " + length + " bytes exceeds the remaining input");
    }
    int n = (int) length;
    String s = new String(in.array(), in.arrayOffset() + in.position(), n, StandardCharsets.UTF_8);
    in.position(in.position() + n);
    return s;
  }

  private BigInteger large(int n) {
    if (n > MAX_LONG_BYTES) {
      throw new CodecException("pickle: a number of " + n + " bytes");
    }
    byte[] b = new byte[n];
    for (int i = n - 1; i >= 0; i--) {
      b[i] = in.get();
    }
    return n == 0 ? BigInteger.ZERO : new BigInteger(b);
  }
}
