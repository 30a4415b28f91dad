package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpSchema.Field;
import dev.tethys.codec.otlp.wire.OtlpSchema.Message;
import dev.tethys.codec.otlp.wire.OtlpSchema.Type;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.Utf8Bytes;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.guard.RequestMemory.Elements;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Validates requests up to their last field without decoding them. Bytes that are forwarded, joined
 * with those of other senders, must be readable by every protobuf reader: otherwise one malformed
 * record would cost a whole batch at a later receiver.
 *
 * <p>Indices into the dictionary of profiles must refer to entries, so that dictionaries can be
 * joined; an entry 0 is optional.
 *
 * <p>Text that is not UTF-8 is repaired in place: each invalid byte becomes a question mark. Strict
 * readers refuse the entire message for one such byte; it comes from log shippers that do not know
 * the encoding of their input.
 *
 * <p>The memory of the decoded items is charged to {@link RequestMemory}, since an item without
 * fields takes only two bytes here.
 */
public final class OtlpCheck {
  /** Messages nested deeper are refused, as readers of protobuf in C++ and Java do. */
  public static final int MAX_DEPTH = 100;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final ProtoReader r = new ProtoReader();
  private final int[] entries = new int[OtlpSchema.TABLES.size() + 1];
  private final int[] highest = new int[OtlpSchema.TABLES.size() + 1];
  private final Elements messages = new Elements(RequestMemory.VALUE_BYTES);
  private final Elements itemMemory = new Elements(RequestMemory.ITEM_BYTES);
  private int items;

  private OtlpCheck() {}

  /**
   * Checks a request, and repairs its text.
   *
   * @param buf must not be shared yet
   * @return number of items: log records, spans, data points or profile samples
   * @throws CodecException if it is malformed, with the position
   */
  public static int check(OtlpSignal signal, byte[] buf, int offset, int length) {
    OtlpCheck c = new OtlpCheck();
    c.r.reset(buf, offset, length);
    c.message(signal.message(), 1);
    c.messages.end();
    c.itemMemory.end();
    if (signal == OtlpSignal.PROFILES) {
      c.indices();
    }
    return c.items;
  }

  private void indices() {
    for (int t = 1; t < entries.length; t++) {
      if (highest[t] > 0 && highest[t] >= entries[t]) {
        throw new CodecException(
            "OTLP: index "
                + highest[t]
                + " of "
                + OtlpSchema.TABLES.get(t - 1)
                + ", which has "
                + entries[t]
                + " entries");
      }
    }
  }

  private void message(Message m, int depth) {
    if (depth > MAX_DEPTH) {
      throw new CodecException("OTLP: messages nested deeper than " + MAX_DEPTH);
    }
    messages.add();
    if (m.item) {
      itemMemory.add();
      items++;
    }
    ProtoReader r = this.r;
    int data = 0;
    boolean dictionary = m.name.equals("ProfilesDictionary");
    while (r.next()) {
      Field f = m.field(r.field());
      if (f == null) {
        r.skip();
        continue;
      }
      if (dictionary) {
        entries[f.number()]++;
      }
      Type type = f.type();
      if (r.wireType() != type.wireType) {
        if (f.repeated() && type.isPackable() && r.wireType() == ProtoReader.LENGTH) {
          packed(f);
          continue;
        }
        throw r.malformed("wire type " + r.wireType() + " for " + m.name + "." + f.name());
      }
      switch (type) {
        case MESSAGE -> {
          if (f.oneof() && m.name.equals("Metric")) {
            if (data != 0 && data != f.number()) {
              throw r.malformed("a metric with data of two kinds");
            }
            data = f.number();
          }
          int outer = r.enter();
          message(m.child(f), depth + 1);
          r.leave(outer);
        }
        case STRING -> text();
        case ID16 -> id(m, f, 16);
        case ID8 -> id(m, f, 8);
        case INDEX -> index(f);
        default -> r.skip();
      }
    }
  }

  private void index(Field f) {
    long i = r.readVarint();
    if (i < 0 || i > Integer.MAX_VALUE) {
      throw r.malformed("the index " + f.name() + " is " + i);
    }
    highest[f.table()] = Math.max(highest[f.table()], (int) i);
  }

  private void packed(Field f) {
    int outer = r.enter();
    while (!r.atEnd()) {
      if (f.table() > 0) {
        index(f);
        continue;
      }
      switch (f.type().wireType) {
        case ProtoReader.VARINT -> r.readVarint();
        case ProtoReader.FIXED32 -> r.rawFixed32();
        default -> r.rawFixed64();
      }
    }
    r.leave(outer);
  }

  private void id(Message m, Field f, int length) {
    int n = r.readLength();
    if (n != 0 && n != length) {
      throw r.malformed(m.name + "." + f.name() + " of " + n + " bytes, must be " + length);
    }
    r.position(r.position() + n);
  }

  private void text() {
    int n = r.readLength();
    int p = r.position();
    int end = p + n;
    r.position(end);
    byte[] b = r.buffer();
    while (end - p >= 8) {
      if (((long) LONG.get(b, p) & 0x8080808080808080L) != 0) {
        Utf8Bytes.repair(b, p, end);
        return;
      }
      p += 8;
    }
    for (; p < end; p++) {
      if (b[p] < 0) {
        Utf8Bytes.repair(b, p, end);
        return;
      }
    }
  }
}
