package dev.tethys.store.metrics.internal.head;

import com.github.luben.zstd.Zstd;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.files.Frames;
import dev.tethys.store.metrics.internal.encoding.ValueColumn;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The head as a file, so that recovery reads the log only from there on. Taking it copies what
 * changes and notes what does not (pages only grow); writing it then blocks no other thread.
 *
 * <pre>
 * 8 bytes "TTHSHED" and version 4, then {@link Frames}; first byte of a payload:
 *   1 HEAD      svarint block range, svarint minValidTime, svarint minTime, svarint maxTime
 *               svarint flushedTo, svarint acceptFrom (absent in those of earlier programs)
 *   2 SERIES    uvarint n, uvarint raw bytes, zstd of n * { uvarint slot, uvarint generation, sized labels }
 *   3 STRIPES   uvarint raw bytes, zstd of stripes, see below
 *   4 EXEMPLARS uvarint n, n * { sized labels of the series, svarint time, 8 bytes value, sized labels }
 *   5 METADATA  uvarint n, n * { name, byte type, help, unit }
 *   6 END       the snapshot is whole
 * stripe: uvarint number, ValueColumn of the 64 newest values, 64 * svarint newest time (difference to
 *   the one before; 0 first), uvarint pages, each: svarint range start, uvarint rows,
 *   8 bytes mask of the series with values that are not finite, then
 *   byte 2 and {@link RowColumns} | byte 3, 8 bytes mask of the series with a value, byte 1
 *   where rows hold different series (else 0), sized {@link ColumnPage} | byte 0 and 8 bytes mask of the series present in all rows | byte 1,
 *   rows * { svarint time - time before (first: - range start), 8 bytes mask of the changed,
 *   [8 bytes mask of the present], uvarint length }, the bytes of all rows as in {@link RowPage};
 *   uvarint series with extras, each:
 *     byte k, uvarint start changes * { svarint from, svarint start },
 *     uvarint histogram chunks * { svarint min, svarint max, uvarint count, sized data },
 *     uvarint late samples * { svarint time, svarint start, byte 0 and 8 bytes value |
 *                              byte 1 and sized histogram chunk data }
 * </pre>
 *
 * <p>Version 3 is the same without byte 3, version 2 also without byte 2; both are still read.
 */
public final class HeadSnapshot {
  private static final byte[] MAGIC = {'T', 'T', 'H', 'S', 'H', 'E', 'D', 4};
  private static final byte OLDEST_VERSION = 2;

  /**
   * Raw bytes after which a frame of series or stripes is written. A flipped bit costs its frame,
   * so frames are small.
   */
  private static final int FRAME = 1 << 13;

  /** Variant for earlier releases. */
  private static final int LARGEST_FRAME = 1 << 20;

  /** The most raw bytes of stripes in a frame: late samples of one may be many. */
  private static final int MAX_STRIPES = 1 << 30;

  private static final int HEAD = 1;
  private static final int SERIES = 2;
  private static final int STRIPES = 3;
  private static final int EXEMPLARS = 4;
  private static final int METADATA = 5;
  private static final int END = 6;

  private record StripeState(
      int number, NewestTimes newest, long[] bits, Stripe.View pages, List<ExtraState> extras) {}

  private record ExtraState(
      int k,
      @Nullable StartTimes starts,
      HistogramLog.@Nullable View histograms,
      @Nullable SampleBuffer late) {}

  private final Head head;
  private final long minValidTime;
  private final long flushedTo;
  private final long acceptFrom;
  private final long minTime;
  private final long maxTime;
  private final int[] generations; // by slot
  private final int[] lists; // by slot, plus 1; 0 if there is no series
  private final LabelIndex index;
  private final Deque<StripeState> stripes = new ArrayDeque<>();
  private boolean written;

  /** Takes the state of a head; between two commits, see {@link Head#still}. */
  public HeadSnapshot(Head head) {
    this.head = head;
    head.view.readLock().lock();
    try {
      minValidTime = head.minValidTime;
      flushedTo = head.flushedTo;
      acceptFrom = head.acceptFrom;
      minTime = head.minTime;
      maxTime = head.maxTime;
      SeriesTable t = head.table;
      index = t.index;
      lists = t.lists();
      generations = t.keys.generations.copy(lists.length);
      ReadAhead ahead = new ReadAhead();
      for (int i = 0; i < head.stripes.length; i++) {
        Stripe s = head.stripes[i];
        if (s != null) {
          stripes.add(state(i, s, ahead));
        }
      }
    } finally {
      head.view.readLock().unlock();
    }
  }

  private static StripeState state(int number, Stripe s, ReadAhead ahead) {
    List<ExtraState> extras = new ArrayList<>();
    for (int k = 0; s.hasExtras() && k < 64; k++) {
      SeriesExtras e = s.extras(k);
      if (e != null) {
        extras.add(
            new ExtraState(
                k,
                e.starts == null ? null : e.starts.copy(),
                e.histograms == null ? null : e.histograms.view(),
                e.late == null ? null : e.late.view(Long.MIN_VALUE, Long.MAX_VALUE)));
      }
    }
    return new StripeState(
        number,
        s.newest.copy(),
        s.lastBits.clone(),
        s.view(Long.MIN_VALUE, Long.MAX_VALUE, ahead, new TimeLists()),
        extras);
  }

  /**
   * Writes the snapshot and makes its content durable. Once: written data is released.
   *
   * @param small spends CPU time on half the size: for a snapshot that is kept
   */
  public void write(WritableFile file, boolean small) throws IOException {
    if (written) {
      throw new IllegalStateException("the snapshot was written");
    }
    written = true;
    file.write(MAGIC, 0, MAGIC.length);
    ByteSink out = new ByteSink(FRAME);
    int at = Frames.begin(out);
    out.putByte(HEAD);
    out.svarint(head.range);
    out.svarint(minValidTime);
    out.svarint(minTime);
    out.svarint(maxTime);
    out.svarint(flushedTo);
    out.svarint(acceptFrom);
    flush(file, out, at);
    series(file, out);
    stripes(file, out, small);
    exemplars(file, out);
    at = Frames.begin(out);
    out.putByte(METADATA);
    var all = head.metadata.all();
    out.uvarint(all.size());
    all.forEach(
        (name, m) -> {
          out.putString(name);
          out.putByte(m.type().ordinal());
          out.putString(m.help());
          out.putString(m.unit());
        });
    flush(file, out, at);
    at = Frames.begin(out);
    out.putByte(END);
    flush(file, out, at);
    file.force();
  }

  private static void flush(WritableFile file, ByteSink out, int at) throws IOException {
    Frames.end(out, at);
    file.write(out.buf, 0, out.size);
    out.clear();
  }

  private void series(WritableFile file, ByteSink out) throws IOException {
    ByteSink raw = new ByteSink(FRAME);
    int slot = 1;
    while (slot < lists.length) {
      raw.clear();
      int n = 0;
      for (; slot < lists.length && raw.size < FRAME; slot++) {
        if (lists[slot] != 0) {
          raw.uvarint(slot);
          raw.uvarint(generations[slot]);
          raw.putSized(index.labels(lists[slot] - 1).canonicalBytes());
          n++;
        }
      }
      if (n > 0) {
        int at = Frames.begin(out);
        out.putByte(SERIES);
        out.uvarint(n);
        out.uvarint(raw.size);
        compress(raw, out, 1);
        flush(file, out, at);
      }
    }
  }

  private void stripes(WritableFile file, ByteSink out, boolean small) throws IOException {
    RowColumns columns = small ? new RowColumns() : null;
    ValueColumn values = new ValueColumn();
    HistogramChunk.Encoder encoder = new HistogramChunk.Encoder();
    double[] v = new double[64];
    ByteSink raw = new ByteSink(FRAME);
    for (StripeState s = stripes.poll(); s != null; s = stripes.poll()) {
      raw.uvarint(s.number);
      for (int k = 0; k < 64; k++) {
        v[k] = Double.longBitsToDouble(s.bits[k]);
      }
      values.encode(v, 64, raw);
      long before = 0;
      for (int k = 0; k < 64; k++) {
        long t = s.newest.get(k);
        raw.svarint(t - before);
        before = t;
      }
      raw.uvarint(s.pages.pages().length);
      for (Page.View p : s.pages.pages()) {
        p.save(raw, columns);
      }
      raw.uvarint(s.extras.size());
      for (ExtraState e : s.extras) {
        extra(e, encoder, raw);
      }
      if (raw.size > FRAME) {
        flushStripes(file, raw, out, small);
      }
    }
    flushStripes(file, raw, out, small);
  }

  private static void flushStripes(WritableFile file, ByteSink raw, ByteSink out, boolean small)
      throws IOException {
    if (raw.size == 0) {
      return;
    }
    int at = Frames.begin(out);
    out.putByte(STRIPES);
    out.uvarint(raw.size);
    compress(raw, out, small ? 3 : 1);
    flush(file, out, at);
    raw.clear();
  }

  private static void compress(ByteSink raw, ByteSink out, int level) {
    int bound = Math.toIntExact(Zstd.compressBound(raw.size));
    out.ensure(bound);
    long n = Zstd.compressByteArray(out.buf, out.size, bound, raw.buf, 0, raw.size, level);
    if (Zstd.isError(n)) {
      throw new IllegalStateException("zstd: " + Zstd.getErrorName(n));
    }
    out.size += (int) n;
  }

  private static void extra(ExtraState e, HistogramChunk.Encoder encoder, ByteSink out) {
    out.putByte(e.k);
    StartTimes st = e.starts;
    out.uvarint(st == null ? 0 : st.count());
    for (int i = 0; st != null && i < st.count(); i++) {
      out.svarint(st.from(i));
      out.svarint(st.start(i));
    }
    ByteSink saved = encoder.saved.clear();
    int chunks = 0;
    HistogramLog.View h = e.histograms;
    if (h != null) {
      for (HistogramChunk c : h.chunks()) {
        chunks += c.save(saved) ? 1 : 0;
      }
      if (h.rows().count() > 0) {
        chunks += encoder.encode(h.rows().decode()).save(saved) ? 1 : 0;
      }
    }
    out.uvarint(chunks);
    out.put(saved.buf, 0, saved.size);
    SampleBuffer late = e.late;
    out.uvarint(late == null ? 0 : late.size);
    for (int i = 0; late != null && i < late.size; i++) {
      long start = late.startTimestamps == null ? 0 : late.startTimestamps[i];
      Histogram x = late.histograms == null ? null : late.histograms[i];
      out.svarint(late.timestamps[i]);
      out.svarint(start);
      if (x == null) {
        out.putByte(0);
        out.putLong(Double.doubleToRawLongBits(late.values[i]));
      } else {
        out.putByte(1);
        long[] time = {late.timestamps[i]};
        encoder.encode(time, new long[] {start}, new Histogram[] {x}, 1).save(out);
      }
    }
  }

  private void exemplars(WritableFile file, ByteSink out) throws IOException {
    List<ExemplarRing.Entry> all = head.exemplars.entries();
    int at = Frames.begin(out);
    out.putByte(EXEMPLARS);
    out.uvarint(all.size());
    for (ExemplarRing.Entry e : all) {
      out.putSized(e.series().canonicalBytes());
      BatchRecord.exemplar(e.exemplar(), out);
    }
    flush(file, out, at);
  }

  /**
   * Result of loading a snapshot.
   *
   * @param whole the end was found and every byte accounted for
   */
  public record Loaded(boolean whole, String problem) {}

  /**
   * Fills an empty head from a snapshot: every sound frame of it.
   *
   * @param between called after each frame
   */
  public static Loaded load(Head head, MemorySegment file, Runnable between) {
    for (int i = 0; i < MAGIC.length; i++) {
      byte b = file.byteSize() < MAGIC.length ? 0 : file.get(ValueLayout.JAVA_BYTE, i);
      boolean old = i == MAGIC.length - 1 && b >= OLDEST_VERSION && b < MAGIC[i];
      if (b != MAGIC[i] && !old) {
        return new Loaded(false, "it is not a snapshot of this version");
      }
    }
    boolean[] end = new boolean[1];
    RowColumns columns = new RowColumns();
    List<String> problems = new ArrayList<>();
    Frames.ScanResult found =
        Frames.read(
            file,
            MAGIC.length,
            in -> {
              try {
                frame(head, in, end, columns);
              } catch (CorruptionException
                  | IndexOutOfBoundsException
                  | com.github.luben.zstd.ZstdException e) {
                problems.add(String.valueOf(e.getMessage()));
              }
              between.run();
            });
    if (found.damagedBytes() > 0 || found.tornBytes() > 0) {
      problems.add(found.damagedBytes() + found.tornBytes() + " bytes are damaged");
    }
    if (!end[0]) {
      problems.add("its end is missing");
    }
    return new Loaded(problems.isEmpty(), String.join("; ", problems));
  }

  private static void frame(Head head, ByteSource in, boolean[] end, RowColumns columns) {
    switch (in.getByte()) {
      case HEAD -> {
        long range = in.svarint();
        long minValid = in.svarint();
        head.minValidTime = Math.max(head.minValidTime, minValid);
        head.minTime = in.svarint();
        head.maxTime = in.svarint();
        if (in.remaining() > 0) {
          long flushed = in.svarint();
          long accept = in.svarint();
          // Blocks may be newer than the snapshot; then they say where samples continue.
          head.acceptFrom = flushed >= head.flushedTo ? accept : head.acceptFrom;
          head.flushedTo = Math.max(head.flushedTo, flushed);
        }
        if (range != head.range) {
          throw new CorruptionException(
              "it was written for blocks of " + range + " ms, not of " + head.range);
        }
      }
      case SERIES -> {
        int n = in.count(Integer.MAX_VALUE);
        int raw = in.count(LARGEST_FRAME + ByteArena.PAGE * 2L);
        byte[] z = in.bytes(in.remaining());
        byte[] b = Zstd.decompress(z, raw);
        ByteSource s = new ByteSource(b);
        for (int i = 0; i < n; i++) {
          int slot = s.count(Integer.MAX_VALUE - 64);
          int generation = s.count(Integer.MAX_VALUE);
          byte[] canonical = s.sized();
          CanonicalLabels.check(canonical);
          if (slot == 0 || head.table.isLive(slot)) {
            throw new CorruptionException("slot " + slot + " twice");
          }
          head.table.install(slot, generation & ~1, canonical);
          head.stripeFor(slot);
        }
      }
      case STRIPES -> {
        int raw = in.count(MAX_STRIPES);
        ByteSource s = new ByteSource(Zstd.decompress(in.bytes(in.remaining()), raw));
        HistogramChunk.Encoder encoder = new HistogramChunk.Encoder();
        while (s.remaining() > 0) {
          stripe(head, s, columns, encoder);
        }
      }
      case EXEMPLARS -> {
        for (int n = in.count(); n > 0; n--) {
          Labels series = Labels.ofCanonicalBytes(in.sized());
          head.exemplars.add(series, BatchRecord.exemplar(in));
        }
      }
      case METADATA -> {
        for (int n = in.count(); n > 0; n--) {
          String name = in.string();
          head.metadata.put(name, BatchRecord.metadata(in));
        }
      }
      case END -> end[0] = true;
      default -> throw new CorruptionException("a frame of unknown kind");
    }
  }

  private static void stripe(
      Head head, ByteSource in, RowColumns columns, HistogramChunk.Encoder encoder) {
    int number = in.count(1 << 25);
    Stripe s = head.stripeFor(number << 6);
    double[] v = new double[64];
    new ValueColumn.Reader().decode(in, v, 0, 64);
    long[] times = new long[64];
    long newest = NewestTimes.NEVER;
    for (int k = 0; k < 64; k++) {
      times[k] = (k == 0 ? 0 : times[k - 1]) + in.svarint();
      newest = Math.max(newest, times[k]);
      s.lastBits[k] = Double.doubleToRawLongBits(v[k]);
    }
    s.newest.setAll(-1, newest);
    for (int k = 0; k < 64; k++) {
      if (times[k] != newest) {
        s.newest.set(k, times[k]);
      }
    }
    for (int n = in.count(); n > 0; n--) {
      s.addPage(RowPage.load(in, columns), head.flushedTo, head.sealed);
    }
    for (int n = in.count(64); n > 0; n--) {
      int k = in.count(63);
      SeriesExtras e = s.makeExtras(k);
      StartTimes starts = new StartTimes();
      for (int i = in.count(); i > 0; i--) {
        starts.note(in.svarint(), in.svarint());
      }
      if (!starts.isEmpty()) {
        e.starts = starts;
      }
      HistogramLog log = new HistogramLog();
      for (int i = in.count(); i > 0; i--) {
        log.addAll(HistogramChunk.load(in), head.flushedTo, encoder);
      }
      if (!log.isEmpty()) {
        e.histograms = log;
        head.sealed.add(log);
      }
      OutOfOrderSamples late = new OutOfOrderSamples();
      for (int i = in.count(); i > 0; i--) {
        long time = in.svarint();
        long start = in.svarint();
        if (in.getByte() == 0) {
          late.add(start, time, in.getLong(), null);
        } else {
          SampleBuffer b = new SampleBuffer();
          HistogramChunk.load(in).read(Long.MIN_VALUE, Long.MAX_VALUE, b);
          if (b.size != 1 || b.histograms == null || b.histograms[0] == null) {
            throw new CorruptionException("a late sample is not a histogram");
          }
          late.add(start, time, 0, b.histograms[0]);
        }
      }
      if (late.size() > 0) {
        e.late = late;
      }
    }
  }
}
