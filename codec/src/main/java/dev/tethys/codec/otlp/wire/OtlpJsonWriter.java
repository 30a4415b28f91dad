package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpSchema.Field;
import dev.tethys.codec.otlp.wire.OtlpSchema.Message;
import dev.tethys.codec.otlp.wire.OtlpSchema.Type;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.protobuf.Utf8Bytes;
import dev.tethys.model.DecimalDigits;
import dev.tethys.model.GoFloat;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Converts encoded requests to OTLP/JSON without building objects. Ids are in hexadecimal, other
 * bytes in base64, 64-bit integers strings, enums numbers, fields in the order of their numbers,
 * without defaults.
 *
 * <p>Protobuf permits the elements of a list anywhere in their message, and a later value replaces
 * an earlier one; so each message is indexed before it is written.
 */
public final class OtlpJsonWriter {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final ProtoReader r = new ProtoReader();
  private byte[] out;
  private int size;

  /** Field number in the high half, where the field starts in the low; a stack of messages. */
  private long[] index = new long[64];

  private int top;

  private OtlpJsonWriter(int capacity) {
    out = new byte[capacity];
  }

  /**
   * The same request as JSON, in UTF-8, without a line end.
   *
   * @throws CodecException if it is malformed
   */
  public static byte[] toJson(OtlpSignal signal, byte[] buf, int offset, int length) {
    OtlpJsonWriter w = new OtlpJsonWriter((int) Math.min(ProtoWriter.MAX_SIZE, 2L * length + 64));
    w.r.reset(buf, offset, length);
    w.message(signal.message(), 1);
    return w.out.length == w.size ? w.out : Arrays.copyOf(w.out, w.size);
  }

  private void message(Message m, int depth) {
    if (depth > OtlpCheck.MAX_DEPTH) {
      throw new CodecException("OTLP: messages nested deeper than " + OtlpCheck.MAX_DEPTH);
    }
    int base = top;
    boolean sorted = true;
    long last = 0;
    int chosen = 0;
    while (r.next()) {
      Field f = m.field(r.field());
      if (f != null && fits(f)) {
        long entry = (long) f.number() << 32 | r.fieldStart();
        sorted &= entry > last;
        last = entry;
        if (f.oneof()) {
          chosen = f.number();
        }
        if (top == index.length) {
          index = Arrays.copyOf(index, 2 * top);
        }
        index[top++] = entry;
      }
      r.skip();
    }
    if (!sorted) {
      Arrays.sort(index, base, top);
    }
    int behind = r.position();
    put('{');
    boolean first = true;
    for (int i = base; i < top; ) {
      int number = (int) (index[i] >>> 32);
      int next = i + 1;
      while (next < top && (int) (index[next] >>> 32) == number) {
        next++;
      }
      Field f = java.util.Objects.requireNonNull(m.field(number));
      if (!f.oneof() || number == chosen) {
        first = field(m, f, i, next, depth, first);
      }
      i = next;
    }
    put('}');
    top = base;
    r.position(behind);
  }

  /** Whether the value has the wire type that belongs to the field; others are unknown fields. */
  private boolean fits(Field f) {
    return r.wireType() == f.type().wireType
        || f.repeated() && f.type().isPackable() && r.wireType() == ProtoReader.LENGTH;
  }

  /** Reads the value of an indexed field. */
  private void seek(int entry) {
    r.position((int) index[entry]);
    if (!r.next()) {
      throw new AssertionError("an indexed field is missing");
    }
  }

  private boolean field(Message m, Field f, int from, int to, int depth, boolean first) {
    if (!f.repeated()) {
      if (f.type() == Type.MESSAGE && to - from > 1) {
        name(f, first);
        merged(m.child(f), from, to, depth);
        return false;
      }
      seek(to - 1);
      if (!f.presence() && isDefault(f)) {
        return first;
      }
      seek(to - 1);
      name(f, first);
      value(m, f, depth);
      return false;
    }
    name(f, first);
    put('[');
    int start = size;
    for (int i = from; i < to; i++) {
      seek(i);
      if (f.type().isPackable()) {
        for (int outer = r.beginRepeated(f.type().wireType); r.moreRepeated(outer); ) {
          comma(start);
          number(f.type());
        }
      } else {
        comma(start);
        value(m, f, depth);
      }
    }
    put(']');
    return false;
  }

  private void comma(int start) {
    if (size > start) {
      put(',');
    }
  }

  /** A message split into several fields equals their concatenation. */
  private void merged(Message m, int from, int to, int depth) {
    ProtoWriter joined = new ProtoWriter();
    for (int i = from; i < to; i++) {
      seek(i);
      int n = r.readLength();
      joined.raw(r.buffer(), r.position(), n);
    }
    OtlpJsonWriter w = new OtlpJsonWriter(2 * joined.size() + 16);
    w.r.reset(joined.buffer(), 0, joined.size());
    w.message(m, depth + 1);
    bytes(w.out, 0, w.size);
  }

  private boolean isDefault(Field f) {
    return switch (f.type().wireType) {
      case ProtoReader.VARINT -> r.readVarint() == 0;
      case ProtoReader.FIXED64 -> r.rawFixed64() == 0;
      case ProtoReader.FIXED32 -> r.rawFixed32() == 0;
      default -> f.type() != Type.MESSAGE && r.readLength() == 0;
    };
  }

  private void name(Field f, boolean first) {
    if (!first) {
      put(',');
    }
    put('"');
    ascii(f.name());
    put('"');
    put(':');
  }

  private void value(Message m, Field f, int depth) {
    switch (f.type()) {
      case MESSAGE -> {
        int outer = r.enter();
        message(m.child(f), depth + 1);
        r.leave(outer);
      }
      case STRING -> {
        int n = r.readLength();
        int p = r.position();
        r.position(p + n);
        text(r.buffer(), p, n);
      }
      case ID16, ID8 -> {
        byte[] id = r.readBytes();
        room(2 * id.length + 2);
        out[size++] = '"';
        for (byte b : id) {
          out[size++] = HEX[b >> 4 & 15];
          out[size++] = HEX[b & 15];
        }
        out[size++] = '"';
      }
      case BYTES -> {
        byte[] b = Base64.getEncoder().encode(r.readBytes());
        put('"');
        bytes(b, 0, b.length);
        put('"');
      }
      default -> number(f.type());
    }
  }

  private void number(Type type) {
    switch (type) {
      case BOOL -> ascii(r.readVarint() != 0 ? "true" : "false");
      case ENUM, INDEX -> number((int) r.readVarint());
      case UINT32 -> number(r.readVarint() & 0xffff_ffffL);
      case SINT32 -> number((int) r.readSignedVarint());
      case FIXED32 -> number(r.rawFixed32() & 0xffff_ffffL);
      case INT64 -> quoted(r.readVarint());
      case SFIXED64 -> quoted(r.rawFixed64());
      case UINT64 -> unsigned(r.readVarint());
      case FIXED64 -> unsigned(r.rawFixed64());
      case DOUBLE -> number(r.rawDouble());
      default -> throw new AssertionError(type);
    }
  }

  private void quoted(long v) {
    put('"');
    number(v);
    put('"');
  }

  private void unsigned(long v) {
    if (v >= 0) {
      quoted(v);
    } else {
      put('"');
      ascii(Long.toUnsignedString(v));
      put('"');
    }
  }

  private void number(long v) {
    room(DecimalDigits.ROOM);
    size = DecimalDigits.write(out, size, v);
  }

  private void number(double v) {
    if (Double.isFinite(v)) {
      room(GoFloat.ROOM_G);
      size = GoFloat.writeG(out, size, v);
    } else {
      ascii(Double.isNaN(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    }
  }

  /** Writes text in quotes; bytes that are not UTF-8 become question marks. */
  private void text(byte[] b, int from, int length) {
    room(length + 2);
    out[size++] = '"';
    int start = size;
    boolean plain = true;
    for (int i = from; i < from + length; i++) {
      byte c = b[i];
      if (c >= ' ' && c != '"' && c != '\\') {
        out[size++] = c;
      } else if (c < 0) {
        plain = false;
        out[size++] = c;
      } else {
        escaped(c, from + length - i);
      }
    }
    if (!plain) {
      Utf8Bytes.repair(out, start, size);
    }
    put('"');
  }

  private void escaped(byte c, int remaining) {
    room(remaining + 6);
    out[size++] = '\\';
    switch (c) {
      case '"', '\\' -> out[size++] = c;
      case '\n' -> out[size++] = 'n';
      case '\r' -> out[size++] = 'r';
      case '\t' -> out[size++] = 't';
      default -> {
        out[size++] = 'u';
        out[size++] = '0';
        out[size++] = '0';
        out[size++] = HEX[c >> 4];
        out[size++] = HEX[c & 15];
      }
    }
  }

  private void room(int n) {
    if (out.length - size < n) {
      long want = Math.max((long) size + n, 2L * out.length);
      if ((long) size + n > ProtoWriter.MAX_SIZE) {
        throw new CodecException("OTLP JSON beyond " + ProtoWriter.MAX_SIZE + " bytes");
      }
      out = Arrays.copyOf(out, (int) Math.min(want, ProtoWriter.MAX_SIZE));
    }
  }

  private void put(char c) {
    room(1);
    out[size++] = (byte) c;
  }

  private void ascii(String s) {
    bytes(s.getBytes(StandardCharsets.US_ASCII), 0, s.length());
  }

  private void bytes(byte[] b, int from, int length) {
    room(length);
    System.arraycopy(b, from, out, size, length);
    size += length;
  }
}
