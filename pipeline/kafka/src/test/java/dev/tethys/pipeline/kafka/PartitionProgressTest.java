package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PartitionProgressTest {
  private final PartitionProgress p = new PartitionProgress(10);

  private void forward(long... offsets) {
    for (long o : offsets) {
      p.forward(o, 100);
    }
  }

  @Test
  void positionNeverPassesAnUnfinishedRecord() {
    forward(10, 11, 14);
    assertThat(p.done(14)).isEqualTo(100);
    assertThat(p.done(11)).isEqualTo(100);
    assertThat(p.position()).isEqualTo(10);
    assertThat(p.done(10)).isEqualTo(100);
    assertThat(p.position()).isEqualTo(15);
    assertThat(p.busy()).isFalse();
  }

  @Test
  void returnsToTheFirstFailedRecord() {
    forward(10, 11, 12, 13);
    p.failed(13);
    p.failed(11);
    p.done(12);
    assertThat(p.busy()).isTrue();
    p.done(10);
    assertThat(p.busy()).isFalse();
    assertThat(p.hasFailed()).isTrue();
    assertThat(p.rewind()).isEqualTo(11);
    assertThat(p.position()).isEqualTo(11);
    forward(11, 12, 13);
    p.done(11);
    p.done(12);
    p.done(13);
    assertThat(p.position()).isEqualTo(14);
    assertThat(p.bytesUnderWay()).isZero();
  }

  @Test
  void countsARecordSettledTwiceOnce() {
    forward(10);
    assertThat(p.done(10)).isEqualTo(100);
    assertThat(p.done(10)).isZero();
    assertThat(p.failed(10)).isZero();
    assertThat(p.hasFailed()).isFalse();
  }
}
