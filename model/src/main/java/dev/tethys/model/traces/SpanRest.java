package dev.tethys.model.traces;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Fields not selected by any query, encoded as the bytes of one string: in most data they are the
 * same for all spans. The empty string means the default of each field.
 *
 * <pre>
 * numbers, each a uvarint of 32 bits: span: flags, dropped attributes, events, links; event: dropped
 *   attributes; link: flags, dropped attributes; resource, scope: dropped attributes
 * resource, scope: uvarint length, URL of the schema; uvarint length, unknown fields of the group
 * resource: uvarint entities, each: URL of the schema, type, uvarint keys of the id, each a key,
 *   uvarint keys of the description, each a key, unknown fields, all with a uvarint length before
 * rest: unknown fields
 * </pre>
 *
 * Unknown fields are protobuf fields with their tags. Not safe for several threads.
 */
public final class SpanRest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private boolean isSet;

  /** Starts a record. */
  public SpanRest begin() {
    out.reset();
    isSet = false;
    return this;
  }

  /** Adds a number. */
  public SpanRest number(int n) {
    isSet |= n != 0;
    uvarint(n);
    return this;
  }

  private void uvarint(int n) {
    int v = n;
    while ((v & ~0x7f) != 0) {
      out.write(v | 0x80);
      v >>>= 7;
    }
    out.write(v);
  }

  /** Adds a string. */
  public SpanRest text(String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    return sized(b);
  }

  /** Adds bytes with their length; returns null if none. */
  public SpanRest sized(byte @Nullable [] b) {
    byte[] bytes = b == null ? new byte[0] : b;
    isSet |= bytes.length > 0;
    uvarint(bytes.length);
    out.write(bytes, 0, bytes.length);
    return this;
  }

  /** Adds strings with their number. */
  public SpanRest list(List<String> all) {
    number(all.size());
    all.forEach(this::text);
    return this;
  }

  /** Ends the record with unknown fields, which may be null and returns its code. */
  public int end(byte @Nullable [] unknown, Texts texts) {
    if (unknown != null) {
      isSet |= unknown.length > 0;
      out.write(unknown, 0, unknown.length);
    }
    if (!isSet) {
      return 0;
    }
    byte[] b = out.toByteArray();
    return texts.add(b, 0, b.length);
  }

  /** Reader of a record; the default of each field when the record is empty. */
  public static final class Reader {
    private final ByteBuffer in;

    public Reader(Texts texts, int code) {
      in = ByteBuffer.wrap(texts.bytes(), texts.start(code), texts.length(code));
    }

    /** Next number. */
    public int number() {
      int v = 0;
      for (int shift = 0; shift < 35 && in.hasRemaining(); shift += 7) {
        byte b = in.get();
        v |= (b & 0x7f) << shift;
        if (b >= 0) {
          break;
        }
      }
      return v;
    }

    /** Next string. */
    public String text() {
      byte[] b = sized();
      return b == null ? "" : new String(b, StandardCharsets.UTF_8);
    }

    /** Next bytes; null if there are none. */
    public byte @Nullable [] sized() {
      int n = number();
      if (n < 0 || n > in.remaining()) {
        throw new BufferUnderflowException();
      }
      byte[] b = new byte[n];
      in.get(b);
      return n == 0 ? null : b;
    }

    /** Next strings. */
    public List<String> list() {
      List<String> out = new ArrayList<>();
      for (int n = number(); n > 0 && in.hasRemaining(); n--) {
        out.add(text());
      }
      return out;
    }

    /** Unknown fields; null if there are none. */
    public byte @Nullable [] unknown() {
      byte[] b = new byte[in.remaining()];
      in.get(b);
      return b.length == 0 ? null : b;
    }
  }
}
