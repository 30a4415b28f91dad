package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import java.util.random.RandomGenerator;

/** Keeps a random share of entries. */
final class SamplingStage implements Stage {
  private static final Section KEYS = new Section("sampling", "Samples entries.");
  private static final Key<Double> RATE =
      KEYS.required(
          "rate",
          Type.of("number from 0 to 1", null, n -> n.parse(SamplingStage::rate)),
          "Sampling rate, from 0 to 1.");
  private static final Key<String> REASON =
      KEYS.key(
          "drop_counter_reason",
          Type.STRING,
          "sampling_stage",
          "Reason label of the counter of dropped entries.");

  private final double rate;
  private final RandomGenerator random;
  private final Registry.Counter dropped;

  private SamplingStage(double rate, RandomGenerator random, Registry.Counter dropped) {
    this.rate = rate;
    this.random = random;
    this.dropped = dropped;
  }

  static SamplingStage parse(YamlNode config, StageContext context) {
    YamlObject o = config.object(KEYS);
    return new SamplingStage(
        o.get(RATE),
        context.random(),
        context.metrics().dropped(DropStage.reason(o, REASON, "sampling_stage")));
  }

  private static double rate(String s) {
    double d;
    try {
      d = Double.parseDouble(s);
    } catch (NumberFormatException e) {
      d = Double.NaN;
    }
    if (!(d >= 0 && d <= 1)) {
      throw new IllegalArgumentException(
          "sampling rate must be between 0.0 and 1.0, received " + s);
    }
    return d;
  }

  @Override
  public void process(StageEntry e, Next next) {
    if (random.nextDouble() < rate) {
      next.accept(e);
    } else {
      dropped.inc();
      e.entry.settle();
    }
  }
}
