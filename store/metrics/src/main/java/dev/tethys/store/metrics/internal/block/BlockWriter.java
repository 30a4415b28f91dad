package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.encoding.ByteSink;
import dev.tethys.store.metrics.internal.encoding.ByteSource;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import dev.tethys.store.metrics.internal.encoding.ValueColumn;
import dev.tethys.store.metrics.internal.file.FileAccess;
import dev.tethys.store.metrics.internal.file.FileAccess.WritableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a block: a folder of two files (and meta.json for people). All numbers little-endian;
 * uvarint and svarint as in {@link ByteSink}.
 *
 * <pre>
 * chunks: 8 bytes "TTHSCHK" 1, then groups ({@link GroupWriter}) of
 *   chunks        one after the other, in the order of series, then time
 *   time sets     one after the other: IntColumn of the timestamps
 * chunk: byte: bit 0 histograms, bit 1 start timestamps; [IntColumn of the start timestamps];
 *   ValueColumn or HistogramColumn. How many samples it has, and when, its time set says: series that
 *   were scraped together share one, and so do the chunks of one length of a regular series.
 *
 * index: 8 bytes "TTHSIDX" 2, then
 *   series pages: groups of up to 128 series, labels ascending:
 *     uvarint groups of chunks begun before the page, uvarint bytes of chunks in the last of them,
 *     uvarint n, then columns:
 *     n * uvarint labels shared with the series before (the first of a page: 0)
 *     n * uvarint further labels
 *     n * further * uvarint label number - the one before in the series - 1 (the first: - 0)
 *     n * uvarint chunks
 *     chunks * svarint time set - time set of the chunk before (first: - 0)
 *     chunks * uvarint length * 4 + (2: histograms, or a value that is not finite, may be in it)
 *       + (1: starts the next group that holds chunks)
 *   postings pages: groups of labels' series: uvarint first label number, uvarint n,
 *     n * { uvarint count, count * uvarint (series - the one before - 1; the first: - 0) }
 *   DICTIONARY   label values, by label number: of 16 the first whole, of the others what differs:
 *                  uvarint bytes shared with the value before, uvarint more bytes, bytes
 *   NAMES        uvarint names, each { name, uvarint values }; uvarint restarts, uvarint distance of
 *                  each in DICTIONARY to the one before. A name starts a restart
 *   SERIES_DIRECTORY    uvarint pages, uvarint offset of the first, uvarint length of each
 *   POSTINGS_DIRECTORY  uvarint pages, uvarint offset of the first, { uvarint labels, uvarint length }
 *   GROUPS       uvarint groups, { uvarint length * 2 + (1: of time sets) } in file order from byte 8
 *   TIMES        uvarint sets, { uvarint group - group before, uvarint offset in the group,
 *                  uvarint count, svarint first time - first time of the set before,
 *                  uvarint last time - first time }
 *   META         {@link BlockMeta}
 *   footer       7 * { 8 bytes offset, 8 bytes length, 4 bytes CRC-32C } of the sections in this order,
 *                  4 bytes CRC-32C of the footer so far, 8 bytes "TTHSIDX" 2
 * </pre>
 *
 * A label is a (name, value) pair; numbers ascend by name, then value (as UTF-8 bytes), from 0. The
 * footer is written last and the folder gets its name after everything is durable.
 */
public final class BlockWriter implements AutoCloseable {
  /** Distinct timestamps held to find series that share them: 32 MiB. */
  private static final int MAX_HELD_TIMES = 1 << 22;

  private final FileAccess files;
  private final Path folder;
  private final WritableFile chunks;
  private final GroupWriter groups = new GroupWriter();
  private final ByteSink chunkGroup = new ByteSink(BlockLayout.GROUP_BYTES);
  private final ByteSink timeGroup = new ByteSink(BlockLayout.GROUP_BYTES);

  // Chunk groups are numbered as they are written; groups of time sets stand between them.
  private final ByteSink groupLengths = new ByteSink();
  private int groupCount;

  private final ValueColumn values = new ValueColumn();
  private final HistogramColumn histograms = new HistogramColumn();
  private final IntColumn ints = new IntColumn();

  // Labels: provisional numbers by first appearance.
  private final Map<Bytes, Integer> pairNumbers = new HashMap<>();
  private final List<byte[][]> pairs = new ArrayList<>();
  private final ByteSink seriesPairs = new ByteSink();
  private final ByteSink seriesChunks = new ByteSink();
  private final List<IntList> postings = new ArrayList<>();

  // Time sets.
  private final Map<Long, List<HeldTimes>> held = new HashMap<>();
  private final ArrayDeque<HeldTimes> heldOrder = new ArrayDeque<>();
  private long heldTimes;
  private final ByteSink timeSets = new ByteSink();
  private int timeSetCount;
  private final List<TimeSet> openTimeSets = new ArrayList<>();
  private final List<TimeSet> allTimeSets = new ArrayList<>();

  private long minTime = Long.MAX_VALUE;
  private long maxTime = Long.MIN_VALUE;
  private long floatCount;
  private long histogramCount;
  private long chunkCount;
  private int seriesCount;
  private Labels last = Labels.EMPTY;
  private double[] slice = new double[0];
  private long[] longs = new long[0];

  private record Bytes(byte[] b) {
    @Override
    public boolean equals(@org.jspecify.annotations.Nullable Object o) {
      return o instanceof Bytes x && Arrays.equals(b, x.b);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(b);
    }
  }

  private record HeldTimes(int set, long[] times, long hash) {}

  private static final class TimeSet {
    int group;
    int offset;
    int count;
    long first;
    long last;
  }

  private static final class IntList {
    int[] a = new int[2];
    int n;

    void add(int v) {
      if (n == a.length) {
        a = Arrays.copyOf(a, n * 2);
      }
      a[n++] = v;
    }
  }

  /** Starts a block in a folder that is made here and is not yet named as a block. */
  public BlockWriter(FileAccess files, Path folder) throws IOException {
    this.files = files;
    this.folder = folder;
    files.delete(folder);
    files.createDirectories(folder);
    chunks = files.create(folder.resolve(BlockLayout.CHUNKS));
    chunks.write(BlockLayout.CHUNKS_MAGIC, 0, BlockLayout.CHUNKS_MAGIC.length);
  }

  /** Whether a series was added. */
  public boolean isEmpty() {
    return seriesCount == 0;
  }

  /** Adds a series with its samples; labels ascend from call to call. */
  public void add(Labels labels, SampleBuffer samples) throws IOException {
    if (samples.size == 0) {
      return;
    }
    if (seriesCount > 0 && last.compareTo(labels) >= 0) {
      throw new IllegalArgumentException("series do not ascend: " + last + ", " + labels);
    }
    last = labels;
    int series = seriesCount++;
    int[] count = {0};
    int at = seriesPairs.size;
    seriesPairs.putByte(0);
    labels.forEachBytes(
        (b, no, nl, vo, vl) -> {
          int start = no - ByteSink.uvarintSize(nl);
          Bytes key = new Bytes(Arrays.copyOfRange(b, start, vo + vl));
          Integer known = pairNumbers.get(key);
          int pair;
          if (known == null) {
            pair = pairs.size();
            pairNumbers.put(key, pair);
            pairs.add(
                new byte[][] {
                  Arrays.copyOfRange(b, no, no + nl), Arrays.copyOfRange(b, vo, vo + vl)
                });
            postings.add(new IntList());
          } else {
            pair = known;
          }
          postings.get(pair).add(series);
          seriesPairs.uvarint(pair);
          count[0]++;
        });
    if (count[0] < 128) {
      seriesPairs.buf[at] = (byte) count[0];
    } else {
      byte[] rest = Arrays.copyOfRange(seriesPairs.buf, at + 1, seriesPairs.size);
      seriesPairs.size = at;
      seriesPairs.uvarint(count[0]);
      seriesPairs.put(rest, 0, rest.length);
    }
    chunks(samples);
  }

  private void chunks(SampleBuffer b) throws IOException {
    ByteSink mine = new ByteSink(16);
    int n = 0;
    int from = 0;
    while (from < b.size) {
      boolean histogram = b.histograms != null && b.histograms[from] != null;
      int to = from + 1;
      while (to < b.size
          && to - from < BlockLayout.CHUNK_SAMPLES
          && (b.histograms != null && b.histograms[to] != null) == histogram) {
        to++;
      }
      if (chunkGroup.size >= BlockLayout.GROUP_BYTES) {
        flushChunks();
      }
      boolean first = chunkGroup.size == 0;
      int start = chunkGroup.size;
      boolean special = chunk(b, from, to, histogram);
      mine.uvarint(timeSet(b.timestamps, from, to));
      mine.uvarint((long) (chunkGroup.size - start) << 2 | (special ? 2 : 0) | (first ? 1 : 0));
      minTime = Math.min(minTime, b.timestamps[from]);
      maxTime = Math.max(maxTime, b.timestamps[to - 1]);
      n++;
      from = to;
    }
    chunkCount += n;
    seriesChunks.uvarint(n);
    seriesChunks.put(mine.buf, 0, mine.size);
  }

  /** Encodes a chunk; whether it may hold a stale marker. */
  private boolean chunk(SampleBuffer b, int from, int to, boolean histogram) {
    int n = to - from;
    boolean starts = false;
    long[] st = b.startTimestamps;
    for (int i = from; st != null && i < to; i++) {
      starts |= st[i] != 0;
    }
    chunkGroup.putByte(
        (histogram ? BlockLayout.CHUNK_HISTOGRAM : 0) | (starts ? BlockLayout.CHUNK_STARTS : 0));
    if (starts && st != null) {
      if (longs.length < n) {
        longs = new long[BlockLayout.CHUNK_SAMPLES];
      }
      System.arraycopy(st, from, longs, 0, n);
      ints.encode(longs, n, chunkGroup);
    }
    if (histogram && b.histograms != null) {
      Histogram[] h = new Histogram[n];
      for (int i = 0; i < n; i++) {
        Histogram x = b.histograms[from + i];
        if (x == null) {
          throw new IllegalStateException("a float among histograms");
        }
        h[i] = x;
      }
      histograms.encode(h, n, chunkGroup);
      histogramCount += n;
      return true;
    }
    double[] v = b.values;
    if (from > 0) {
      if (slice.length < n) {
        slice = new double[BlockLayout.CHUNK_SAMPLES];
      }
      System.arraycopy(b.values, from, slice, 0, n);
      v = slice;
    }
    boolean special = values.encode(v, n, chunkGroup);
    floatCount += n;
    return special;
  }

  private void flushChunks() throws IOException {
    if (chunkGroup.size > 0) {
      int length = groups.write(chunkGroup, chunks);
      groupLengths.uvarint((long) length << 1);
      groupCount++;
      chunkGroup.clear();
    }
  }

  private void flushTimes() throws IOException {
    if (timeGroup.size > 0) {
      int length = groups.write(timeGroup, chunks);
      groupLengths.uvarint((long) length << 1 | 1);
      for (TimeSet t : openTimeSets) {
        t.group = groupCount;
      }
      openTimeSets.clear();
      groupCount++;
      timeGroup.clear();
    }
  }

  /** The number of a set of timestamps, made when it is new. */
  private int timeSet(long[] t, int from, int to) throws IOException {
    long h = to - from;
    for (int i = from; i < to; i++) {
      h = (h ^ t[i]) * 0x9E3779B97F4A7C15L;
      h ^= h >>> 32;
    }
    List<HeldTimes> same = held.get(h);
    if (same != null) {
      for (HeldTimes x : same) {
        if (Arrays.equals(x.times, 0, x.times.length, t, from, to)) {
          return x.set;
        }
      }
    }
    if (timeGroup.size >= BlockLayout.GROUP_BYTES) {
      flushTimes();
    }
    TimeSet s = new TimeSet();
    s.offset = timeGroup.size;
    s.count = to - from;
    s.first = t[from];
    s.last = t[to - 1];
    long[] copy = Arrays.copyOfRange(t, from, to);
    ints.encode(copy, copy.length, timeGroup);
    openTimeSets.add(s);
    int number = timeSetCount++;
    allTimeSets.add(s);
    HeldTimes x = new HeldTimes(number, copy, h);
    held.computeIfAbsent(h, k -> new ArrayList<>(1)).add(x);
    heldOrder.addLast(x);
    heldTimes += copy.length;
    while (heldTimes > MAX_HELD_TIMES && heldOrder.size() > 1) {
      HeldTimes old = heldOrder.removeFirst();
      heldTimes -= old.times.length;
      List<HeldTimes> list = held.get(old.hash);
      if (list != null) {
        list.remove(old);
        if (list.isEmpty()) {
          held.remove(old.hash);
        }
      }
    }
    return number;
  }

  /**
   * Writes the index and makes all durable.
   *
   * @param draft what the block is; its counts are replaced by what was added
   */
  public BlockMeta finish(BlockMeta draft) throws IOException {
    flushChunks();
    flushTimes();
    chunks.force();
    chunks.close();
    BlockMeta meta =
        new BlockMeta(
            draft.id(),
            draft.minTime(),
            draft.maxTime(),
            floatCount,
            histogramCount,
            seriesCount,
            chunkCount,
            draft.level(),
            draft.late(),
            draft.sources().isEmpty() ? List.of(draft.id()) : draft.sources(),
            draft.parents());
    if (seriesCount > 0 && (minTime < meta.minTime() || maxTime >= meta.maxTime())) {
      throw new IllegalStateException(
          "samples from " + minTime + " to " + maxTime + " do not fit " + meta);
    }
    try (WritableFile f = files.create(folder.resolve(BlockLayout.INDEX))) {
      index(f, meta);
      f.force();
    }
    byte[] json = meta.toJson(0).getBytes(StandardCharsets.UTF_8);
    try (WritableFile f = files.create(folder.resolve(BlockLayout.META))) {
      f.write(json, 0, json.length);
      f.force();
    }
    files.syncDirectory(folder);
    return meta;
  }

  private void index(WritableFile f, BlockMeta meta) throws IOException {
    f.write(BlockLayout.INDEX_MAGIC, 0, BlockLayout.INDEX_MAGIC.length);
    // Final label numbers: by name, then value. ISO 8859-1 strings compare as their bytes do.
    TreeMap<String, List<Integer>> byName = new TreeMap<>();
    for (int p = 0; p < pairs.size(); p++) {
      byName
          .computeIfAbsent(
              new String(pairs.get(p)[0], StandardCharsets.ISO_8859_1), k -> new ArrayList<>())
          .add(p);
    }
    int[] number = new int[pairs.size()];
    List<Integer> ordered = new ArrayList<>(pairs.size());
    ByteSink names = new ByteSink();
    names.uvarint(byName.size());
    byName.forEach(
        (name, list) -> {
          list.sort((a, b) -> Arrays.compareUnsigned(pairs.get(a)[1], pairs.get(b)[1]));
          names.putSized(name.getBytes(StandardCharsets.ISO_8859_1));
          names.uvarint(list.size());
          for (int p : list) {
            number[p] = ordered.size();
            ordered.add(p);
          }
        });

    Section[] sections = new Section[BlockLayout.SECTIONS];
    sections[BlockLayout.SERIES_DIRECTORY] = seriesPages(f, number);
    sections[BlockLayout.POSTINGS_DIRECTORY] = postingsPages(f, ordered);
    sections[BlockLayout.DICTIONARY] = dictionary(byName.values(), names);
    sections[BlockLayout.NAMES] = new Section(names);
    ByteSink g = new ByteSink();
    g.uvarint(groupCount);
    g.put(groupLengths.buf, 0, groupLengths.size);
    sections[BlockLayout.GROUPS] = new Section(g);
    sections[BlockLayout.TIMES] = new Section(times());
    ByteSink m = new ByteSink();
    meta.write(m);
    sections[BlockLayout.META_SECTION] = new Section(m);
    ByteSink footer = new ByteSink();
    for (Section s : sections) {
      footer.putLong(f.position());
      footer.putLong(s.bytes.size);
      footer.putInt(ByteSink.crc(s.bytes.buf, 0, s.bytes.size));
      f.write(s.bytes.buf, 0, s.bytes.size);
    }
    footer.putInt(ByteSink.crc(footer.buf, 0, footer.size));
    footer.put(BlockLayout.INDEX_MAGIC, 0, BlockLayout.INDEX_MAGIC.length);
    f.write(footer.buf, 0, footer.size);
  }

  private record Section(ByteSink bytes) {}

  private ByteSink times() {
    timeSets.uvarint(allTimeSets.size());
    int group = 0;
    long first = 0;
    for (TimeSet t : allTimeSets) {
      timeSets.uvarint(t.group - group);
      timeSets.uvarint(t.offset);
      timeSets.uvarint(t.count);
      timeSets.svarint(t.first - first);
      timeSets.uvarint(t.last - t.first);
      group = t.group;
      first = t.first;
    }
    return timeSets;
  }

  private Section seriesPages(WritableFile f, int[] number) throws IOException {
    ByteSink directory = new ByteSink();
    int pages = (seriesCount + BlockLayout.SERIES_PAGE - 1) / BlockLayout.SERIES_PAGE;
    directory.uvarint(pages);
    directory.uvarint(f.position());
    ByteSource labels = new ByteSource(seriesPairs.buf, 0, seriesPairs.size);
    ByteSource refs = new ByteSource(seriesChunks.buf, 0, seriesChunks.size);
    ByteSink page = new ByteSink();
    ByteSink shared = new ByteSink();
    ByteSink further = new ByteSink();
    ByteSink numbers = new ByteSink();
    ByteSink counts = new ByteSink();
    ByteSink sets = new ByteSink();
    ByteSink lengths = new ByteSink();
    int chunkGroupIndex = -1;
    int offset = 0;
    for (int from = 0; from < seriesCount; from += BlockLayout.SERIES_PAGE) {
      int n = Math.min(BlockLayout.SERIES_PAGE, seriesCount - from);
      for (ByteSink s : List.of(page, shared, further, numbers, counts, sets, lengths)) {
        s.clear();
      }
      // Where the first chunk of the page stands: either behind the last one or in a new group.
      page.uvarint(chunkGroupIndex + 1);
      page.uvarint(offset);
      page.uvarint(n);
      int[] before = {};
      long set = 0;
      for (int i = 0; i < n; i++) {
        int[] p = new int[labels.count()];
        for (int k = 0; k < p.length; k++) {
          p[k] = number[labels.count(Integer.MAX_VALUE)];
        }
        int common = Arrays.mismatch(before, p);
        common = common < 0 ? p.length : common;
        shared.uvarint(common);
        further.uvarint(p.length - common);
        for (int k = common; k < p.length; k++) {
          numbers.uvarint(k == 0 ? p[k] : p[k] - p[k - 1] - 1);
        }
        before = p;
        int c = refs.count(Integer.MAX_VALUE);
        counts.uvarint(c);
        for (int k = 0; k < c; k++) {
          long s = refs.uvarint();
          sets.svarint(s - set);
          set = s;
          long length = refs.uvarint();
          lengths.uvarint(length);
          if ((length & 1) != 0) {
            chunkGroupIndex++;
            offset = 0;
          }
          offset += (int) (length >>> 2);
        }
      }
      for (ByteSink s : List.of(shared, further, numbers, counts, sets, lengths)) {
        page.put(s.buf, 0, s.size);
      }
      directory.uvarint(groups.write(page, f));
    }
    return new Section(directory);
  }

  private Section postingsPages(WritableFile f, List<Integer> ordered) throws IOException {
    ByteSink directory = new ByteSink();
    ByteSink entries = new ByteSink();
    ByteSink body = new ByteSink();
    ByteSink page = new ByteSink();
    long start = f.position();
    int pages = 0;
    int at = 0;
    while (at < ordered.size()) {
      body.clear();
      int first = at;
      while (at < ordered.size() && body.size < BlockLayout.POSTINGS_BYTES) {
        IntList list = postings.get(ordered.get(at));
        body.uvarint(list.n);
        int before = -1;
        for (int i = 0; i < list.n; i++) {
          body.uvarint(list.a[i] - before - 1);
          before = list.a[i];
        }
        at++;
      }
      page.clear();
      page.uvarint(first);
      page.uvarint(at - first);
      page.put(body.buf, 0, body.size);
      entries.uvarint(at - first);
      entries.uvarint(groups.write(page, f));
      pages++;
    }
    directory.uvarint(pages);
    directory.uvarint(start);
    directory.put(entries.buf, 0, entries.size);
    return new Section(directory);
  }

  private Section dictionary(Iterable<List<Integer>> names, ByteSink namesSection) {
    ByteSink out = new ByteSink();
    List<Integer> restarts = new ArrayList<>();
    for (List<Integer> list : names) {
      byte[] before = {};
      for (int i = 0; i < list.size(); i++) {
        byte[] v = pairs.get(list.get(i))[1];
        int common = 0;
        if (i % BlockLayout.RESTART == 0) {
          restarts.add(out.size);
        } else {
          int m = Arrays.mismatch(before, v);
          common = m < 0 ? v.length : m;
        }
        out.uvarint(common);
        out.uvarint(v.length - common);
        out.put(v, common, v.length - common);
        before = v;
      }
    }
    namesSection.uvarint(restarts.size());
    int last = 0;
    for (int r : restarts) {
      namesSection.uvarint(r - last);
      last = r;
    }
    return new Section(out);
  }

  @Override
  public void close() throws IOException {
    groups.close();
    chunks.close();
  }
}
