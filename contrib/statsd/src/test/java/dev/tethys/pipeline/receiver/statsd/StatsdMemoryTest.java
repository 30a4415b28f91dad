package dev.tethys.pipeline.receiver.statsd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.statsd.StatsdReader;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Senders with few but large series or lines. */
class StatsdMemoryTest {
  private static final int LINES = 1_000;

  /** Values of a series, each of its own bucket. */
  private static final int VALUES = 12;

  private final SeriesMemory memory = new SeriesMemory(1 << 20);
  private final StatsdReader reader = new StatsdReader(StatsdReader.Tags.ALL);

  private StatsdAggregator aggregator(String yaml) {
    return new StatsdAggregator(
        TestPipeline.read(new StatsdReceiverFactory().settings(), yaml).rules(), 0, memory);
  }

  /** Sends lines with a number in each. */
  private RejectedItems send(StatsdAggregator a, String format) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < LINES; i++) {
      lines.append(String.format(format, i)).append('\n');
    }
    byte[] b = lines.toString().getBytes(UTF_8);
    return a.read(reader, b, 0, b.length);
  }

  private void isBounded(String yaml, String format) {
    try (StatsdAggregator a = aggregator(yaml)) {
      RejectedItems refused = send(a, format);
      assertThat(refused.count()).isBetween(1, VALUES * LINES - 1);
      assertThat(refused.text()).contains("the memory for series is used up");
      assertThat(memory.inUse()).isPositive().isLessThanOrEqualTo(memory.total());
      assertThat(a.take(1).itemCount()).isPositive();
      assertThat(memory.inUse()).isZero();
    }
  }

  @Test
  void boundsLongNames() {
    isBounded("{}", "%d" + "n".repeat(2_000) + ":1|c");
  }

  @Test
  void boundsLongTags() {
    isBounded("{}", "n:1|c|#k:%d" + "v".repeat(2_000));
  }

  @Test
  void boundsMembersOfASet() {
    isBounded("{}", "s:%d" + "m".repeat(2_000) + "|s");
  }

  @Test
  void boundsObservations() {
    isBounded("{}", "t:%d|ms|#k:" + "v".repeat(2_000));
  }

  @Test
  void boundsBuckets() {
    isBounded(
        "{timer_histogram_mapping: [{statsd_type: timer, observer_type: histogram, histogram:"
            + " {max_size: 10000}}]}",
        IntStream.range(0, VALUES).mapToObj(i -> "t%1$d:" + i + "|ms").collect(joining("\n")));
  }

  @Test
  void boundsLastValuesOfGauges() {
    try (StatsdAggregator a = aggregator("{}")) {
      for (int i = 0; i < LINES; i++) {
        byte[] b = ("g" + i + "x".repeat(2_000) + ":5|g").getBytes(UTF_8);
        assertThat(a.read(reader, b, 0, b.length).count()).isZero();
        a.take(i);
      }
      assertThat(a.levelBytes()).isLessThanOrEqualTo(memory.total() / 8);
      send(a, "kept:5|g");
      send(a, "kept:+1|g");
      assertThat(a.levelBytes()).isLessThanOrEqualTo(memory.total() / 8);
    }
  }

  @Test
  void releasesMemoryAtStop() {
    try (StatsdAggregator a = aggregator("{temporality: cumulative}")) {
      send(a, "c%d:1|c");
      a.take(1);
      assertThat(memory.inUse()).as("cumulative series are kept").isPositive();
    }
    assertThat(memory.inUse()).isZero();
  }
}
