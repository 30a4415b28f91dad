package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Message;
import dev.tethys.model.telemetry.ProfileDictionary;
import dev.tethys.model.telemetry.Utf8;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads the messages that all signals share. For one request. */
final class FieldReader {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final VarHandle BIG_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  final ProtoReader r = new ProtoReader();
  private final NameCache names;

  /** Dictionary for resolving attribute references; null if there is none. */
  @Nullable ProfileDictionary dictionary;

  private @Nullable DictionaryEntries entries;

  FieldReader(NameCache names, byte[] buf, int offset, int length) {
    this.names = names;
    r.reset(buf, offset, length);
  }

  /** Text with few different values. */
  String name() {
    int n = r.readLength();
    int p = r.position();
    r.position(p + n);
    return names.get(r.buffer(), p, n);
  }

  /** Reads a string without copying it. */
  private Object text() {
    int n = r.readLength();
    int p = r.position();
    r.position(p + n);
    return n == 0 ? "" : new Utf8(r.buffer(), p, n);
  }

  /** Keeps the field at the reader's position. */
  void unknown(Message m) {
    int from = r.fieldStart();
    r.skip();
    byte[] had = m.unknownFields();
    int n = r.position() - from;
    byte[] all = had == null ? new byte[n] : Arrays.copyOf(had, had.length + n);
    System.arraycopy(r.buffer(), from, all, all.length - n, n);
    m.setUnknownFields(all);
  }

  /**
   * Position of the sixteen bytes of a trace ID, or -1 for an empty one.
   *
   * @throws CodecException if the field is neither empty nor sixteen bytes long
   */
  int traceId() {
    return id(16);
  }

  long high(int traceId) {
    return traceId < 0 ? 0 : (long) BIG_ENDIAN.get(r.buffer(), traceId);
  }

  long low(int traceId) {
    return traceId < 0 ? 0 : (long) BIG_ENDIAN.get(r.buffer(), traceId + 8);
  }

  long spanId() {
    int at = id(8);
    return at < 0 ? 0 : (long) BIG_ENDIAN.get(r.buffer(), at);
  }

  private int id(int length) {
    int n = r.readLength();
    int p = r.position();
    if (n != 0 && n != length) {
      throw r.malformed("an id of " + n + " bytes, must be " + length);
    }
    r.position(p + n);
    return n == 0 ? -1 : p;
  }

  /** Value of the KeyValue that the reader is at. */
  @Nullable Object attributeValue() {
    Attributes one = new Attributes();
    attribute(one, 0);
    return one.raw(0);
  }

  /** Adds the KeyValue at the reader's position. */
  void attribute(Attributes to) {
    attribute(to, 0);
  }

  private void attribute(Attributes to, int depth) {
    String key = "";
    Object value = null;
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> key = name();
        case 2 << 3 | LENGTH -> {
          int inner = r.enter();
          value = value(value, depth + 1);
          r.leave(inner);
        }
        case 3 << 3 | ProtoReader.VARINT -> {
          Object k = referred(key);
          key = k == null ? key : k.toString();
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
    to.add(key, value);
  }

  /**
   * Reads the AnyValue at the reader's position.
   *
   * @param had the value read before, which is continued as protobuf merges messages
   */
  @Nullable Object value(@Nullable Object had) {
    int outer = r.enter();
    Object v = value(had, 0);
    r.leave(outer);
    return v;
  }

  private @Nullable Object value(@Nullable Object had, int depth) {
    if (depth > OtlpCheck.MAX_DEPTH) {
      throw new CodecException("OTLP: values nested deeper than " + OtlpCheck.MAX_DEPTH);
    }
    Object v = had;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> v = text();
        case 2 << 3 | ProtoReader.VARINT -> v = r.readBool();
        case 3 << 3 | ProtoReader.VARINT -> v = r.readLong();
        case 4 << 3 | ProtoReader.FIXED64 -> v = r.readDouble();
        case 5 << 3 | LENGTH -> {
          ArrayValue list = v instanceof ArrayValue a ? a : new ArrayValue();
          list(list, depth + 1);
          v = list;
        }
        case 6 << 3 | LENGTH -> {
          Attributes map = v instanceof Attributes a ? a : new Attributes();
          map(map, depth + 1);
          v = map;
        }
        case 7 << 3 | LENGTH -> v = r.readBytes();
        case 8 << 3 | ProtoReader.VARINT -> v = referred(v);
        default -> r.skip();
      }
    }
    return v;
  }

  /** Resolves a reference to a text; it is ignored without a dictionary. */
  private @Nullable Object referred(@Nullable Object had) {
    int index = r.readInt();
    if (dictionary == null) {
      return had;
    }
    if (entries == null) {
      entries = new DictionaryEntries(dictionary.message());
    }
    return entries.text(index);
  }

  private void list(ArrayValue to, int depth) {
    int outer = r.enter();
    while (r.next()) {
      if (r.tag() == (1 << 3 | LENGTH)) {
        int inner = r.enter();
        to.add(value(null, depth + 1));
        r.leave(inner);
      } else {
        r.skip();
      }
    }
    r.leave(outer);
  }

  private void map(Attributes to, int depth) {
    int outer = r.enter();
    while (r.next()) {
      if (r.tag() == (1 << 3 | LENGTH)) {
        attribute(to, depth + 1);
      } else {
        r.skip();
      }
    }
    r.leave(outer);
  }
}
