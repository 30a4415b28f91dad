package dev.tethys.logagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.stages.StageContext;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.pipeline.stages.Stages;
import dev.tethys.testkit.Waiting;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Stages behind which something fails. */
@Timeout(60)
class JobPipelineTest {
  private final StageMetrics metrics = new StageMetrics(new Registry());
  private final BlockingQueue<String> out = new LinkedBlockingQueue<>();

  private Stages stages(String yaml) {
    return Stages.parse(
        YamlDocument.parse("stages", null, yaml).root(), new StageContext("a", metrics));
  }

  private static LogEntry entry(String line) {
    return new LogEntry(Labels.of("app", "x"), 1, line);
  }

  @Test
  void faultAfterHeldEntriesIsNotTheirEnd() throws Exception {
    AtomicInteger faults = new AtomicInteger(1);
    try (JobPipeline p =
        new JobPipeline(
            "a",
            stages("[multiline: {firstline: '^x', max_wait_time: 10ms}]"),
            new StageInspection("a", false),
            e -> {
              if (faults.getAndDecrement() > 0) {
                throw new IllegalStateException("a fault of what comes after");
              }
              out.add(e.line());
            })) {
      p.accept(entry("x first"));
      while (faults.get() > 0) {
        Waiting.pause(); // the clock of the stages is real
      }
      p.accept(entry("x second"));
      assertThat(out.poll(50, TimeUnit.SECONDS)).isEqualTo("x second");
    }
  }

  @Test
  void invalidStagesKeepExistingOnes() throws Exception {
    try (JobPipeline p =
        new JobPipeline(
            "a",
            stages(
                "[template: {source: output, template: '<{{ .Entry }}>'}, output: {source:"
                    + " output}]"),
            new StageInspection("a", false),
            e -> out.add(e.line()))) {
      p.become(
          () -> {
            throw new IllegalStateException("no stages");
          });
      p.accept(entry("a line"));
      p.accept(entry("another"));
      assertThat(out).containsExactly("<a line>", "<another>");
      p.become(() -> stages("[]"));
      p.accept(entry("plain"));
      assertThat(out).contains("plain");
    }
  }

  @Test
  void rejectsOfferWhileAnotherEntryWaits() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch room = new CountDownLatch(1);
    try (JobPipeline p =
        new JobPipeline(
            "a",
            stages("[]"),
            new StageInspection("a", false),
            e -> {
              arrived.countDown();
              try {
                room.await();
              } catch (InterruptedException x) {
                throw new IllegalStateException(x);
              }
              out.add(e.line());
            })) {
      CompletableFuture<Boolean> first =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return p.offer(entry("first"), Duration.ofMinutes(1));
                } catch (InterruptedException x) {
                  throw new IllegalStateException(x);
                }
              });
      arrived.await();
      assertThat(p.offer(entry("second"), Duration.ZERO)).isFalse();
      room.countDown();
      assertThat(first.get()).isTrue();
      assertThat(p.offer(entry("third"), Duration.ofMinutes(1))).isTrue();
      assertThat(out).containsExactly("first", "third");
    }
  }
}
