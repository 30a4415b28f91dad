package dev.tethys.pipeline.archive;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.Signal;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Summary of a request in the index of an archive.
 *
 * <p>Format, numbers are big-endian: signal (1 byte, its ordinal), time of writing (8, Unix
 * milliseconds), earliest and latest time of an item (8 each, Unix nanoseconds), items (4), number
 * of attributes (2); for each attribute its key, whether there are more values than listed (1),
 * number of values (2), and the values. Keys and values are modified UTF-8 with a length prefix of
 * two bytes.
 *
 * @param items log records, spans, data points or samples
 * @param writtenMillis time of archiving
 * @param minNanos 0 if no item has a time
 * @param maxNanos 0 if no item has a time
 * @param values values of resource attributes by key; a resource without the attribute has none
 */
public record RequestSummary(
    Signal signal,
    int items,
    long writtenMillis,
    long minNanos,
    long maxNanos,
    Map<String, Values> values) {
  /** Maximum number of separate values of an attribute. */
  static final int MAX_VALUES = 64;

  /** Maximum length of a stored value. */
  static final int MAX_LENGTH = 256;

  /**
   * Attribute values.
   *
   * @param more whether there are unlisted values
   */
  public record Values(List<String> listed, boolean more) {
    public Values {
      listed = List.copyOf(listed);
    }

    boolean mayHave(String value) {
      return more || listed.contains(value);
    }
  }

  byte[] write() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(signal.ordinal());
      out.writeLong(writtenMillis);
      out.writeLong(minNanos);
      out.writeLong(maxNanos);
      out.writeInt(items);
      out.writeShort(values.size());
      for (Map.Entry<String, Values> e : values.entrySet()) {
        out.writeUTF(e.getKey());
        out.writeBoolean(e.getValue().more());
        out.writeShort(e.getValue().listed().size());
        for (String v : e.getValue().listed()) {
          out.writeUTF(v);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads a summary.
   *
   * @throws IOException if the bytes are not one
   */
  static RequestSummary read(DataInputStream in) throws IOException {
    int signal = in.readUnsignedByte();
    if (signal >= Signal.values().length) {
      throw new IOException("unknown signal " + signal);
    }
    long written = in.readLong();
    long min = in.readLong();
    long max = in.readLong();
    int items = in.readInt();
    Map<String, Values> values = new LinkedHashMap<>();
    for (int n = in.readUnsignedShort(); n > 0; n--) {
      String key = in.readUTF();
      boolean more = in.readBoolean();
      List<String> listed = new ArrayList<>();
      for (int v = in.readUnsignedShort(); v > 0; v--) {
        listed.add(in.readUTF());
      }
      values.put(key, new Values(listed, more));
    }
    return new RequestSummary(Signal.values()[signal], items, written, min, max, values);
  }

  /** Summary of a request, and whether it contains replayed data. */
  public record Scanned(RequestSummary summary, boolean replayed) {}

  /**
   * Summarizes an OTLP request without decoding it.
   *
   * @param keys resource attributes in the index
   * @throws CodecException if the bytes are not a request
   */
  public static Scanned of(
      Signal signal, byte[] body, int items, long writtenMillis, List<String> keys) {
    RequestScan scan = new RequestScan(signal, keys);
    scan.read(body);
    return new Scanned(
        new RequestSummary(
            signal, items, writtenMillis, scan.minNanos(), scan.maxNanos(), scan.values()),
        scan.isReplayed());
  }

  /** Whether the request may contain items of a selection. */
  boolean mayMatch(ArchiveSelection s) {
    if (!s.signals().contains(signal)) {
      return false;
    }
    long min = minNanos == 0 ? writtenMillis * 1_000_000 : minNanos;
    long max = maxNanos == 0 ? writtenMillis * 1_000_000 : maxNanos;
    if (max < s.fromNanos() || min >= s.untilNanos()) {
      return false;
    }
    for (Map.Entry<String, String> e : s.attributes().entrySet()) {
      @Nullable Values v = values.get(e.getKey());
      if (v != null && !v.mayHave(e.getValue())) {
        return false;
      }
    }
    return true;
  }
}
