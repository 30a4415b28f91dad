package dev.tethys.codec.loki;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes push requests ({@code logproto.PushRequest}, not compressed) entry by entry: entries are
 * encoded when they come, stream by stream, so that nothing else is kept of them. Not for several
 * threads at once.
 */
public final class PushWriter {
  /** The entries of one stream. */
  private static final class Stream {
    final ProtoWriter entries = new ProtoWriter();
  }

  private final Map<String, Stream> streams = new LinkedHashMap<>();
  private int entries;
  private int bytes;

  /** Whether there is a stream of these labels already. */
  public boolean hasStream(String labels) {
    return streams.containsKey(labels);
  }

  /**
   * Adds an entry to a stream.
   *
   * @param labels as text, {@code {a="b", c="d"}}
   * @param timestamp nanoseconds since 1970
   */
  public void add(String labels, long timestamp, String line, Labels metadata) {
    ProtoWriter w = streams.computeIfAbsent(labels, l -> new Stream()).entries;
    int before = w.size();
    int entry = w.begin(2);
    int time = w.begin(1);
    w.int64Unless0(1, Math.floorDiv(timestamp, 1_000_000_000L));
    w.int64Unless0(2, Math.floorMod(timestamp, 1_000_000_000L));
    w.end(time);
    w.stringUnlessEmpty(2, line);
    if (!metadata.isEmpty()) {
      metadata.forEachBytes(
          (b, no, nl, vo, vl) -> {
            int pair = w.begin(3);
            w.bytes(1, b, no, nl);
            w.bytes(2, b, vo, vl);
            w.end(pair);
          });
    }
    w.end(entry);
    entries++;
    bytes += w.size() - before;
  }

  /** How many entries it has. */
  public int entries() {
    return entries;
  }

  /** How many streams it has. */
  public int streams() {
    return streams.size();
  }

  /** About how many bytes its entries take. */
  public int bytes() {
    return bytes;
  }

  /** The request. */
  public byte[] toByteArray() {
    ProtoWriter out = new ProtoWriter(bytes + 64 * streams.size() + 16);
    streams.forEach(
        (labels, s) -> {
          int stream = out.begin(1);
          out.string(1, labels);
          out.raw(s.entries.buffer(), 0, s.entries.size());
          out.end(stream);
        });
    return out.toByteArray();
  }

  /** One of the requests that another was cut into. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Part(byte[] body, int entries) {}

  /**
   * Cuts a request into ones with so many entries at most, in the same order.
   *
   * @throws dev.tethys.codec.CodecException when it is malformed
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
