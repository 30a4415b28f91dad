package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.promql.QueryException;
import dev.tethys.web.Routes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignalWarmUpTest {
  @Test
  void queryWithoutMemoryEndsTheWarmUp() throws Exception {
    SignalWarmUp<String> full =
        new SignalWarmUp<>("logs") {
          @Override
          String content() {
            throw QueryException.execution("all running queries together hold too much");
          }

          @Override
          void addApi(Routes routes) {}

          @Override
          List<String> paths(String content, int round) {
            return List.of();
          }
        };
    WarmUpTurns turns =
        new WarmUpTurns(Duration.ofSeconds(10), System::nanoTime, TraceWarmUpTest.NOBODY);
    turns.begin();
    assertThat(full.run(turns)).isZero();
  }
}
