package dev.tethys.api.pyroscope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.access.Scope;
import dev.tethys.web.HttpException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AsyncQueriesTest {
  private static final long IN_PROGRESS = 1;
  private static final long SUCCESS = 2;
  private static final long FAILURE = 3;

  private final AtomicLong clock = new AtomicLong(7);
  private final AsyncQueries queries = new AsyncQueries(clock::get);

  private String submit(Scope scope, Supplier<byte[]> query) {
    return Objects.requireNonNull((String) queries.submit(scope, query).get("request_id"));
  }

  private AsyncQueries.State ended(Scope scope, String id) throws InterruptedException {
    while (true) {
      AsyncQueries.State s = queries.poll(scope, id);
      if (!Objects.equals(s.async().get("status"), IN_PROGRESS)) {
        return s;
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void runningQueriesAreBounded() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    Supplier<byte[]> waiting =
        () -> {
          try {
            end.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return new byte[] {1};
        };
    List<String> ids = new ArrayList<>();
    for (String tenant : List.of("a", "b")) {
      for (int i = 0; i < AsyncQueries.MAX_OF_TENANT; i++) {
        ids.add(submit(Scope.of(tenant), waiting));
      }
    }
    assertThatThrownBy(() -> submit(Scope.of("a"), waiting))
        .isInstanceOfSatisfying(HttpException.class, e -> assertThat(e.status()).isEqualTo(429))
        .hasMessageContaining("5 asynchronous queries of this tenant");
    assertThatThrownBy(() -> submit(Scope.of("c"), waiting))
        .hasMessageContaining("10 asynchronous queries");
    clock.addAndGet(2 * AsyncQueries.KEPT.toNanos());
    assertThat(queries.poll(Scope.of("a"), ids.getFirst()).async())
        .containsEntry("status", IN_PROGRESS);
    end.countDown();
    for (String id : ids) {
      assertThat(
              ended(
                      ids.indexOf(id) < AsyncQueries.MAX_OF_TENANT ? Scope.of("a") : Scope.of("b"),
                      id)
                  .async())
          .containsEntry("status", SUCCESS);
    }
    assertThat(ended(Scope.of("c"), submit(Scope.of("c"), waiting)).answer()).containsExactly(1);
  }

  @Test
  void reportsErrorsAndOversizedResultsAsFailures() throws Exception {
    Supplier<byte[]> failing =
        () -> {
          throw new StackOverflowError();
        };
    assertThat(ended(Scope.of("a"), submit(Scope.of("a"), failing)).async())
        .containsEntry("status", FAILURE)
        .containsEntry("error_message", "java.lang.StackOverflowError");
    assertThat(
            ended(
                    Scope.of("a"),
                    submit(Scope.of("a"), () -> new byte[(int) AsyncQueries.MAX_BYTES + 1]))
                .async())
        .containsEntry("status", FAILURE)
        .hasEntrySatisfying("error_message", m -> assertThat((String) m).contains("max_nodes"));
  }

  @Test
  void dropsOldResults() throws Exception {
    String first = submit(Scope.of("a"), () -> new byte[(int) AsyncQueries.MAX_BYTES]);
    assertThat(ended(Scope.of("a"), first).answer()).hasSize((int) AsyncQueries.MAX_BYTES);
    String second = submit(Scope.of("a"), () -> new byte[1]);
    ended(Scope.of("a"), second);
    assertThatThrownBy(() -> queries.poll(Scope.of("a"), first)).hasMessageContaining(first);
    clock.addAndGet(AsyncQueries.KEPT.toNanos());
    assertThat(queries.poll(Scope.of("a"), second).answer()).hasSize(1);
    clock.incrementAndGet();
    assertThatThrownBy(() -> queries.poll(Scope.of("a"), second))
        .isInstanceOfSatisfying(HttpException.class, e -> assertThat(e.status()).isEqualTo(404));
  }
}
