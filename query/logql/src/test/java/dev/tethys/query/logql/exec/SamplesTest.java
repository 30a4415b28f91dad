package dev.tethys.query.logql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.query.logql.InMemoryLogStore;
import dev.tethys.query.logql.exec.Accumulators.Samples;
import dev.tethys.query.logql.exec.StepGrid.Steps;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SamplesTest {
  private record Sample(long time, double value) {}

  private static List<Sample> sorted(List<Sample> of) {
    QueryRun run =
        new QueryRun(
            new InMemoryLogStore(4),
            Scope.DEFAULT,
            MemoryShare.unlimited(),
            0,
            Runnable::run,
            1,
            () -> 0,
            Long.MAX_VALUE,
            () -> false);
    Samples samples = new Samples(run);
    samples.room(0);
    Steps steps = new Steps(StepGrid.instant(0), 1, 0);
    of.forEach(s -> samples.add(0, steps, s.time, s.value));
    samples.sort(0);
    List<Sample> out = new ArrayList<>();
    for (int i = 0; i < samples.size(0); i++) {
      out.add(new Sample(samples.times(0)[i], samples.values(0)[i]));
    }
    run.close();
    return out;
  }

  @Test
  void sortsSamplesByTimeThenValue() {
    Random random = new Random(7);
    long[] ranges = {1, 50, 1L << 40, Long.MAX_VALUE};
    for (int n = 0; n < 400; n++) {
      long range = ranges[n % ranges.length];
      List<Sample> samples = new ArrayList<>();
      for (int i = random.nextInt(200); i >= 0; i--) {
        long time = range == Long.MAX_VALUE ? random.nextLong() : random.nextLong(range) - 20;
        samples.add(
            new Sample(time, random.nextInt(5) == 0 ? Double.NaN : random.nextInt(3) - 1.0));
      }
      List<Sample> wanted = new ArrayList<>(samples);
      wanted.sort(Comparator.comparingLong(Sample::time).thenComparingDouble(Sample::value));
      assertThat(sorted(samples)).isEqualTo(wanted);
    }
  }
}
