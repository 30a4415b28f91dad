package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.protobuf.ProtoWriter;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeriesShardTest {
  private static int lane(String... namesAndValues) {
    ProtoWriter w = new ProtoWriter();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      int l = w.begin(1);
      w.string(1, namesAndValues[i]).string(2, namesAndValues[i + 1]);
      w.end(l);
    }
    byte[] b = w.toByteArray();
    byte[] inside = new byte[b.length + 5];
    Arrays.fill(inside, (byte) 0x7f);
    System.arraycopy(b, 0, inside, 3, b.length);
    return SeriesShard.of(inside, 3, b.length);
  }

  @Test
  void seriesOfATargetShareALane() {
    for (int i = 0; i < 50; i++) {
      int wanted = lane("__name__", "up", "instance", "i" + i, "job", "j");
      assertThat(lane("__name__", "x", "a", "b", "instance", "i" + i, "job", "j"))
          .isEqualTo(wanted);
      assertThat(lane("job", "j", "instance", "i" + i)).as("in any order").isEqualTo(wanted);
      // A length of two bytes, which the short way does not read.
      assertThat(lane("__name__", "x".repeat(300), "instance", "i" + i, "job", "j"))
          .isEqualTo(wanted);
    }
  }

  @Test
  void usesAllLanes() {
    Set<Integer> byInstance = new HashSet<>();
    Set<Integer> byLabels = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      byInstance.add(lane("__name__", "up", "instance", "host-" + i, "job", "j"));
      byLabels.add(lane("__name__", "a:sum", "cluster", "c" + i));
    }
    assertThat(byInstance).hasSize(SeriesShard.LANES);
    assertThat(byLabels).hasSize(SeriesShard.LANES);
  }

  @Test
  void distinguishesJobFromInstance() {
    int different = 0;
    for (int i = 0; i < 100; i++) {
      if (lane("instance", "a" + i, "job", "b") != lane("instance", "b", "job", "a" + i)) {
        different++;
      }
    }
    assertThat(different).isGreaterThan(70);
  }
}
