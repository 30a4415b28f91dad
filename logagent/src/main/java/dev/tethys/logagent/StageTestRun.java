package dev.tethys.logagent;

import dev.tethys.config.YamlNode;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.stages.EntrySnapshot;
import dev.tethys.pipeline.stages.StageClock;
import dev.tethys.pipeline.stages.StageContext;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.pipeline.stages.Stages;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs test lines of a user through the stages of a job, separately from the job: they are neither
 * sent nor counted. Stages that wait see their time as elapsed.
 */
final class StageTestRun {
  private StageTestRun() {}

  /** System clock advanced by the simulated waits. */
  private static final class Ahead implements StageClock {
    private long slept;

    @Override
    public long now() {
      return StageClock.system().now() + slept;
    }

    @Override
    public long nanos() {
      return StageClock.system().nanos() + slept;
    }

    @Override
    public void sleep(long nanos) {
      slept += nanos;
    }
  }

  /** Traces of lines, in order, and of entries that stages hold at the end. */
  static List<EntryTrace> of(
      String job, @Nullable YamlNode config, Labels labels, List<String> of) {
    List<EntryTrace.Step> steps = new ArrayList<>();
    Ahead clock = new Ahead();
    StageContext context =
        new StageContext(
            job,
            new StageMetrics(new Registry()),
            clock,
            new Random(),
            (stage, before, after) -> steps.add(new EntryTrace.Step(stage, before, after)));
    Stages stages =
        config == null || config.isNull() ? Stages.none(context) : Stages.parse(config, context);
    List<EntryTrace> out = new ArrayList<>();
    try {
      for (String line : of) {
        LogEntry e = new LogEntry(labels, clock.now(), line);
        EntrySnapshot came =
            new EntrySnapshot(labels, e.metadata(), e.timestamp(), line, new TreeMap<>());
        stages.run(e, LogEntry::settle);
        out.add(new EntryTrace(job, came, List.copyOf(steps)));
        steps.clear();
      }
      stages.drain(LogEntry::settle);
      if (!steps.isEmpty()) {
        out.add(new EntryTrace(job, null, List.copyOf(steps)));
      }
    } finally {
      stages.close();
    }
    return out;
  }
}
