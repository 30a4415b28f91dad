package dev.tethys.query.promql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.testkit.MemoryMetricStore;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/** Starts of queries while others wait for a slot. */
class RunningQueriesTest {
  private static Query query(PromqlEngine engine, String user) {
    return engine.instant(
        new MemoryMetricStore(),
        "vector(1)",
        0,
        new QueryOptions(
            0,
            0,
            false,
            false,
            new QueryOrigin(user, "", "", "", QueryPriority.INTERACTIVE, Scope.DEFAULT),
            QueryOptions.AUTO));
  }

  @Test
  void queuesOnlyQueriesOfTheBusyUser() throws Exception {
    EngineOptions options = EngineOptions.builder().maxConcurrent(10).build();
    RunningQueries running =
        new RunningQueries(
            options, InstantSource.system(), System::nanoTime, (ofUser, starting) -> ofUser == 0);
    long never = Long.MAX_VALUE / 2 + System.nanoTime();
    try (PromqlEngine engine = new PromqlEngine(options)) {
      RunningQueries.QuerySlot first = running.enter(query(engine, "a"), never);
      Thread second =
          Thread.ofVirtual().start(() -> running.enter(query(engine, "a"), never).close());
      while (running.size() < 2) {
        Thread.onSpinWait();
      }
      running.enter(query(engine, "b"), never).close();
      assertThat(running.list(Scope.DEFAULT).getLast().waiting()).isTrue();
      first.close();
      second.join();
      assertThat(running.size()).isZero();
    }
  }
}
