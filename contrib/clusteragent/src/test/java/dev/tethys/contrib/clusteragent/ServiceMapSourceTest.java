package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.exporter.ObservedDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ServiceMapSourceTest {
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final List<ObservedDatabase> observed = new ArrayList<>();
  private final ServiceMapSource source = new ServiceMapSource(() -> observed, now::get);

  private static ObservedDatabase database(String system, String host, String name) {
    return new ObservedDatabase(system, host, 5432, name, Set.of());
  }

  private List<String> addresses() {
    return source.databases().stream().map(FoundDatabase::address).toList();
  }

  private void pass(Duration time) {
    now.set(now.get().plus(time));
  }

  @Test
  void keepsStoppedDatabasesForAWhile() {
    observed.add(database("postgresql", "10.0.0.1", "shop"));
    observed.add(database("cassandra", "10.0.0.2", "ring"));
    observed.add(database("mysql", "a b", "crm"));
    assertThat(addresses()).containsExactly("10.0.0.1:5432");
    observed.clear();
    pass(ServiceMapSource.KEPT);
    assertThat(addresses()).containsExactly("10.0.0.1:5432");
    pass(Duration.ofSeconds(1));
    assertThat(addresses()).isEmpty();
  }

  @Test
  void followsADatabaseToAnotherAddress() {
    observed.add(database("postgres", "10.0.0.1", "shop"));
    assertThat(addresses()).hasSize(1);
    observed.clear();
    observed.add(database("postgres", "10.0.0.9", "shop"));
    pass(Duration.ofSeconds(10));
    assertThat(addresses()).containsExactly("10.0.0.9:5432");
  }

  @Test
  void boundsStoppedDatabases() {
    for (int i = 0; i < 5000; i++) {
      observed.clear();
      observed.add(database("redis", "h" + i, "n" + i));
      pass(Duration.ofMillis(1));
      source.databases();
    }
    assertThat(addresses().size()).isLessThanOrEqualTo(2 * TargetMerge.MAX_FOUND + 1);
    assertThat(addresses().getFirst()).isEqualTo("h4999:5432");
  }
}
