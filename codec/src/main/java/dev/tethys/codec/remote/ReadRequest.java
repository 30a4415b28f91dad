package dev.tethys.codec.remote;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A remote read request.
 *
 * @param acceptedResponseTypes numbers in order of preference; empty means samples
 */
public record ReadRequest(List<Query> queries, List<Integer> acceptedResponseTypes) {
  /** Response type: one message with all samples. */
  public static final int SAMPLES = 0;

  /** Response type: a stream of frames with chunks. */
  public static final int STREAMED_XOR_CHUNKS = 1;

  /** More queries, matchers or response types are refused. */
  static final int MAX_PARTS = 10_000;

  /** One selection; times in Unix milliseconds, closed on both sides. */
  public record Query(long start, long end, List<Matcher> matchers, @Nullable Hints hints) {}

  /** Hints of the reader about the use of the samples. */
  public record Hints(
      long step,
      String function,
      long start,
      long end,
      List<String> grouping,
      boolean by,
      long range) {}

  /**
   * Decodes a decompressed request.
   *
   * @throws CodecException if it is malformed or a matcher's expression is not valid
   */
  public static ReadRequest decode(byte[] buf, int offset, int length) {
    ProtoReader r = new ProtoReader().reset(buf, offset, length);
    List<Query> queries = new ArrayList<>();
    List<Integer> accepted = new ArrayList<>();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          bounded(queries.size(), "queries");
          int outer = r.enter();
          queries.add(query(r));
          r.leave(outer);
        }
        case 2 -> {
          for (int outer = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(outer); ) {
            bounded(accepted.size(), "response types");
            accepted.add((int) r.readVarint());
          }
        }
        default -> r.skip();
      }
    }
    return new ReadRequest(List.copyOf(queries), List.copyOf(accepted));
  }

  private static void bounded(int size, String what) {
    if (size >= MAX_PARTS) {
      throw new CodecException("a read request with more than " + MAX_PARTS + " " + what);
    }
  }

  private static Query query(ProtoReader r) {
    long start = 0;
    long end = 0;
    List<Matcher> matchers = new ArrayList<>();
    Hints hints = null;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> start = r.readLong();
        case 2 -> end = r.readLong();
        case 3 -> {
          bounded(matchers.size(), "matchers");
          int outer = r.enter();
          matchers.add(matcher(r));
          r.leave(outer);
        }
        case 4 -> {
          int outer = r.enter();
          hints = hints(r);
          r.leave(outer);
        }
        default -> r.skip();
      }
    }
    return new Query(start, end, List.copyOf(matchers), hints);
  }

  private static Matcher matcher(ProtoReader r) {
    int type = 0;
    String name = "";
    String value = "";
    while (r.next()) {
      switch (r.field()) {
        case 1 -> type = r.readInt();
        case 2 -> name = r.readString();
        case 3 -> value = r.readString();
        default -> r.skip();
      }
    }
    if (type < 0 || type >= Matcher.Type.values().length) {
      throw new CodecException("invalid matcher type " + type);
    }
    try {
      return Matcher.of(Matcher.Type.values()[type], name, value);
    } catch (IllegalArgumentException e) {
      throw new CodecException(String.valueOf(e.getMessage()), e);
    }
  }

  private static Hints hints(ProtoReader r) {
    long step = 0;
    String function = "";
    long start = 0;
    long end = 0;
    List<String> grouping = new ArrayList<>();
    boolean by = false;
    long range = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> step = r.readLong();
        case 2 -> function = r.readString();
        case 3 -> start = r.readLong();
        case 4 -> end = r.readLong();
        case 5 -> {
          bounded(grouping.size(), "grouping labels");
          grouping.add(r.readString());
        }
        case 6 -> by = r.readBool();
        case 7 -> range = r.readLong();
        default -> r.skip();
      }
    }
    return new Hints(step, function, start, end, List.copyOf(grouping), by, range);
  }

  /** Encodes the request, not compressed. */
  public byte[] encode() {
    ProtoWriter w = new ProtoWriter();
    for (Query q : queries) {
      int m = w.begin(1);
      w.int64Unless0(1, q.start);
      w.int64Unless0(2, q.end);
      for (Matcher x : q.matchers) {
        int k = w.begin(3);
        w.int64Unless0(1, x.type().ordinal());
        w.stringUnlessEmpty(2, x.name());
        w.stringUnlessEmpty(3, x.value());
        w.end(k);
      }
      Hints h = q.hints;
      if (h != null) {
        int k = w.begin(4);
        w.int64Unless0(1, h.step);
        w.stringUnlessEmpty(2, h.function);
        w.int64Unless0(3, h.start);
        w.int64Unless0(4, h.end);
        h.grouping.forEach(g -> w.string(5, g));
        if (h.by) {
          w.bool(6, true);
        }
        w.int64Unless0(7, h.range);
        w.end(k);
      }
      w.end(m);
    }
    if (!acceptedResponseTypes.isEmpty()) {
      int m = w.begin(2);
      acceptedResponseTypes.forEach(w::varint);
      w.end(m);
    }
    return w.toByteArray();
  }
}
