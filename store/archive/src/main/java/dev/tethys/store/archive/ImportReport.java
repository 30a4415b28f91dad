package dev.tethys.store.archive;

import dev.tethys.store.metrics.BlockInfo;
import java.util.ArrayList;
import java.util.List;

/** Report of an import: imported parts, and omitted data. Not thread-safe. */
public final class ImportReport {
  /** Outcome of one part. */
  public enum Outcome {
    /** The part was written, read again and compared. */
    IMPORTED,
    /** An earlier import has it already. */
    ALREADY_THERE,
    /** Other blocks of the same folder contain it. */
    SUPERSEDED,
    /** The part has no samples. */
    EMPTY,
    /** The part could not be read at all. */
    FAILED
  }

  /**
   * Part of the source.
   *
   * @param source name of the part: a block, "head"
   * @param target the block that it became, empty if none
   * @param minTime timestamp of the oldest sample
   * @param maxTime timestamp of the newest sample
   * @param toHead samples that went to memory since the store has newer ones there
   * @param checksum checksum over all samples, equal before and after writing
   */
  public record Part(
      String source,
      String target,
      Outcome outcome,
      long series,
      long samples,
      long toHead,
      long minTime,
      long maxTime,
      long checksum) {
    /** Returns a part that was written and verified. */
    public static Part of(String source, VerifiedDraft.DraftSummary w) {
      BlockInfo made = w.block();
      return new Part(
          source,
          made == null ? "" : made.ulid(),
          made == null && w.toHead() == 0 ? Outcome.EMPTY : Outcome.IMPORTED,
          w.series(),
          w.samples(),
          w.toHead(),
          w.minTime(),
          w.maxTime(),
          w.checksum());
    }
  }

  /** Problems that are reported; more are only counted. */
  static final int MAX_PROBLEMS = 10_000;

  private final List<Part> parts = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private long problemCount;

  /** Records a part that is done. */
  public void part(Part p) {
    parts.add(p);
  }

  /** Records what could not be imported. */
  public void problem(String what) {
    problemCount++;
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(what);
    }
  }

  /** Records a remark that is not a loss. */
  public void note(String what) {
    notes.add(what);
  }

  public List<Part> parts() {
    return List.copyOf(parts);
  }

  /** Parts that could not be imported, each with a file and, if known, an offset. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /** Returns the number of problems, including unreported ones. */
  public long problemCount() {
    return problemCount;
  }

  public List<String> notes() {
    return List.copyOf(notes);
  }

  /** Samples that were imported. */
  public long samples() {
    return parts.stream().mapToLong(p -> p.samples() + p.toHead()).sum();
  }
}
