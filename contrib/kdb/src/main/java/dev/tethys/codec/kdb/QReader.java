package dev.tethys.codec.kdb;

import dev.tethys.codec.CodecException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * Reads values of q in either byte order. A message's announced length is compared with the bytes
 * present before memory is allocated.
 */
final class QReader {
  static final int ERROR = 0x80;

  /**
   * Maximum nesting of values: real messages stay far below it, a hostile one would overflow the
   * stack.
   */
  private static final int MAX_DEPTH = 64;

  private final ByteBuffer in;

  /**
   * @param in buffer in the byte order of the message, from the start of its value to its end
   */
  QReader(ByteBuffer in) {
    this.in = in;
  }

  /** Reads the single value that makes up the message. */
  QValue all() {
    QValue v;
    try {
      v = read(0);
    } catch (BufferUnderflowException e) {
      throw new CodecException("kdb+: the message ends within a value", e);
    }
    if (in.hasRemaining()) {
      throw new CodecException("kdb+: " + in.remaining() + " bytes follow the message's value");
    }
    return v;
  }

  private QValue read(int depth) {
    if (depth > MAX_DEPTH) {
      throw new CodecException("kdb+: more than " + MAX_DEPTH + " values nested in one another");
    }
    int type = in.get();
    if (type < 0) {
      if ((type & 0xff) == ERROR) {
        return new QValue.Error(symbol());
      }
      return new QValue.Atom(vector(type(-type), 1));
    }
    if (type == 0) {
      in.get();
      return mixed(count(1), depth);
    }
    return switch (type) {
      case 98 -> table(depth);
      case 99, 127 -> new QValue.Dict(read(depth + 1), read(depth + 1));
      case 100 -> new QValue.Lambda(symbol(), lambda(read(depth + 1)));
      case 101, 102, 103 -> new QValue.Primitive(type, in.get() & 0xff);
      default -> {
        QType t = type(type);
        in.get(); // the attribute (sorted, unique …), which is irrelevant for the values
        yield vector(t, count(t.width));
      }
    };
  }

  private static QType type(int number) {
    QType t = QType.of(number);
    if (t == null) {
      throw new CodecException("kdb+: values of type " + number + " are not supported");
    }
    return t;
  }

  private static String lambda(QValue body) {
    if (body instanceof QValue.Vector v && v.array() instanceof byte[] b) {
      return new String(b, StandardCharsets.UTF_8);
    }
    throw new CodecException("kdb+: a function without its text");
  }

  /** Reads a count of items that take at least {@code width} bytes each. */
  private int count(int width) {
    int n = in.getInt();
    if (n < 0 || (long) n * width > in.remaining()) {
      throw new CodecException(
          "kdb+: " + n + " items do not fit into " + in.remaining() + " bytes");
    }
    return n;
  }

  private QValue.Mixed mixed(int n, int depth) {
    List<QValue> items = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      items.add(read(depth + 1));
    }
    return new QValue.Mixed(items);
  }

  private QValue table(int depth) {
    in.get();
    if (read(depth + 1) instanceof QValue.Dict(QValue names, QValue columns)
        && names instanceof QValue.Vector n
        && n.array() instanceof String[] s
        && columns instanceof QValue.Mixed c
        && s.length == c.items().size()) {
      for (QValue v : c.items()) {
        if (QValue.size(v) != QValue.size(c.items().getFirst())) {
          throw new CodecException("kdb+: columns of a table differ in length");
        }
      }
      return new QValue.Table(Arrays.asList(s), c.items());
    }
    throw new CodecException("kdb+: a table that is not names with columns");
  }

  private QValue.Vector vector(QType type, int n) {
    Object array =
        switch (type) {
          case BOOLEAN, BYTE, CHAR -> {
            byte[] b = new byte[n];
            in.get(b);
            yield b;
          }
          case GUID -> guids(n);
          case SHORT -> {
            short[] s = new short[n];
            for (int i = 0; i < n; i++) {
              s[i] = in.getShort();
            }
            yield s;
          }
          case INT, MONTH, DATE, MINUTE, SECOND, TIME -> {
            int[] v = new int[n];
            for (int i = 0; i < n; i++) {
              v[i] = in.getInt();
            }
            yield v;
          }
          case LONG, TIMESTAMP, TIMESPAN -> {
            long[] v = new long[n];
            for (int i = 0; i < n; i++) {
              v[i] = in.getLong();
            }
            yield v;
          }
          case REAL -> {
            float[] v = new float[n];
            for (int i = 0; i < n; i++) {
              v[i] = Float.intBitsToFloat(in.getInt());
            }
            yield v;
          }
          case FLOAT, DATETIME -> {
            double[] v = new double[n];
            for (int i = 0; i < n; i++) {
              v[i] = Double.longBitsToDouble(in.getLong());
            }
            yield v;
          }
          case SYMBOL -> {
            String[] s = new String[n];
            for (int i = 0; i < n; i++) {
              s[i] = symbol();
            }
            yield s;
          }
        };
    return new QValue.Vector(type, array);
  }

  private UUID[] guids(int n) {
    UUID[] g = new UUID[n];
    byte[] b = new byte[16];
    for (int i = 0; i < n; i++) {
      in.get(b);
      ByteBuffer big = ByteBuffer.wrap(b);
      g[i] = new UUID(big.getLong(), big.getLong());
    }
    return g;
  }

  private String symbol() {
    int from = in.position();
    while (in.get() != 0) {
      // to its end
    }
    return new String(
        in.array(), in.arrayOffset() + from, in.position() - 1 - from, StandardCharsets.UTF_8);
  }
}
