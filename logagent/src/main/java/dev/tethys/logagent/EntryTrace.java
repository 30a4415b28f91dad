package dev.tethys.logagent;

import dev.tethys.model.Labels;
import dev.tethys.pipeline.stages.EntrySnapshot;
import dev.tethys.pipeline.web.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trace of one entry through the stages of a job.
 *
 * @param job job that owns the stages
 * @param entry entry as received; null if a timer made stages release buffered entries
 * @param steps steps in the order in which stages finished; nested stages precede the stage that
 *     contains them
 */
record EntryTrace(String job, @Nullable EntrySnapshot entry, List<Step> steps) {
  /** Maximum length of displayed text, in characters. */
  static final int MAX_TEXT = 4096;

  /**
   * One stage.
   *
   * @param before null if the stage emitted entries because of a timeout
   * @param after emitted entries; empty if the stage dropped or holds the entry
   */
  record Step(String stage, @Nullable EntrySnapshot before, List<EntrySnapshot> after) {}

  /** Writes the trace for the page. */
  void write(Json j) {
    j.open('{').key("job").text(job);
    if (entry != null) {
      j.key("entry");
      write(j, entry);
    }
    j.key("steps").open('[');
    for (Step s : steps) {
      j.open('{').key("stage").text(s.stage);
      if (s.before != null) {
        j.key("before");
        write(j, s.before);
      }
      j.key("after").open('[');
      s.after.forEach(a -> write(j, a));
      j.close(']').close('}');
    }
    j.close(']').close('}');
  }

  private static void write(Json j, EntrySnapshot s) {
    long t = s.timestamp();
    Instant at =
        Instant.ofEpochSecond(Math.floorDiv(t, 1_000_000_000L), Math.floorMod(t, 1_000_000_000L));
    j.open('{').key("timestamp").text(at.toString()).key("line").text(cut(s.line()));
    j.key("labels");
    texts(j, s.labels());
    j.key("metadata");
    texts(j, s.metadata());
    j.key("extracted");
    texts(j, s.extracted());
    j.close('}');
  }

  /** Labels as an object. */
  static void texts(Json j, Labels labels) {
    texts(j, labels.toMap());
  }

  /** Strings by name, as an object. */
  static void texts(Json j, Map<String, String> texts) {
    j.open('{');
    texts.forEach((k, v) -> j.key(k).text(cut(v)));
    j.close('}');
  }

  private static String cut(String s) {
    return s.length() <= MAX_TEXT ? s : s.substring(0, MAX_TEXT) + "…";
  }
}
