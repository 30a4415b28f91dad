package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Message;
import dev.tethys.model.telemetry.Utf8;
import org.jspecify.annotations.Nullable;

/** Writes the messages that all signals share; defaults are omitted. */
final class FieldWriter {
  private final ProtoWriter w;

  FieldWriter(ProtoWriter w) {
    this.w = w;
  }

  void unknown(Message m) {
    byte[] unknown = m.unknownFields();
    if (unknown != null) {
      w.raw(unknown, 0, unknown.length);
    }
  }

  /** Ends a message, or removes it if nothing was written into it. */
  void endUnlessEmpty(int begun) {
    if (w.size() == begun) {
      w.truncate(begun - 2); // a tag of one byte and the length
    } else {
      w.end(begun);
    }
  }

  void uint32(int field, int v) {
    if (v != 0) {
      w.int64(field, v & 0xffff_ffffL);
    }
  }

  void fixed32(int field, int v) {
    if (v != 0) {
      w.fixed32(field, v);
    }
  }

  void fixed64(int field, long v) {
    if (v != 0) {
      w.fixed64(field, v);
    }
  }

  void traceId(int field, long high, long low) {
    if ((high | low) != 0) {
      w.varint((long) field << 3 | 2).varint(16);
      w.rawFixed64(Long.reverseBytes(high)).rawFixed64(Long.reverseBytes(low));
    }
  }

  void spanId(int field, long id) {
    if (id != 0) {
      w.varint((long) field << 3 | 2).varint(8).rawFixed64(Long.reverseBytes(id));
    }
  }

  void attributes(int field, Attributes a) {
    for (int i = 0, n = a.size(); i < n; i++) {
      int m = w.begin(field);
      w.string(1, a.key(i));
      int v = w.begin(2);
      value(a.raw(i));
      w.end(v);
      w.end(m);
    }
  }

  /** Writes the content of an AnyValue. */
  void value(@Nullable Object v) {
    switch (v) {
      case null -> {
        // an empty value is an AnyValue without a field
      }
      case Utf8 u -> w.bytes(1, u.buffer(), u.offset(), u.length());
      case String s -> w.string(1, s);
      case Boolean b -> w.bool(2, b);
      case Long l -> w.int64(3, l);
      case Double d -> w.float64(4, d);
      case ArrayValue a -> {
        int m = w.begin(5);
        for (int i = 0, n = a.size(); i < n; i++) {
          int item = w.begin(1);
          value(a.raw(i));
          w.end(item);
        }
        w.end(m);
      }
      case Attributes a -> {
        int m = w.begin(6);
        attributes(1, a);
        w.end(m);
      }
      case byte[] b -> w.bytes(7, b);
      default -> throw new AssertionError("not a value of OTLP: " + v.getClass());
    }
  }
}
