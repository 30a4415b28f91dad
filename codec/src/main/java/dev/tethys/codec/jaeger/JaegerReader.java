package dev.tethys.codec.jaeger;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.jaeger.JaegerSpan.Log;
import dev.tethys.codec.jaeger.JaegerSpan.Process;
import dev.tethys.codec.jaeger.JaegerSpan.Reference;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.thrift.ThriftReader;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.Attributes;
import org.jspecify.annotations.Nullable;

/**
 * Reads batches of Jaeger's spans. Sources: jaeger-idl's {@code jaeger.thrift}, {@code
 * agent.thrift} and {@code api_v2/model.proto}, {@code collector.proto}.
 */
public final class JaegerReader {
  private JaegerReader() {}

  /**
   * Reads a datagram to an agent: a call of {@code emitBatch}.
   *
   * @throws CodecException if it is malformed or another call
   */
  public static JaegerBatch datagram(byte[] buf, int offset, int length, boolean compact) {
    ThriftReader r = new ThriftReader(buf, offset, length, compact);
    String name = r.beginMessage();
    if (!name.equals("emitBatch")) {
      throw new CodecException("jaeger: a call of emitBatch expected, not of " + name);
    }
    JaegerBatch batch = new JaegerBatch();
    r.beginStruct();
    while (r.nextField()) {
      if (r.id() == 1) {
        batch(r, batch);
      } else {
        r.skip();
      }
    }
    r.endStruct();
    return batch;
  }

  /**
   * Reads the body of {@code /api/traces}: a Batch in the binary protocol.
   *
   * @throws CodecException if it is malformed
   */
  public static JaegerBatch thrift(byte[] buf, int offset, int length) {
    JaegerBatch batch = new JaegerBatch();
    batch(new ThriftReader(buf, offset, length, false), batch);
    return batch;
  }

  private static void batch(ThriftReader r, JaegerBatch batch) {
    r.beginStruct();
    while (r.nextField()) {
      switch (r.id()) {
        case 1 -> batch.process(process(r));
        case 2 -> {
          int n = r.beginList(ThriftReader.STRUCT);
          for (int i = 0; i < n; i++) {
            batch.add(span(r));
          }
        }
        default -> r.skip();
      }
    }
    r.endStruct();
  }

  private static Process process(ThriftReader r) {
    Process p = new Process();
    r.beginStruct();
    while (r.nextField()) {
      switch (r.id()) {
        case 1 -> p.service = r.readString();
        case 2 -> tags(r, p.tags);
        default -> r.skip();
      }
    }
    r.endStruct();
    return p;
  }

  private static JaegerSpan span(ThriftReader r) {
    RequestMemory.chargeItem();
    JaegerSpan s = new JaegerSpan();
    r.beginStruct();
    while (r.nextField()) {
      switch (r.id()) {
        case 1 -> s.traceLow = r.readI64();
        case 2 -> s.traceHigh = r.readI64();
        case 3 -> s.id = r.readI64();
        case 4 -> s.parent = r.readI64();
        case 5 -> s.name = r.readString();
        case 6 -> {
          int n = r.beginList(ThriftReader.STRUCT);
          for (int i = 0; i < n; i++) {
            s.references.add(reference(r));
          }
        }
        case 7 -> s.flags = r.readI32();
        case 8 -> s.start = r.readI64() * 1000;
        case 9 -> s.duration = r.readI64() * 1000;
        case 10 -> tags(r, s.tags);
        case 11 -> {
          int n = r.beginList(ThriftReader.STRUCT);
          for (int i = 0; i < n; i++) {
            s.logs.add(log(r));
          }
        }
        default -> r.skip();
      }
    }
    r.endStruct();
    return s;
  }

  private static Reference reference(ThriftReader r) {
    int type = 0;
    long low = 0;
    long high = 0;
    long id = 0;
    r.beginStruct();
    while (r.nextField()) {
      switch (r.id()) {
        case 1 -> type = r.readI32();
        case 2 -> low = r.readI64();
        case 3 -> high = r.readI64();
        case 4 -> id = r.readI64();
        default -> r.skip();
      }
    }
    r.endStruct();
    return new Reference(type == 0, high, low, id);
  }

  private static Log log(ThriftReader r) {
    long time = 0;
    Attributes fields = new Attributes();
    r.beginStruct();
    while (r.nextField()) {
      switch (r.id()) {
        case 1 -> time = r.readI64() * 1000;
        case 2 -> tags(r, fields);
        default -> r.skip();
      }
    }
    r.endStruct();
    return new Log(time, fields);
  }

  private static void tags(ThriftReader r, Attributes to) {
    int n = r.beginList(ThriftReader.STRUCT);
    for (int i = 0; i < n; i++) {
      String key = "";
      int type = 0;
      @Nullable Object[] values = new Object[5];
      r.beginStruct();
      while (r.nextField()) {
        switch (r.id()) {
          case 1 -> key = r.readString();
          case 2 -> type = r.readI32();
          case 3 -> values[0] = r.readString();
          case 4 -> values[1] = r.readDouble();
          case 5 -> values[2] = r.readBool();
          case 6 -> values[3] = r.readI64();
          case 7 -> values[4] = r.readBinary();
          default -> r.skip();
        }
      }
      r.endStruct();
      Object v = type >= 0 && type < values.length ? values[type] : null;
      to.put(key, v == null ? "" : v);
    }
  }

  /**
   * Reads {@code jaeger.api_v2.PostSpansRequest}.
   *
   * @throws CodecException if it is malformed
   */
  public static JaegerBatch protobuf(byte[] buf, int offset, int length) {
    JaegerBatch batch = new JaegerBatch();
    ProtoReader r = new ProtoReader().reset(buf, offset, length);
    while (r.next()) {
      if (r.field() == 1) {
        int outer = r.enter();
        while (r.next()) {
          switch (r.field()) {
            case 1 -> batch.add(span(r));
            case 2 -> batch.process(process(r));
            default -> r.skip();
          }
        }
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    return batch;
  }

  /**
   * Reads {@code jaeger.api_v2.Span}, which contains its process: the format that Jaeger writes to
   * Kafka.
   *
   * @throws CodecException if it is malformed
   */
  public static JaegerBatch span(byte[] buf, int offset, int length) {
    JaegerBatch batch = new JaegerBatch();
    batch.add(fields(new ProtoReader().reset(buf, offset, length)));
    return batch;
  }

  /**
   * Reads the same as protobuf's JSON.
   *
   * @throws CodecException if it is malformed
   */
  public static JaegerBatch jsonSpan(byte[] buf, int offset, int length) {
    JaegerBatch batch = new JaegerBatch();
    batch.add(JaegerJson.span(buf, offset, length));
    return batch;
  }

  private static Process process(ProtoReader r) {
    Process p = new Process();
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> p.service = r.readString();
        case 2 -> tag(r, p.tags);
        default -> r.skip();
      }
    }
    r.leave(outer);
    return p;
  }

  /** The last eight bytes of an ID, or the ones before them; shorter IDs are padded with zeros. */
  private static long word(byte[] b, int fromEnd) {
    long v = 0;
    for (int i = Math.max(0, b.length - fromEnd - 8); i < b.length - fromEnd; i++) {
      v = v << 8 | b[i] & 0xff;
    }
    return v;
  }

  private static JaegerSpan span(ProtoReader r) {
    int outer = r.enter();
    JaegerSpan s = fields(r);
    r.leave(outer);
    return s;
  }

  private static JaegerSpan fields(ProtoReader r) {
    RequestMemory.chargeItem();
    JaegerSpan s = new JaegerSpan();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          byte[] b = r.readBytes();
          if (b.length > 16) {
            s.problem = "a trace id of " + b.length + " bytes, 16 expected";
          }
          s.traceHigh = word(b, 8);
          s.traceLow = word(b, 0);
        }
        case 2 -> s.id = word(r.readBytes(), 0);
        case 3 -> s.name = r.readString();
        case 4 -> s.references.add(reference(r));
        case 5 -> s.flags = r.readInt();
        case 6 -> s.start = time(r);
        case 7 -> s.duration = time(r);
        case 8 -> tag(r, s.tags);
        case 9 -> {
          int o = r.enter();
          long time = 0;
          Attributes fields = new Attributes();
          while (r.next()) {
            switch (r.field()) {
              case 1 -> time = time(r);
              case 2 -> tag(r, fields);
              default -> r.skip();
            }
          }
          r.leave(o);
          s.logs.add(new Log(time, fields));
        }
        case 10 -> s.process = process(r);
        default -> r.skip();
      }
    }
    return s;
  }

  private static Reference reference(ProtoReader r) {
    int outer = r.enter();
    byte[] trace = {};
    byte[] span = {};
    int type = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> trace = r.readBytes();
        case 2 -> span = r.readBytes();
        case 3 -> type = r.readInt();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new Reference(type == 0, word(trace, 8), word(trace, 0), word(span, 0));
  }

  /** A Timestamp or a Duration in nanoseconds. */
  private static long time(ProtoReader r) {
    int outer = r.enter();
    long seconds = 0;
    long nanos = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> seconds = r.readLong();
        case 2 -> nanos = r.readLong();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return seconds * 1_000_000_000 + nanos;
  }

  private static void tag(ProtoReader r, Attributes to) {
    int outer = r.enter();
    String key = "";
    int type = 0;
    // Defaults are not sent; each type has one.
    Object[] values = {"", false, 0L, 0.0, new byte[0]};
    while (r.next()) {
      switch (r.field()) {
        case 1 -> key = r.readString();
        case 2 -> type = r.readInt();
        case 3 -> values[0] = r.readString();
        case 4 -> values[1] = r.readBool();
        case 5 -> values[2] = r.readLong();
        case 6 -> values[3] = r.readDouble();
        case 7 -> values[4] = r.readBytes();
        default -> r.skip();
      }
    }
    r.leave(outer);
    to.put(key, type >= 0 && type < values.length ? values[type] : "");
  }
}
