package dev.tethys.codec.remote;

import dev.tethys.codec.compression.SimilarBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Precompressed form of remote write 1.0 requests that hold one sample of each of a fixed list of
 * series at one time. All bytes but values and time are compressed once; each later request is a
 * copy of them with the values written in between. No search for repeats is needed, and the
 * uncompressed request is never built.
 *
 * <p>A series in the request is {@code 0A length labels 12 10 09}, eight bytes of value, {@code 10}
 * and six bytes of time. The snappy elements for the first part are found by a search for repeats
 * in the first parts of earlier series; then follow a literal or a copy of the previous value, and
 * a copy of the previous time. Offsets of copies are distances, which do not depend on values. They
 * stay below 64 KiB, as in common encoders. The concatenated elements of several templates are a
 * request, too.
 *
 * <p>Series are split into pieces of a bounded size; no piece refers back to another.
 */
public final class RowTemplate {
  /** Bytes of a sample's value and time, after the labels. */
  private static final int SAMPLE = 15;

  private static final int TIME = 7;
  private static final int SEEN_BITS = 7;
  private static final int SEEN = 1 << SEEN_BITS;
  private static final int MAX_OFFSET = 65_535;
  private static final int MAX_COPY = 64;

  /** Maximum size of a series's labels in a template. */
  public static final int MAX_LABELS = 60_000;

  /** First and last time whose varint has six bytes, in Unix milliseconds. */
  private static final long FIRST_TIME = 1L << 35;

  private static final long LAST_TIME = (1L << 42) - 1;

  /** Maximum compressed size of the value and time of a sample. */
  private static final int MAX_ROOM = 9 + 1 + TIME;

  /** Shared elements of all templates: hosts with the same exporter are nearly identical. */
  private static final SimilarBytes.ReferenceGroup KIN = new SimilarBytes.ReferenceGroup(1 << 20);

  /** Arrays to unpack elements into. */
  private static final ArrayBlockingQueue<byte[]> SCRATCH = new ArrayBlockingQueue<>(4);

  private static final int KEEP_SCRATCH = 1 << 18;

  /** Series that always share one request. */
  private record Piece(int from, int count, int rawLength) {}

  private final List<Piece> pieces;

  /**
   * Elements by piece, each compressed separately. For each series: the length of its elements as a
   * varint, the elements, and a varint of twice its uncompressed length, plus one if the elements
   * of the next series start with its time.
   */
  private final List<SimilarBytes> elements;

  private RowTemplate(List<Piece> pieces, List<SimilarBytes> elements) {
    this.pieces = pieces;
    this.elements = elements;
  }

  /** Whether samples of a time can be written. */
  public static boolean takes(long timestamp) {
    return timestamp >= FIRST_TIME && timestamp <= LAST_TIME;
  }

  public int pieces() {
    return pieces.size();
  }

  /** Index of the first series of a piece. */
  public int from(int piece) {
    return pieces.get(piece).from;
  }

  /** Number of series in a piece. */
  public int count(int piece) {
    return pieces.get(piece).count;
  }

  /** Decompressed length of a piece. */
  public int rawLength(int piece) {
    return pieces.get(piece).rawLength;
  }

  /** The maximum number of bytes that {@link #write} writes. */
  public int maxLength(int piece) {
    return elements.get(piece).length() + MAX_ROOM * count(piece);
  }

  /**
   * Writes the elements of a piece, without a length before them.
   *
   * @param timestamp a timestamp that it {@linkplain #takes takes}
   * @param values values of all series; the values of this piece start at {@link #from}
   * @return the end of the output
   */
  public int write(int piece, long timestamp, double[] values, byte[] out, int at) {
    SimilarBytes packed = elements.get(piece);
    byte[] e = SCRATCH.poll();
    if (e == null || e.length < packed.length()) {
      e = new byte[packed.length()];
    }
    packed.open(e);
    int end = write(e, pieces.get(piece), timestamp, values, out, at);
    if (e.length <= KEEP_SCRATCH) {
      SCRATCH.offer(e);
    }
    return end;
  }

  private static int write(byte[] e, Piece p, long timestamp, double[] values, byte[] out, int at) {
    int in = 0;
    int o = at;
    long[] seen =
        new long[SEEN]; // values, and where they stand uncompressed, from the piece's start
    int[] seenAt = new int[SEEN];
    int zerosAt = -1; // the same of a value that begins with zeros
    int zeros = 0;
    int raw = 0;
    for (int i = 0; i < p.count; i++) {
      int n = 0;
      for (int shift = 0; ; shift += 7) {
        byte c = e[in++];
        n |= (c & 0x7f) << shift;
        if (c >= 0) {
          break;
        }
      }
      System.arraycopy(e, in, out, o, n);
      in += n;
      o += n;
      int what = 0;
      for (int shift = 0; ; shift += 7) {
        byte c = e[in++];
        what |= (c & 0x7f) << shift;
        if (c >= 0) {
          break;
        }
      }
      int length = what >>> 1;
      boolean timeFollows = (what & 1) != 0;
      raw += length;
      int valueAt = raw - SAMPLE;
      long bits = Double.doubleToRawLongBits(values[p.from + i]);
      int slot = (int) (bits * 0x9e3779b97f4a7c15L >>> 64 - SEEN_BITS);
      int back = valueAt - seenAt[slot];
      boolean known = seen[slot] == bits && seenAt[slot] > 0 && back <= MAX_OFFSET;
      seen[slot] = bits;
      seenAt[slot] = valueAt;
      if (known && back == length && !timeFollows) {
        o = copy(out, o, length, SAMPLE);
        continue;
      }
      if (known) {
        o = copy(out, o, back, 8);
      } else {
        int z = Math.min(7, Long.numberOfTrailingZeros(bits) >>> 3);
        if (z >= 4 && z <= zeros && valueAt - zerosAt <= MAX_OFFSET) {
          o = copy(out, o, valueAt - zerosAt, z);
          o = literal(out, o, bits >>> 8 * z, 8 - z);
        } else {
          o = literal(out, o, bits, 8);
        }
        if (z >= 4 && (z >= zeros || valueAt - zerosAt > MAX_OFFSET / 2)) {
          zeros = z;
          zerosAt = valueAt;
        }
      }
      if (i == 0) {
        out[o++] = (TIME - 1) << 2;
        out[o++] = 0x10;
        long t = timestamp;
        for (int k = 0; k < 5; k++) {
          out[o++] = (byte) (t | 0x80);
          t >>>= 7;
        }
        out[o++] = (byte) t;
      } else if (!timeFollows) {
        o = copy(out, o, length, TIME);
      }
    }
    return o;
  }

  private static int literal(byte[] out, int at, long bits, int n) {
    int o = at;
    out[o++] = (byte) ((n - 1) << 2);
    long b = bits;
    for (int k = 0; k < n; k++) {
      out[o++] = (byte) b;
      b >>>= 8;
    }
    return o;
  }

  private static int copy(byte[] out, int at, int offset, int n) {
    int o = at;
    if (n >= 4 && n <= 11 && offset < 2048) {
      out[o++] = (byte) (1 | (n - 4) << 2 | offset >>> 8 << 5);
      out[o++] = (byte) offset;
    } else {
      out[o++] = (byte) (2 | (n - 1) << 2);
      out[o++] = (byte) offset;
      out[o++] = (byte) (offset >>> 8);
    }
    return o;
  }

  /** Creates a template of series that are added in their order. Reusable after {@link #build}. */
  public static final class Builder {
    /** Longer arrays are not kept for the next template. */
    private static final int KEEP = 1 << 18;

    private static final int BUCKETS = 1 << 12;
    private static final int CHAIN = 4;
    private static final int MIN_MATCH = 4;

    /** Uncompressed size at which a piece ends, after the series that reaches it. */
    private static final int PIECE = 1 << 20;

    private int most;
    private byte[] elements = new byte[1 << 10]; // of the part that is being compressed
    private byte[] raw = new byte[1 << 12];
    private int rawSize;
    private int[] ends = new int[64]; // of first parts
    private byte[] out = new byte[1 << 12];
    private int outSize;
    private final List<Piece> pieces = new ArrayList<>();
    private int[] starts = new int[1];
    private int count;
    private int before; // length of the newest series
    private boolean fits = true;

    /**
     * Of those before in the piece: newest position of a hash, and for a position the previous one.
     */
    private final int[] newest = new int[BUCKETS];

    private int[] previous = new int[1 << 12];

    /**
     * Starts a template.
     *
     * @param mostOfAPiece maximum number of series of a piece
     */
    public Builder begin(int mostOfAPiece) {
      if (mostOfAPiece < 1) {
        throw new IllegalArgumentException("a piece must have at least one series");
      }
      most = mostOfAPiece;
      pieces.clear();
      count = 0;
      rawSize = 0;
      outSize = 0;
      fits = true;
      if (raw.length > KEEP || out.length > KEEP) {
        raw = new byte[1 << 12];
        previous = new int[raw.length];
        out = new byte[1 << 12];
      }
      Arrays.fill(newest, -1);
      return this;
    }

    /** Adds a series by its label fields in the format of 1.0. */
    public void add(byte[] labelFields, int offset, int length) {
      if (length > MAX_LABELS) {
        fits = false;
        return;
      }
      if (count == most || rawSize >= PIECE) {
        endPiece();
      }
      int from = rawSize;
      room(length + 32);
      byte[] r = raw;
      int p = from;
      r[p++] = 0x0a;
      int n = length + 2 + 16; // the sample with its tag and length
      while (n >= 0x80) {
        r[p++] = (byte) (n | 0x80);
        n >>>= 7;
      }
      r[p++] = (byte) n;
      System.arraycopy(labelFields, offset, r, p, length);
      p += length;
      r[p++] = 0x12;
      r[p++] = 16;
      r[p++] = 0x09;
      compress(from, p);
      rawSize = p + SAMPLE;
      before = rawSize - from;
      if (count == ends.length) {
        ends = Arrays.copyOf(ends, count * 2);
      }
      ends[count] = p;
      count++;
    }

    private void room(int more) {
      if (raw.length - rawSize < more) {
        raw = Arrays.copyOf(raw, Math.max(raw.length * 2, rawSize + more));
        previous = Arrays.copyOf(previous, raw.length);
      }
    }

    private void ensureOutput(int more) {
      if (out.length - outSize < more) {
        out = Arrays.copyOf(out, Math.max(out.length * 2, outSize + more));
      }
    }

    private void varint(int v) {
      int n = v;
      while (n >= 0x80) {
        out[outSize++] = (byte) (n | 0x80);
        n >>>= 7;
      }
      out[outSize++] = (byte) n;
    }

    private static int hash(byte[] b, int at) {
      int v = b[at] & 0xff | (b[at + 1] & 0xff) << 8 | (b[at + 2] & 0xff) << 16 | b[at + 3] << 24;
      return v * 0x1e35a7bd >>> 20;
    }

    /** Appends the length of the elements of a part, followed by the elements. */
    private void compress(int from, int to) {
      if (elements.length < (to - from) * 2 + 16) {
        elements = new byte[(to - from) * 4 + 16];
      }
      byte[] e = elements;
      int n = 0;
      int literalFrom = from;
      int at = from;
      boolean timeBefore = false;
      while (at < to) {
        int best = 0;
        int bestFrom = 0;
        if (to - at >= MIN_MATCH) {
          int c = newest[hash(raw, at)];
          for (int k = 0; c >= 0 && k < CHAIN && at - c <= MAX_OFFSET; k++, c = previous[c]) {
            int m = match(c, at, to);
            if (m > best) {
              best = m;
              bestFrom = c;
            }
          }
        }
        if (best < MIN_MATCH) {
          remember(at, to);
          at++;
          continue;
        }
        n = flush(e, n, literalFrom, at);
        int offset = at - bestFrom;
        int remaining = best;
        // Both positions are preceded by the same timestamp.
        if (at == from
            && count > 1
            && bestFrom > 0
            && isStart(bestFrom)
            && best + TIME <= MAX_COPY) {
          timeBefore = true;
          remaining += TIME;
        }
        while (remaining > 0) {
          int now = Math.min(remaining, MAX_COPY);
          if (remaining > now && remaining - now < 4) {
            now = remaining - 4; // so that the rest is one that can be short
          }
          n = copy(e, n, offset, now);
          remaining -= now;
        }
        for (int i = 0; i < Math.min(best, 8); i++) {
          remember(at + i, to);
        }
        at += best;
        literalFrom = at;
      }
      n = flush(e, n, literalFrom, to);
      endSeries(timeBefore);
      ensureOutput(n + 8);
      varint(n);
      System.arraycopy(e, 0, out, outSize, n);
      outSize += n;
    }

    /** Writes the end of the series before, after its elements. */
    private void endSeries(boolean timeFollows) {
      if (count > 0) {
        ensureOutput(8);
        varint(before << 1 | (timeFollows ? 1 : 0));
      }
    }

    private void remember(int at, int to) {
      if (to - at >= MIN_MATCH) {
        int h = hash(raw, at);
        previous[at] = newest[h];
        newest[h] = at;
      }
    }

    /**
     * Length of the match between two positions; bytes after the labels of a series match nothing.
     */
    private int match(int c, int at, int to) {
      int stop = Math.min(to - at, end(c) - c);
      int n = 0;
      while (n < stop && raw[c + n] == raw[at + n]) {
        n++;
      }
      return n;
    }

    /** Whether a series starts at a position. */
    private boolean isStart(int place) {
      int i = Arrays.binarySearch(ends, 0, count, place - SAMPLE);
      return i >= 0;
    }

    /** End of the first labels that reach beyond a position. */
    private int end(int place) {
      int low = 0;
      int high = count;
      while (low < high) {
        int mid = (low + high) >>> 1;
        if (ends[mid] <= place) {
          low = mid + 1;
        } else {
          high = mid;
        }
      }
      return low < count ? ends[low] : Integer.MAX_VALUE;
    }

    private int flush(byte[] e, int at, int from, int to) {
      int n = to - from;
      if (n == 0) {
        return at;
      }
      int o = at;
      if (n <= 60) {
        e[o++] = (byte) ((n - 1) << 2);
      } else if (n <= 256) {
        e[o++] = (byte) (60 << 2);
        e[o++] = (byte) (n - 1);
      } else {
        e[o++] = (byte) (61 << 2);
        e[o++] = (byte) (n - 1);
        e[o++] = (byte) ((n - 1) >>> 8);
      }
      System.arraycopy(raw, from, e, o, n);
      return o + n;
    }

    private void endPiece() {
      endSeries(false);
      int first = pieces.isEmpty() ? 0 : pieces.getLast().from + pieces.getLast().count;
      pieces.add(new Piece(first, count, rawSize));
      if (starts.length == pieces.size()) {
        starts = Arrays.copyOf(starts, pieces.size() * 2);
      }
      starts[pieces.size()] = outSize;
      count = 0;
      rawSize = 0;
      Arrays.fill(newest, -1);
    }

    /** The template, null if a series does not fit into one, or there is none. */
    public @Nullable RowTemplate build() {
      if (count > 0) {
        endPiece();
      }
      if (!fits || pieces.isEmpty()) {
        return null;
      }
      List<SimilarBytes> packed = new ArrayList<>(pieces.size());
      for (int i = 0; i < pieces.size(); i++) {
        byte[] e = Arrays.copyOfRange(out, starts[i], starts[i + 1]);
        packed.add(KIN.pack(e, e.length, null));
      }
      return new RowTemplate(List.copyOf(pieces), List.copyOf(packed));
    }
  }
}
