package dev.tethys.pipeline.stages;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.logs.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Test rig: stages parsed from text, a clock owned by the test, and the emitted entries. */
final class Rig {
  final ManualClock clock = new ManualClock();
  final Registry registry = new Registry();
  final StageMetrics metrics = new StageMetrics(registry);
  final List<LogEntry> out = new ArrayList<>();
  final AtomicInteger settled = new AtomicInteger();
  final List<String> observed = new ArrayList<>();
  Stages stages;

  Rig(String yaml) {
    this(yaml, null);
  }

  private Rig(String yaml, @Nullable StageObserver observer) {
    StageContext context = new StageContext("job", metrics, clock, new Random(1), observer);
    YamlDocument doc = YamlDocument.parse("test.yml", null, yaml);
    stages = Stages.parse(doc.root(), context);
    doc.refuseNotBuilt();
  }

  static Rig observed(String yaml, StageObserver observer) {
    return new Rig(yaml, observer);
  }

  /** Runs a line of a stream and returns the entries emitted immediately. */
  List<LogEntry> run(String line, String... labels) {
    return run(clock.now, line, labels);
  }

  List<LogEntry> run(long timestamp, String line, String... labels) {
    int before = out.size();
    stages.run(
        new LogEntry(Labels.of(labels), timestamp, line, settled::incrementAndGet), out::add);
    return out.subList(before, out.size());
  }

  LogEntry one(String line, String... labels) {
    return run(line, labels).getFirst();
  }

  List<String> lines() {
    return out.stream().map(LogEntry::line).toList();
  }

  /** The value of a metric, or NaN. */
  double metric(String name, String... labels) {
    Labels wanted = Labels.of(labels);
    for (MetricFamily f : registry.gather()) {
      for (MetricFamily.Metric m : f.metrics()) {
        if (f.name().equals(name)
            && m.labels().equals(wanted)
            && m.point() instanceof MetricFamily.Value v) {
          return v.value();
        }
      }
    }
    return Double.NaN;
  }

  /** A clock that stops until it is moved; a sleep moves it. */
  static final class ManualClock implements StageClock {
    long now = 1_700_000_000_000_000_000L;
    long nanos = 1;

    void advance(long by) {
      now += by;
      nanos += by;
    }

    @Override
    public long now() {
      return now;
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void sleep(long by) {
      advance(by);
    }
  }
}
