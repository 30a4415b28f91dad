package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSymbolTable;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.SymbolCopier;
import dev.tethys.store.events.PartEntry;
import dev.tethys.store.events.PartSink;
import dev.tethys.store.events.PartWriter;
import dev.tethys.store.events.SectionWriter;
import dev.tethys.store.files.ByteSink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Writes the profiles of a head into parts, one for each day. Symbols are numbered in the order of
 * their use, so that the stacks of a series are neighbours. Not thread-safe.
 */
final class ProfilePartBuilder {
  private static final long DAY_NANOS = 86_400_000_000_000L;
  private static final int MAX_DAYS = 16; // older rows share one part
  private static final int BLOCK_SAMPLES = 1 << 17;
  private static final int BLOCK_ROWS = 1 << 13;
  private static final int LEVEL = 3;
  private static final ByteSink NO_FILTER = new ByteSink(16);

  private final ProfileHead.Snapshot head;
  private final int[] ranks; // of series, in the order of their labels
  private final int[] byRank;

  /** Place of a row in the head. */
  private record HeadRow(ProfileRows chunk, int row) {
    long time() {
      return chunk.times[row];
    }
  }

  ProfilePartBuilder(ProfileHead.Snapshot head) {
    this.head = head;
    Integer[] order = new Integer[head.series().size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order,
        (a, b) ->
            Arrays.compareUnsigned(
                head.series().get(a).canonicalBytes(), head.series().get(b).canonicalBytes()));
    byRank = Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    ranks = new int[byRank.length];
    for (int i = 0; i < byRank.length; i++) {
      ranks[byRank[i]] = i;
    }
  }

  /** Writes all parts. */
  void write(PartSink sink) throws IOException {
    TreeMap<Long, List<HeadRow>> days = new TreeMap<>();
    for (ProfileRows c : head.chunks()) {
      for (int r = 0; r < c.count; r++) {
        days.computeIfAbsent(Math.floorDiv(c.times[r], DAY_NANOS), _ -> new ArrayList<>())
            .add(new HeadRow(c, r));
      }
    }
    List<HeadRow> mixed = new ArrayList<>();
    while (days.size() > MAX_DAYS) {
      mixed.addAll(days.pollFirstEntry().getValue());
    }
    if (!mixed.isEmpty()) {
      sink.part(PartEntry.MIXED, w -> part(mixed, w));
    }
    for (var day : days.entrySet()) {
      sink.part(day.getKey(), w -> part(day.getValue(), w));
    }
  }

  private int rank(HeadRow p) {
    return ranks[p.chunk.series[p.row]];
  }

  private void part(List<HeadRow> rows, PartWriter to) throws IOException {
    rows.sort(Comparator.comparingInt(this::rank).thenComparingLong(HeadRow::time));
    int[] ordinals = new int[byRank.length];
    Arrays.fill(ordinals, -1);
    ByteSink series = new ByteSink(1 << 12);
    List<Labels> labels = new ArrayList<>();
    for (HeadRow p : rows) {
      int rank = rank(p);
      if (ordinals[rank] < 0) {
        ordinals[rank] = labels.size();
        labels.add(head.series().get(byRank[rank]));
      }
    }
    series.uvarint(labels.size());
    labels.forEach(l -> series.putSized(l.canonicalBytes()));
    ByteSink totals = new ByteSink(1 << 12);
    ProfileSymbolTable symbols = new ProfileSymbolTable();
    SymbolCopier copier = new SymbolCopier(head.symbols(), symbols);
    try (SectionWriter sections = new SectionWriter(LEVEL)) {
      ProfileBlockWriter block = new ProfileBlockWriter();
      Samples samples = new Samples();
      ByteSink out = new ByteSink(1 << 16);
      for (int at = 0; at < rows.size(); ) {
        block.clear();
        int from = at;
        while (at < rows.size() && block.samples() < BLOCK_SAMPLES && block.rows() < BLOCK_ROWS) {
          HeadRow p = rows.get(at++);
          p.chunk.read(p.row, samples);
          for (int i = 0; i < samples.count; i++) {
            samples.stacks[i] = copier.node(samples.stacks[i]);
            samples.attributes[i] = copier.attributes(samples.attributes[i]);
          }
          samples.normalize();
          block.add(
              ordinals[rank(p)], p.chunk, p.row, copier.attributes(p.chunk.metas[p.row]), samples);
        }
        List<HeadRow> of = rows.subList(from, at);
        long first = of.stream().mapToLong(HeadRow::time).min().orElse(0);
        long last = of.stream().mapToLong(HeadRow::time).max().orElse(0);
        totals(of, ordinals, first, totals);
        out.clear();
        block.write(sections, out);
        to.block(out, NO_FILTER, of.size(), block.bytes(), first, last);
      }
      symbols(symbols.view(), sections, out.clear());
      to.block(out, NO_FILTER, 0, symbols.bytes(), Long.MAX_VALUE, Long.MIN_VALUE);
    }
    to.section(ProfileSections.SERIES, series);
    to.section(ProfileSections.TOTALS, totals);
  }

  private void totals(List<HeadRow> rows, int[] ordinals, long blockFirst, ByteSink out) {
    int before = 0;
    long series = rows.stream().mapToInt(this::rank).distinct().count();
    out.uvarint(series);
    for (int i = 0; i < rows.size(); ) {
      int rank = rank(rows.get(i));
      int from = i;
      while (i < rows.size() && rank(rows.get(i)) == rank) {
        i++;
      }
      long first = rows.get(from).time(); // rows of a series are sorted by time
      out.uvarint(ordinals[rank] - before);
      before = ordinals[rank];
      out.uvarint(i - from);
      out.uvarint(first - blockFirst);
      out.uvarint(rows.get(i - 1).time() - first);
    }
  }

  private static void symbols(ProfileSymbols s, SectionWriter sections, ByteSink out) {
    ByteSink raw = new ByteSink(1 << 16);
    sections.begin();
    SymbolCodec.strings(s.strings(), raw);
    sections.add(ProfileSections.STRINGS, raw);
    SymbolCodec.fixed(s.mappings(), SymbolCodec.MAPPING, raw.clear());
    sections.add(ProfileSections.MAPPINGS, raw);
    SymbolCodec.fixed(s.functions(), SymbolCodec.FUNCTION, raw.clear());
    sections.add(ProfileSections.FUNCTIONS, raw);
    SymbolCodec.rows(s.locations(), raw.clear());
    sections.add(ProfileSections.LOCATIONS, raw);
    SymbolCodec.fixed(s.nodes(), SymbolCodec.NODE, raw.clear());
    sections.add(ProfileSections.NODES, raw);
    SymbolCodec.rows(s.attributes(), raw.clear());
    sections.add(ProfileSections.ATTRIBUTES, raw);
    sections.end(out);
  }
}
