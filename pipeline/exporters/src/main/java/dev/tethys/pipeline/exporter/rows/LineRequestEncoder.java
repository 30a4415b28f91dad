package dev.tethys.pipeline.exporter.rows;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Encodes requests of concatenated rows, mostly lines of text, compressed, and splits them again
 * when the destination names rejected rows.
 *
 * @param frame framing of rows in a request
 * @param contentType "" for none
 * @param auth provides headers that depend on the batch; null if none
 */
public record LineRequestEncoder(
    Compression compression, int level, Frame frame, String contentType, @Nullable ClientAuth auth)
    implements RowRequestEncoder.Envelope {
  private static final String ENCODING = "content-encoding";
  private static final int MAX_SPLIT = 1 << 29;

  /**
   * Creates an encoder for line-based requests.
   *
   * @param linesEach lines per row: 1, or 2 if an action precedes each document
   */
  public LineRequestEncoder(
      Compression compression,
      int level,
      int linesEach,
      String contentType,
      @Nullable ClientAuth auth) {
    this(compression, level, new Frame.Lines(linesEach), contentType, auth);
  }

  @Override
  public Map<String, String> headers(Batch batch) {
    Map<String, String> h = new LinkedHashMap<>();
    if (auth != null) {
      h.putAll(auth.headers(batch.metadata()));
    }
    if (!contentType.isEmpty()) {
      h.put("content-type", contentType);
    }
    if (compression != Compression.NONE) {
      h.put(ENCODING, compression.word());
    }
    return h;
  }

  @Override
  public byte[] seal(byte[] rows) {
    return compressed(compression, frame.wrap(rows));
  }

  private byte[] compressed(Compression by, byte[] request) {
    return by == Compression.NONE ? request : by.compress(request, 0, request.length, level);
  }

  /** Headers that go over the wire: all but those for the sender itself. */
  public static Map<String, String> sent(EncodedRequest p) {
    Map<String, String> h = new LinkedHashMap<>(p.headers());
    h.keySet().removeIf(k -> k.startsWith("tethys-"));
    return h;
  }

  /** Rows of a request, with their positions. */
  public Opened open(EncodedRequest p) {
    Compression c = Compression.named(p.headers().getOrDefault(ENCODING, ""));
    if (c == null) {
      throw new CodecException("unknown compression of the request");
    }
    byte[] text =
        c == Compression.NONE ? p.body() : c.decompress(p.body(), 0, p.body().length, MAX_SPLIT);
    return new Opened(p, c, frame.unwrap(text));
  }

  /**
   * Halves of a request; empty if it has one item or cannot be decoded.
   *
   * @param reason reason for the split
   * @return {@link SendResult.Permanent} if it cannot be split
   */
  public SendResult halves(EncodedRequest p, String reason) {
    if (p.items() < 2) {
      return new SendResult.Permanent(reason);
    }
    try {
      Opened o = open(p);
      BitSet first = new BitSet();
      first.set(0, p.items() / 2);
      BitSet second = new BitSet();
      second.set(p.items() / 2, p.items());
      return new SendResult.Split(List.of(o.part(first), o.part(second)), reason);
    } catch (CodecException e) {
      return new SendResult.Permanent(reason);
    }
  }

  /** A parsed request. */
  public final class Opened {
    private final EncodedRequest request;
    private final Compression compressed;
    private final byte[] text;
    private final RowIndex index;
    private final int[] starts;

    private Opened(EncodedRequest p, Compression compressed, byte[] text) {
      this.request = p;
      this.compressed = compressed;
      this.text = text;
      this.index = RowIndex.of(p.headers().getOrDefault(RowIndex.HEADER, ""), p.items());
      this.starts = new int[index.rows() + 1];
      int at = 0;
      for (int row = 0; row < index.rows(); row++) {
        starts[row] = at;
        at = frame.end(text, at);
      }
      if (at != text.length) {
        throw new CodecException("the number of rows differs from the declared one");
      }
      starts[index.rows()] = at;
    }

    public RowIndex index() {
      return index;
    }

    /** Returns all lines, each with its terminator. Not to be changed. */
    public byte[] text() {
      return text;
    }

    /** Returns other rows as a body with the compression of this request. */
    public byte[] sealed(byte[] rows) {
      return compressed(compressed, frame.wrap(rows));
    }

    /** Returns a row without its trailing newline. */
    public String row(int row) {
      int size = starts[row + 1] - starts[row] - frame.trailer();
      return new String(text, starts[row], size, StandardCharsets.UTF_8);
    }

    /**
     * Returns the same request with some rows replaced.
     *
     * @param rows replacement rows by row number, each without its trailing newline
     */
    public Opened with(Map<Integer, String> rows) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (int row = 0; row < index.rows(); row++) {
        String other = rows.get(row);
        if (other == null) {
          out.write(text, starts[row], starts[row + 1] - starts[row]);
        } else {
          out.writeBytes(other.getBytes(StandardCharsets.UTF_8));
          out.write(text, starts[row + 1] - frame.trailer(), frame.trailer());
        }
      }
      byte[] body = compressed(compressed, frame.wrap(out.toByteArray()));
      return open(
          new EncodedRequest(
              request.signal(), body, request.items(), request.lane(), request.headers()));
    }

    /** Returns a request with some of the items. */
    public EncodedRequest part(BitSet items) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      RowIndex.Writer rows = new RowIndex.Writer();
      for (int i = items.nextSetBit(0); i >= 0; i = items.nextSetBit(i + 1)) {
        int from = starts[index.first(i)];
        out.write(text, from, starts[index.end(i)] - from);
        rows.item(index.end(i) - index.first(i));
      }
      Map<String, String> h = new LinkedHashMap<>(request.headers());
      h.remove(RowIndex.HEADER);
      String header = rows.take();
      if (!header.isEmpty()) {
        h.put(RowIndex.HEADER, header);
      }
      byte[] body = compressed(compressed, frame.wrap(out.toByteArray()));
      return new EncodedRequest(request.signal(), body, items.cardinality(), request.lane(), h);
    }

    /**
     * Returns the result if some rows were rejected permanently and others are to be retried.
     *
     * @param refused reason by row; other rows were accepted or are in {@code again}
     * @param again rows to retry
     * @param later time and reason of a retry
     */
    public SendResult sorted(
        Map<Integer, String> refused, BitSet again, SendResult.@Nullable Retryable later) {
      Map<String, BitSet> bad = new LinkedHashMap<>();
      BitSet gone = new BitSet();
      refused.forEach(
          (row, reason) -> {
            int item = index.item(row);
            if (!gone.get(item)) {
              gone.set(item);
              bad.computeIfAbsent(reason, r -> new BitSet()).set(item);
            }
          });
      BitSet retried = new BitSet();
      for (int row = again.nextSetBit(0); row >= 0; row = again.nextSetBit(row + 1)) {
        retried.set(index.item(row));
      }
      retried.andNot(gone);
      List<SendResult.Refused> letters = new ArrayList<>();
      bad.forEach((reason, items) -> letters.add(new SendResult.Refused(part(items), reason)));
      int delivered = request.items() - gone.cardinality() - retried.cardinality();
      if (letters.isEmpty() && retried.isEmpty()) {
        return SendResult.DELIVERED;
      }
      return new SendResult.PerItem(
          delivered,
          letters,
          retried.isEmpty() ? null : part(retried),
          later == null ? java.time.Duration.ZERO : later.after(),
          later != null && later.overload(),
          later == null ? "" : later.reason());
    }
  }
}
