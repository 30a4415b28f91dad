package dev.tethys.store.archive.prometheus;

import dev.tethys.model.storage.Appender;
import dev.tethys.store.archive.CorruptFileException;
import dev.tethys.store.archive.ImportReport;
import dev.tethys.store.archive.ImportReport.Outcome;
import dev.tethys.store.archive.ImportReport.Part;
import dev.tethys.store.archive.Progress;
import dev.tethys.store.archive.SortedImport;
import dev.tethys.store.archive.VerifiedDraft;
import dev.tethys.store.archive.VerifiedDraft.DraftSummary;
import dev.tethys.store.metrics.BlockImport;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.SampleSorter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Brings a data folder of Prometheus, or a single block, into the store. Blocks keep their names,
 * so that an import that is repeated, after it was killed or with a newer copy of the folder,
 * imports only new data. The source is read, never changed.
 */
public final class PrometheusImport {
  private static final int EXEMPLARS_A_COMMIT = 1000;

  private final MetricsDatabase database;
  private final Progress progress;
  private final ImportReport report = new ImportReport();

  public PrometheusImport(MetricsDatabase database, Progress progress) {
    this.database = database;
    this.progress = progress;
  }

  /**
   * Imports all blocks, then the samples in the log and the head.
   *
   * @throws IOException if the folder cannot be listed
   * @throws dev.tethys.model.storage.StorageException if the store cannot be written, or a block
   *     reads back different from the written bytes
   */
  public ImportReport run(Path folder) throws IOException {
    try (BlockImport into = database.blockImport()) {
      long end = Long.MIN_VALUE;
      for (SourceBlock f : find(folder)) {
        if (!f.meta.fromOutOfOrder()) {
          end = Math.max(end, f.meta.maxTime());
        }
        block(f, into);
      }
      head(folder, end, into);
      if (into.refused() > 0) {
        report.note(
            into.refused()
                + " samples of the present were not imported: the store has others at their times");
      }
    }
    return report;
  }

  private record SourceBlock(Path folder, BlockMetaFile meta) {}

  /** Returns the blocks of a folder, oldest first, without those that others replace. */
  private List<SourceBlock> find(Path folder) throws IOException {
    List<SourceBlock> found = new ArrayList<>();
    for (Path p : PrometheusFolder.blocks(folder)) {
      try {
        found.add(new SourceBlock(p, BlockMetaFile.read(p.resolve("meta.json"))));
      } catch (IOException | CorruptFileException e) {
        failed(p, e);
      }
    }
    Set<String> replaced = new HashSet<>();
    found.forEach(f -> replaced.addAll(f.meta.parents()));
    List<SourceBlock> out = new ArrayList<>();
    for (SourceBlock f : found) {
      if (replaced.contains(f.meta.ulid())) {
        report.part(none(f, Outcome.SUPERSEDED));
      } else {
        out.add(f);
      }
    }
    out.sort(
        Comparator.comparing((SourceBlock f) -> f.meta.minTime())
            .thenComparing(f -> f.meta.ulid()));
    return out;
  }

  private void head(Path folder, long blocksEnd, BlockImport into) throws IOException {
    try (SampleSorter sorter = database.sampleSorter(SortedImport.memory())) {
      PrometheusHead head =
          new PrometheusHead(folder, blocksEnd, sorter, progress, report::problem);
      head.read();
      SortedImport.write(
          "head", sorter, SampleSorter.GRANULE_MILLIS, head::edit, into, report, progress, b -> {});
      if (!head.metadata().isEmpty()) {
        try (Appender a = database.appender()) {
          head.metadata().forEach(a::metadata);
          a.commit();
        }
      }
      exemplars(head);
    }
  }

  /** Adds exemplars as if they were new; the store keeps the newest of all. */
  private void exemplars(PrometheusHead head) {
    long remaining = head.exemplarsDropped();
    long taken = 0;
    try (Appender a = database.appender()) {
      for (PrometheusHead.SeriesExemplar e : head.exemplars()) {
        if (a.append(a.series(e.series()), e.exemplar()) == Appender.Outcome.OK) {
          if (++taken % EXEMPLARS_A_COMMIT == 0) {
            a.commit();
          }
        } else {
          remaining++; // late, or the second at its time
        }
      }
      a.commit();
    }
    if (taken + remaining > 0) {
      report.note(
          taken
              + " exemplars of the write-ahead log were taken"
              + (remaining == 0
                  ? ""
                  : "; " + remaining + " were left out, being too many, or too old"));
    }
  }

  private void failed(Path block, Exception e) {
    report.problem("block " + block + " was not imported: " + PrometheusBlock.reason(e));
    report.part(new Part(block.getFileName().toString(), "", Outcome.FAILED, 0, 0, 0, 0, 0, 0));
  }

  private static Part none(SourceBlock f, Outcome outcome) {
    return new Part(f.meta.ulid(), "", outcome, 0, 0, 0, f.meta.minTime(), f.meta.maxTime() - 1, 0);
  }

  private void block(SourceBlock f, BlockImport into) {
    List<String> sources = f.meta.sources().isEmpty() ? List.of(f.meta.ulid()) : f.meta.sources();
    if (into.contains(sources)) {
      report.part(none(f, Outcome.ALREADY_THERE));
      return;
    }
    try (PrometheusBlock b = new PrometheusBlock(f.folder)) {
      write(b, sources, into);
    } catch (IOException | CorruptFileException e) {
      failed(f.folder, e);
    }
  }

  private void write(PrometheusBlock b, List<String> sources, BlockImport into) {
    try (VerifiedDraft draft =
        new VerifiedDraft(into, b.ulid(), b.minTime(), b.maxTime(), sources, b.level())) {
      b.forEach(draft::add, progress);
      DraftSummary w = draft.finish();
      b.problems().forEach(report::problem);
      report.part(Part.of(b.ulid(), w));
    }
  }
}
