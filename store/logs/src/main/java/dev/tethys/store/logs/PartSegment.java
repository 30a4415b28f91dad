package dev.tethys.store.logs;

import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogRowConsumer;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.storage.Cancellation;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.DamageException;
import dev.tethys.store.logs.block.BlockQuery;
import dev.tethys.store.logs.block.LineVerdicts;
import dev.tethys.store.logs.block.LogBlock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Block of a part as a segment of a selection. */
final class PartSegment implements LogSegment {
  private static final int BATCH = 1024;
  private static final int BATCH_BYTES = 1 << 20;

  private final LogPart part;
  private final int block;
  private final int[] selected; // index in the selection of each stream of the block, or -1
  private final long from;
  private final long to;
  private final List<HiddenRows> hidden;
  private final LogPart.Streams streams;

  /**
   * @param to exclusive
   * @param hidden rows that are deleted
   */
  PartSegment(
      LogPart part,
      LogPart.Streams streams,
      int block,
      int[] selected,
      long from,
      long to,
      List<HiddenRows> hidden) {
    this.part = part;
    this.streams = streams;
    this.block = block;
    this.selected = selected;
    this.from = from;
    this.to = to;
    this.hidden = hidden;
  }

  /**
   * Rows of a block that a deletion hides.
   *
   * @param streams true for each stream of the block that the deletion selects
   * @param to exclusive
   */
  @SuppressWarnings("ArrayRecordComponent") // never changed
  record HiddenRows(boolean[] streams, LogFilter filter, long from, long to) {}

  private boolean isWhole() {
    return from <= part.file().first(block) && to > part.file().last(block);
  }

  @Override
  public long firstTime() {
    return Math.max(from, part.file().first(block));
  }

  @Override
  public long lastTime() {
    return Math.min(to - 1, part.file().last(block));
  }

  @Override
  public long rows() {
    return sum(streams.rows());
  }

  @Override
  public long bytes() {
    return sum(streams.bytes());
  }

  private long sum(long[] of) {
    int at = streams.blocks()[block];
    long sum = 0;
    for (int i = 0; i < selected.length; i++) {
      sum += selected[i] >= 0 ? of[at + i] : 0;
    }
    return sum;
  }

  @Override
  public List<StreamTotal> totals() {
    if (!hidden.isEmpty()) {
      return List.of();
    }
    int at = streams.blocks()[block];
    List<StreamTotal> out = new ArrayList<>();
    for (int i = 0; i < selected.length; i++) {
      if (selected[i] < 0) {
        continue;
      }
      long first = streams.firsts()[at + i];
      long last = streams.lasts()[at + i];
      if (last < from || first >= to) {
        continue;
      }
      if (first < from || last >= to) {
        return List.of();
      }
      out.add(
          new StreamTotal(
              selected[i], streams.rows()[at + i], streams.bytes()[at + i], first, last));
    }
    return out;
  }

  /** True if the block's filter excludes all rows. */
  private boolean isExcluded(LogFilter filter) {
    BlockQuery q = new BlockQuery(filter);
    return !q.isEmpty() && q.excludes(part.filter(block));
  }

  @Override
  public void scan(LogFilter filter, LogNeeds needs, LogRowConsumer consumer) {
    if (isExcluded(filter)) {
      return;
    }
    LogBlock b = null;
    try {
      b = part.block(block);
      new Scan(b, filter).run(needs, consumer);
    } catch (DamageException e) {
      throw damaged(e);
    } finally {
      if (b != null) {
        b.release();
      }
    }
  }

  private StorageException damaged(DamageException e) {
    DamageException named = part.file().damaged(block, e);
    return new StorageException(Reason.CORRUPT, String.valueOf(named.getMessage()), e);
  }

  @Override
  public void patterns(LogFilter filter, long step, PatternConsumer counts) {
    if (isExcluded(filter)) {
      return;
    }
    LogBlock opened = null;
    try {
      LogBlock b = part.block(block);
      opened = b;
      Scan scan = new Scan(b, filter);
      ByteSink text = new ByteSink(256);
      for (int t = 0; t < b.templateCount(); t++) {
        Cancellation.check();
        if (!scan.excludes(t)) {
          new PatternRun(b, t, step, text, counts).count(scan);
        }
      }
    } catch (DamageException e) {
      throw damaged(e);
    } finally {
      if (opened != null) {
        opened.release();
      }
    }
  }

  /** Counts of a template. Rows of a stream and bucket mostly follow each other. */
  private final class PatternRun {
    private final LogBlock b;
    private final int template;
    private final long step;
    private final ByteSink text;
    private final PatternConsumer counts;
    private String pattern = "";
    private int stream;
    private long bucket;
    private long rows;

    PatternRun(LogBlock b, int template, long step, ByteSink text, PatternConsumer counts) {
      this.b = b;
      this.template = template;
      this.step = step;
      this.text = text;
      this.counts = counts;
    }

    void count(Scan scan) {
      for (int r = b.firstRow(template); r < b.firstRow(template + 1); r++) {
        if (!scan.fits(template, r)) {
          continue;
        }
        int s = selected[b.streamIndexes()[r]];
        long at = Math.floorDiv(b.times()[r], step) * step;
        if (rows > 0 && (s != stream || at != bucket)) {
          pass();
        }
        stream = s;
        bucket = at;
        rows++;
      }
      if (rows > 0) {
        pass();
      }
    }

    private void pass() {
      if (pattern.isEmpty()) {
        b.appendPattern(template, text.clear());
        pattern = new String(text.buf, 0, text.size, StandardCharsets.UTF_8);
      }
      counts.accept(pattern, stream, bucket, rows);
      rows = 0;
    }
  }

  /** One pass over the block. */
  private final class Scan {
    private final LogBlock b;
    private final LineVerdicts lines;
    private final @Nullable BitSet metadata; // rows that fit the conditions on metadata
    private final Map<String, Integer> names = new HashMap<>();
    private final boolean allStreams;
    private final boolean allTimes;
    private final ByteSink body = new ByteSink(1 << 10);
    private final ByteSink value = new ByteSink(256);

    Scan(LogBlock b, LogFilter filter) {
      this.b = b;
      List<byte[]> all = b.metadataNames();
      for (int i = 0; i < all.size(); i++) {
        names.put(new String(all.get(i), StandardCharsets.UTF_8), i);
      }
      allStreams = Arrays.stream(selected).allMatch(s -> s >= 0);
      allTimes = isWhole();
      if (b.streams().size() != selected.length) {
        throw new DamageException("block has other streams than the index of its part");
      }
      BitSet fitting = null;
      for (Matcher m : filter.metadata()) {
        BitSet of = b.rowsMatching(names.getOrDefault(m.name(), -1), m);
        if (fitting == null) {
          fitting = of;
        } else {
          fitting.and(of);
        }
      }
      metadata = fitting;
      boolean none = fitting != null && fitting.isEmpty();
      lines = new LineVerdicts(b, none ? List.of() : filter.lines());
    }

    /** True if no row of a template fits. */
    boolean excludes(int template) {
      return lines.excludes(template);
    }

    boolean fits(int template, int row) {
      if (!allStreams && selected[b.streamIndexes()[row]] < 0) {
        return false;
      }
      if (!allTimes) {
        long time = b.times()[row];
        if (time < from || time >= to) {
          return false;
        }
      }
      if (metadata != null && !metadata.get(row) || lines.excludes(template, row)) {
        return false;
      }
      if (lines.needsBody(template, row)) {
        b.appendBody(template, row, body.clear());
        if (!lines.fits(body.buf, 0, body.size)) {
          return false;
        }
      }
      return hidden.isEmpty() || !isHidden(template, row);
    }

    private boolean isHidden(int template, int row) {
      for (HiddenRows h : hidden) {
        long time = b.times()[row];
        if (h.streams()[b.streamIndexes()[row]]
            && time >= h.from()
            && time < h.to()
            && metadataFits(h.filter().metadata(), row)) {
          b.appendBody(template, row, body.clear());
          if (RowFilter.line(h.filter().lines(), body.buf, 0, body.size)) {
            return true;
          }
        }
      }
      return false;
    }

    private boolean metadataFits(List<Matcher> matchers, int row) {
      for (Matcher m : matchers) {
        Integer name = names.get(m.name());
        value.clear();
        if (name != null) {
          b.appendMetadata(name, row, value);
        }
        if (!m.matches(value.buf, 0, value.size)) {
          return false;
        }
      }
      return true;
    }

    void run(LogNeeds needs, LogRowConsumer consumer) {
      Batch batch = new Batch(this, needs);
      int templates = b.templateCount();
      for (int t = 0; t < templates; t++) {
        if ((t & 63) == 0) {
          Cancellation.check();
        }
        if (excludes(t)) {
          continue;
        }
        for (int r = b.firstRow(t); r < b.firstRow(t + 1); r++) {
          if ((r & 1023) == 0) {
            Cancellation.check();
          }
          if (!fits(t, r)) {
            continue;
          }
          batch.add(t, r);
          if (batch.isFull()) {
            if (!consumer.accept(batch)) {
              return;
            }
            batch.clear();
          }
        }
      }
      if (batch.size() > 0) {
        consumer.accept(batch);
      }
    }
  }

  /** Rows with their bodies. */
  private final class Batch implements LogRowBatch {
    private final Scan scan;
    private final LogBlock b;
    private final boolean bodies;
    private final boolean lengths;
    private final int[] rows = new int[BATCH];
    private final int[] ends = new int[BATCH];
    private final ByteSink text = new ByteSink(1 << 12);
    private final ByteSink value = new ByteSink(256);
    private int size;

    Batch(Scan scan, LogNeeds needs) {
      this.scan = scan;
      this.b = scan.b;
      this.bodies = needs.bodies();
      this.lengths = needs.lengths();
    }

    void add(int template, int row) {
      rows[size] = row;
      if (bodies) {
        b.appendBody(template, row, text);
        ends[size] = text.size;
      } else if (lengths) {
        int length = b.bodyLengths()[row];
        ends[size] = start(size) + length;
      }
      size++;
    }

    boolean isFull() {
      return size == BATCH || text.size >= BATCH_BYTES;
    }

    void clear() {
      size = 0;
      text.clear();
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public long time(int row) {
      return b.times()[rows[row]];
    }

    @Override
    public int stream(int row) {
      return selected[b.streamIndexes()[rows[row]]];
    }

    private void requireBodies() {
      if (!bodies) {
        throw new IllegalStateException("the scan needs no bodies");
      }
    }

    private int start(int row) {
      return row == 0 ? 0 : ends[row - 1];
    }

    @Override
    public int bodyLength(int row) {
      if (!bodies && !lengths) {
        throw new IllegalStateException("the scan needs no lengths");
      }
      return ends[row] - start(row);
    }

    @Override
    public void body(int row, Slice into) {
      requireBodies();
      into.bytes = text.buf;
      into.offset = start(row);
      into.length = ends[row] - into.offset;
    }

    @Override
    public boolean metadata(int row, String name, Slice into) {
      Integer n = scan.names.get(name);
      if (n == null) {
        return false;
      }
      if (b.metadataSlice(n, rows[row], into)) {
        return true;
      }
      if (!b.appendMetadata(n, rows[row], value.clear())) {
        return false;
      }
      into.bytes = value.buf;
      into.offset = 0;
      into.length = value.size;
      return true;
    }

    @Override
    public void forEachMetadata(int row, MetadataConsumer consumer) {
      List<Map.Entry<String, Integer>> sorted = new ArrayList<>(scan.names.entrySet());
      sorted.sort(Comparator.comparing(Map.Entry::getKey));
      for (Map.Entry<String, Integer> e : sorted) {
        if (b.appendMetadata(e.getValue(), rows[row], value.clear())) {
          consumer.accept(e.getKey(), value.buf, 0, value.size);
        }
      }
    }
  }
}
