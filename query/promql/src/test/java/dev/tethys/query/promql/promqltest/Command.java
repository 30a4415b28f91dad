package dev.tethys.query.promql.promqltest;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.parser.SeriesDescription.SequenceValue;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A step of a script. */
sealed interface Command {
  /** Forgets everything. */
  record Clear() implements Command {}

  /**
   * Adds samples.
   *
   * @param step milliseconds between samples
   * @param customHistograms whether classic histograms are loaded as custom-bucket ones too
   */
  record Load(long step, boolean customHistograms, List<LoadedSeries> series) implements Command {}

  /**
   * One series to load.
   *
   * @param starts milliseconds from the sample's time to its start time, null if none
   */
  record LoadedSeries(
      Labels labels, List<SequenceValue> values, @Nullable List<@Nullable Long> starts) {}

  /**
   * A query and what it must give.
   *
   * @param line in the script, from 1
   * @param range whether it is a range query; else {@code end} is the time
   * @param instantOnly not to be repeated as a range query
   * @param scalar the expected number, when no series are expected
   * @param expected values by series, in order of the script
   */
  record Eval(
      int line,
      String query,
      boolean range,
      long start,
      long end,
      long step,
      boolean instantOnly,
      Map<Kind, List<Pattern>> expectations,
      @Nullable Double scalar,
      @Nullable String text,
      Map<Labels, List<SequenceValue>> expected)
      implements Command {
    boolean has(Kind kind) {
      return expectations.containsKey(kind);
    }

    /** The texts that are expected; any of them when there are several. */
    List<Pattern> texts(Kind kind) {
      return expectations.getOrDefault(kind, List.of());
    }
  }

  /** What an {@code expect} line speaks of. */
  enum Kind {
    ORDERED,
    FAIL,
    WARN,
    NO_WARN,
    INFO,
    NO_INFO
  }
}
