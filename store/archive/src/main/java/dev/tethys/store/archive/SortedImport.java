package dev.tethys.store.archive;

import dev.tethys.store.archive.ImportReport.Part;
import dev.tethys.store.archive.VerifiedDraft.DraftSummary;
import dev.tethys.store.metrics.BlockImport;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.SampleSorter;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Writes sorted samples as blocks whose range depends on the time they cover. */
public final class SortedImport {
  /** Block ranges: two hours, each further one three times as long, up to 20 days. */
  private static final int LADDER = 6;

  /** More blocks than this are not made while longer ranges are left. */
  private static final int MAX_BLOCKS = 60;

  private SortedImport() {}

  /** Bytes of memory that an import may take for samples that wait to be sorted. */
  public static long memory() {
    return Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 6);
  }

  /** Returns the range of the blocks that samples are written to, in milliseconds. */
  public static long range(SampleSorter samples) {
    long range = SampleSorter.GRANULE_MILLIS;
    for (int i = 1; i < LADDER && samples.ranges(range).size() > MAX_BLOCKS; i++) {
      range *= 3;
    }
    return range;
  }

  /**
   * Writes all samples.
   *
   * @param name source name used in the report
   * @param range time range of a block in milliseconds
   * @param edit transformation of a series before it is written
   * @param made called with each block
   */
  public static void write(
      String name,
      SampleSorter samples,
      long range,
      SampleSorter.Sink edit,
      BlockImport into,
      ImportReport report,
      Progress progress,
      Consumer<BlockInfo> made) {
    List<Long> starts = samples.ranges(range);
    progress.step("writing " + name, starts.size());
    for (long start : starts) {
      try (VerifiedDraft draft =
          new VerifiedDraft(into, null, start, start + range, List.of(), 1)) {
        samples.read(
            start,
            start + range - 1,
            (labels, b) -> {
              edit.series(labels, b);
              if (b.size > 0) {
                draft.add(labels, b);
              }
            });
        DraftSummary w = draft.finish();
        BlockInfo info = w.block();
        if (info != null) {
          made.accept(info);
        }
        report.part(
            Part.of(
                starts.size() == 1 ? name : String.format(Locale.ROOT, "%s/%d", name, start), w));
      }
      progress.advance(1);
    }
  }
}
