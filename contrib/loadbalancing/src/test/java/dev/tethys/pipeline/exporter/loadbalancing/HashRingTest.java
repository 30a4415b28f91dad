package dev.tethys.pipeline.exporter.loadbalancing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Owners as the test data of the Collector's exporter has them. */
class HashRingTest {
  /** Names of services and metrics, and who got them in the test data of the exporter. */
  @ParameterizedTest
  @CsvSource({
    "service-alpha, endpoint-3",
    "service-beta, endpoint-2",
    "service-gamma, endpoint-1",
    "first.monotonic.sum, endpoint-3",
    "second.monotonic.sum, endpoint-3",
    "third.monotonic.sum, endpoint-1",
  })
  void ownersMatchTheCollector(String key, String owner) {
    HashRing r = HashRing.of(List.of("endpoint-3", "endpoint-1", "endpoint-2", "endpoint-1"));
    assertThat(r.owner(key.getBytes(StandardCharsets.UTF_8))).isEqualTo(owner);
  }

  @Test
  void usesTheNextPositionIfTaken() {
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      many.add("10.0.0." + i);
    }
    // 6,000 of 36,000 positions: some hundreds collide, yet each backend has some.
    assertThat(HashRing.of(many).positions()).hasSize(6000).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void wrapsAroundAfterTheLastPosition() {
    HashRing r = HashRing.of(List.of("endpoint-1", "endpoint-2"), 5);
    int[] p = r.positions();
    assertThat(p).hasSize(10);
    assertThat(r.at(p[9] + 1)).isEqualTo(r.at(p[0])).isEqualTo(r.at(0));
    assertThat(r.at(p[3] + 1)).isEqualTo(r.at(p[4]));
    assertThat(HashRing.EMPTY.isEmpty()).isTrue();
  }

  @Test
  void removalMovesOnlyTheRemovedBackendsKeys() {
    List<String> five = List.of("a:1", "b:1", "c:1", "d:1", "e:1");
    HashRing before = HashRing.of(five);
    HashRing after = HashRing.of(five.subList(0, 4));
    Map<String, Integer> shares = new HashMap<>();
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] key = new byte[16];
      random.nextBytes(key);
      String owner = before.owner(key);
      shares.merge(owner, 1, Integer::sum);
      if (!owner.equals("e:1")) {
        assertThat(after.owner(key)).isEqualTo(owner);
      }
    }
    assertThat(shares.values()).allMatch(n -> n > 2000 && n < 6500);
  }
}
