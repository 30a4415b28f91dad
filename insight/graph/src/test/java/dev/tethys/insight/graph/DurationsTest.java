package dev.tethys.insight.graph;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DurationsTest {
  private static final double[] BOUNDS = {0.1, 1};

  @Test
  void countsBoundsInTheBucketBelow() {
    Durations.Classic d = new Durations.Classic(BOUNDS);
    d.add(0.1, 1);
    d.add(0.2, 2);
    d.add(5, 1);
    assertThat(d.counts()).containsExactly(1, 2, 1);
    assertThat(d.count()).isEqualTo(4);
    assertThat(d.sum()).isEqualTo(0.1 + 0.4 + 5);
  }

  @Test
  void addsDistributionsOfBatches() {
    Durations.Classic all = new Durations.Classic(BOUNDS);
    Durations.Classic batch = new Durations.Classic(BOUNDS);
    batch.add(0.5, 3);
    all.add(batch);
    all.add(batch);
    assertThat(all.counts()).containsExactly(0, 6, 0);
    assertThat(all.sum()).isEqualTo(3);
  }
}
