package dev.tethys.store.metrics.internal.block;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Block metadata.
 *
 * @param id its ULID, which is the name of its folder
 * @param minTime first millisecond of its range, inclusive
 * @param maxTime end of its range, exclusive
 * @param level 1 for a block written from the head, one more than its highest parent else
 * @param late holds only out-of-order samples; in-order samples of the same time are in other
 *     blocks
 * @param sources the level 1 blocks that it was created from
 * @param parents the blocks that it replaces
 * @param shares size by kind of content; empty in blocks of older versions
 * @param resolution bucket length of a downsampled block in milliseconds; 0 for raw samples
 */
public record BlockMeta(
    String id,
    long minTime,
    long maxTime,
    long floats,
    long histograms,
    long series,
    long chunks,
    int level,
    boolean late,
    List<String> sources,
    List<String> parents,
    List<SizeShare> shares,
    long resolution) {

  /** Returns the draft metadata of a block that has not been written. */
  public static BlockMeta draft(
      String id,
      long minTime,
      long maxTime,
      int level,
      boolean late,
      List<String> sources,
      List<String> parents) {
    return new BlockMeta(
        id, minTime, maxTime, 0, 0, 0, 0, level, late, sources, parents, List.of(), 0);
  }

  /** Copy for a block of buckets instead of samples. */
  public BlockMeta downsampled(long bucket) {
    return new BlockMeta(
        id,
        minTime,
        maxTime,
        floats,
        histograms,
        series,
        chunks,
        level,
        late,
        sources,
        parents,
        shares,
        bucket);
  }

  /** Copy with the counts of the written block. */
  BlockMeta with(long floats, long histograms, long series, long chunks, List<SizeShare> shares) {
    return new BlockMeta(
        id,
        minTime,
        maxTime,
        floats,
        histograms,
        series,
        chunks,
        level,
        late,
        sources.isEmpty() ? List.of(id) : sources,
        parents,
        shares,
        resolution);
  }

  void write(ByteSink out) {
    out.putString(id);
    out.svarint(minTime);
    out.svarint(maxTime);
    out.uvarint(floats);
    out.uvarint(histograms);
    out.uvarint(series);
    out.uvarint(chunks);
    out.uvarint(level);
    out.putByte(late ? 1 : 0);
    strings(sources, out);
    strings(parents, out);
    out.uvarint(shares.size());
    for (SizeShare s : shares) {
      out.putString(s.part());
      out.uvarint(s.chunks());
      out.uvarint(s.samples());
      out.uvarint(s.bytes());
    }
    if (resolution > 0) {
      out.uvarint(resolution);
    }
  }

  private static void strings(List<String> list, ByteSink out) {
    out.uvarint(list.size());
    list.forEach(out::putString);
  }

  static BlockMeta read(ByteSource in) {
    return new BlockMeta(
        in.string(),
        in.svarint(),
        in.svarint(),
        in.uvarint(),
        in.uvarint(),
        in.uvarint(),
        in.uvarint(),
        in.count(1000),
        in.getByte() == 1,
        strings(in),
        strings(in),
        shares(in),
        in.remaining() == 0 ? 0 : in.uvarint());
  }

  private static List<String> strings(ByteSource in) {
    int n = in.count();
    List<String> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      out.add(in.string());
    }
    return List.copyOf(out);
  }

  private static List<SizeShare> shares(ByteSource in) {
    List<SizeShare> out = new ArrayList<>();
    for (int n = in.remaining() == 0 ? 0 : in.count(); n > 0; n--) {
      out.add(new SizeShare(in.string(), in.uvarint(), in.uvarint(), in.uvarint()));
    }
    return List.copyOf(out);
  }

  /** JSON with the keys of Prometheus's meta.json: for users, never read back. */
  public String toJson(int tombstones) {
    return String.format(
        Locale.ROOT,
"""
        {
        \t"ulid": "%s",
        \t"minTime": %d,
        \t"maxTime": %d,
        \t"stats": {
        \t\t"numSamples": %d,
        \t\t"numFloatSamples": %d,
        \t\t"numHistogramSamples": %d,
        \t\t"numSeries": %d,
        \t\t"numChunks": %d,
        \t\t"numTombstones": %d
        \t},
        \t"compaction": {
        \t\t"level": %d,
        \t\t"sources": [%s],
        \t\t"parents": [%s],
        \t\t"hints": [%s]
        \t},
%s        \t"version": 1
        }
""",
        id,
        minTime,
        maxTime,
        floats + histograms,
        floats,
        histograms,
        series,
        chunks,
        tombstones,
        level,
        quoted(sources),
        quoted(parents),
        late ? "\"from-out-of-order\"" : "",
        resolution == 0
            ? ""
            : "\t\"tethys\": {\"downsample\": {\"resolution\": " + resolution + "}},\n");
  }

  private static String quoted(List<String> ids) {
    List<String> q = ids.stream().map(s -> '"' + s + '"').toList();
    return String.join(", ", q);
  }
}
