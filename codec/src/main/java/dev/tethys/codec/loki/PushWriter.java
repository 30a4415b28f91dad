package dev.tethys.codec.loki;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes push requests ({@code logproto.PushRequest}, not compressed) entry by entry: entries are
 * encoded on arrival, stream by stream, and not kept otherwise. Not thread-safe.
 */
public final class PushWriter {
  /** Memory for more entries than this is not kept after a request was written. */
  private static final int KEPT = 4 << 20;

  /** Entries collected for one stream. */
  private static final class Stream {
    final String labels;
    final ProtoWriter entries;

    Stream(String labels, ProtoWriter entries) {
      this.labels = labels;
      this.entries = entries;
    }
  }

  private final Map<String, Stream> streams = new LinkedHashMap<>();
  private final ProtoWriter out = new ProtoWriter();
  private final Deque<ProtoWriter> spares = new ArrayDeque<>(); // of earlier requests
  private @Nullable Stream last;
  private int entries;
  private int bytes;

  /** Whether there is a stream of these labels already. */
  public boolean hasStream(String labels) {
    return streams.containsKey(labels);
  }

  /**
   * Adds an entry to a stream.
   *
   * @param labels labels in text form, {@code {a="b", c="d"}}
   * @param timestamp nanoseconds since 1970
   */
  public void add(String labels, long timestamp, String line, Labels metadata) {
    byte[] utf8 = line.getBytes(StandardCharsets.UTF_8);
    add(labels, timestamp, utf8, 0, utf8.length, metadata);
  }

  /** The same, of a line in UTF-8, which is copied. */
  public void add(
      String labels, long timestamp, byte[] line, int offset, int length, Labels metadata) {
    ProtoWriter w = stream(labels).entries;
    int before = w.size();
    long seconds = Math.floorDiv(timestamp, 1_000_000_000L);
    int nanos = (int) Math.floorMod(timestamp, 1_000_000_000L);
    // Sizes are known in advance, so that written bytes need not be moved.
    int time =
        (seconds == 0 ? 0 : 1 + ProtoWriter.varintSize(seconds))
            + (nanos == 0 ? 0 : 1 + ProtoWriter.varintSize(nanos));
    int size = 2 + time + (length == 0 ? 0 : 1 + ProtoWriter.varintSize(length) + length);
    boolean plain = metadata.isEmpty();
    int begun = 0;
    if (plain) {
      w.varint(2 << 3 | ProtoReader.LENGTH).varint(size);
    } else {
      begun = w.begin(2);
    }
    w.varint(1 << 3 | ProtoReader.LENGTH).varint(time);
    w.int64Unless0(1, seconds);
    w.int64Unless0(2, nanos);
    if (length > 0) {
      w.bytes(2, line, offset, length);
    }
    if (!plain) {
      metadata.forEachBytes(
          (b, no, nl, vo, vl) -> {
            int pair = w.begin(3);
            w.bytes(1, b, no, nl);
            w.bytes(2, b, vo, vl);
            w.end(pair);
          });
      w.end(begun);
    }
    entries++;
    bytes += w.size() - before;
  }

  private Stream stream(String labels) {
    Stream s = last;
    if (s != null && s.labels.equals(labels)) {
      return s;
    }
    s = streams.get(labels);
    if (s == null) {
      ProtoWriter w = spares.poll();
      s = new Stream(labels, w == null ? new ProtoWriter() : w);
      streams.put(labels, s);
    }
    last = s;
    return s;
  }

  /** Returns the number of entries. */
  public int entries() {
    return entries;
  }

  /** Returns the number of streams. */
  public int streams() {
    return streams.size();
  }

  /** The request. */
  public byte[] toByteArray() {
    return write().toByteArray();
  }

  /** The request, in space that is used again after {@link #clear()}. */
  public ProtoWriter write() {
    out.clear();
    out.reserve(bytes + 64 * streams.size() + 16);
    for (Stream s : streams.values()) {
      byte[] labels = s.labels.getBytes(StandardCharsets.UTF_8);
      int size = 1 + ProtoWriter.varintSize(labels.length) + labels.length + s.entries.size();
      out.varint(1 << 3 | ProtoReader.LENGTH).varint(size);
      out.bytes(1, labels);
      out.raw(s.entries.buffer(), 0, s.entries.size());
    }
    return out;
  }

  /** Removes all entries, keeping capacity for as many again, within bounds. */
  public void clear() {
    List<ProtoWriter> used = new ArrayList<>(spares);
    streams.values().forEach(s -> used.add(s.entries.clear()));
    used.sort(
        Comparator.comparingInt(w -> -w.buffer().length)); // a request begins with the largest
    spares.clear();
    int room = 0;
    for (ProtoWriter w : used) {
      room += w.buffer().length;
      if (room <= KEPT) {
        spares.add(w);
      } else {
        room -= w.buffer().length;
      }
    }
    streams.clear();
    last = null;
    out.clear();
    entries = 0;
    bytes = 0;
  }

  /** Whether it holds more memory than is worth keeping. */
  public boolean isLarge() {
    return out.buffer().length > KEPT;
  }

  /** One of the requests that another was cut into. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Part(byte[] body, int entries) {}

  /**
   * Splits a request into parts of at most {@code most} entries, in the same order.
   *
   * @throws dev.tethys.codec.CodecException if the request is malformed
   */
  public static List<Part> split(byte[] request, int most) {
    List<Part> out = new ArrayList<>();
    ProtoWriter part = new ProtoWriter(request.length / 2 + 64);
    int inPart = 0;
    ProtoReader r = new ProtoReader(request);
    while (r.next()) {
      if (r.field() != 1) {
        r.skip();
        continue;
      }
      int outer = r.enter();
      String labels = "{}";
      int stream = -1;
      while (r.next()) {
        if (r.field() == 1) {
          labels = r.readString();
          continue;
        }
        if (r.field() != 2) {
          r.skip();
          continue;
        }
        if (inPart == most) {
          if (stream >= 0) {
            part.end(stream);
            stream = -1;
          }
          out.add(new Part(part.toByteArray(), inPart));
          part.clear();
          inPart = 0;
        }
        if (stream < 0) {
          stream = part.begin(1);
          part.string(1, labels);
        }
        int length = r.readLength();
        part.bytes(2, r.buffer(), r.position(), length);
        r.position(r.position() + length);
        inPart++;
      }
      if (stream >= 0) {
        part.end(stream);
      }
      r.leave(outer);
    }
    if (inPart > 0) {
      out.add(new Part(part.toByteArray(), inPart));
    }
    return out;
  }
}
