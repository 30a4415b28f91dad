package dev.tethys.pipeline.receiver.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.HeldPipeline;
import dev.tethys.pipeline.receiver.Shown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records before a pipeline that takes its time. */
@Timeout(60)
class LogForwarderTest {
  private final HeldPipeline pipeline = new HeldPipeline();
  private final LogForwarder handover =
      new LogForwarder("receiver test", pipeline, "a", _ -> Thread.sleep(1));

  @BeforeEach
  void begin() {
    handover.thread().start();
  }

  @AfterEach
  void end() {
    handover.thread().interrupt();
  }

  private static List<ResourceGroup<LogRecord>> records(int from, int to) {
    List<ResourceGroup<LogRecord>> out = new ArrayList<>();
    for (int i = from; i < to; i++) {
      LogRecord r = new LogRecord();
      r.setBody("r" + i + ".");
      ScopeGroup<LogRecord> scope = new ScopeGroup<>();
      scope.items().add(r);
      ResourceGroup<LogRecord> g = new ResourceGroup<>();
      g.scopes().add(scope);
      out.add(g);
    }
    return out;
  }

  @Test
  void collectsRecordsDuringABatchIntoTheNext() throws Exception {
    handover.add(records(0, 1));
    pipeline.await(1);
    for (int i = 1; i < 10; i++) {
      handover.add(records(i, i + 1));
    }
    pipeline.complete(Outcome.ACCEPTED);
    pipeline.await(2);
    assertThat(Shown.records(List.of(pipeline.batches.get(1))))
        .hasSize(9)
        .satisfies(
            l -> {
              for (int i = 0; i < 9; i++) {
                assertThat(l.get(i)).contains("r" + (i + 1) + ".");
              }
            });
    pipeline.complete(Outcome.ACCEPTED);
    handover.settle();
    assertThat(pipeline.batches).hasSize(2);
  }

  @Test
  void blocksProducersOfMoreThanABatch() throws Exception {
    handover.add(records(0, 1));
    pipeline.await(1);
    handover.add(records(1, 1 + LogForwarder.MOST));
    Thread more =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    handover.add(records(501, 502));
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    HeldPipeline.until(() -> more.getState() == Thread.State.WAITING);
    pipeline.complete(Outcome.ACCEPTED);
    pipeline.await(2);
    assertThat(pipeline.batches.get(1).items()).isEqualTo(LogForwarder.MOST);
    more.join();
    pipeline.complete(new Outcome.Rejected("no", 1));
    pipeline.await(3);
    assertThat(pipeline.batches.get(2).items()).isEqualTo(1);
  }

  @Test
  void retriesARejectedBatchBeforeTheNext() throws Exception {
    handover.add(records(0, 1));
    pipeline.await(1);
    handover.add(records(1, 2));
    pipeline.complete(new Outcome.Unavailable("full", Duration.ZERO));
    pipeline.await(2);
    assertThat(pipeline.batches.get(1)).isSameAs(pipeline.batches.getFirst());
    pipeline.complete(Outcome.ACCEPTED);
    pipeline.await(3);
    assertThat(Shown.records(pipeline.batches).getLast()).contains("r1.");
  }

  @Test
  void offersWaitingRecordsOnceAtTheEnd() throws Exception {
    handover.add(records(0, 1));
    pipeline.await(1);
    handover.add(records(1, 3));
    handover.thread().interrupt();
    handover.thread().join();
    assertThat(pipeline.batches).hasSize(2);
    assertThat(pipeline.batches.get(1).items()).isEqualTo(2);
    assertThatThrownBy(() -> handover.add(records(3, 4))).isInstanceOf(InterruptedException.class);
  }
}
