package dev.tethys.pipeline.receiver.scraping;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that are ended together. */
@Timeout(30)
class IntervalCollectorTest {
  @Test
  void interruptsAllThreadsBeforeWaiting() {
    CountDownLatch told = new CountDownLatch(1);
    Thread first =
        Thread.ofVirtual()
            .start(
                () -> {
                  boolean done = false;
                  while (!done) {
                    try {
                      told.await();
                      done = true;
                    } catch (InterruptedException e) {
                      // it ends when the other one was interrupted
                    }
                  }
                });
    Thread second =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    told.countDown();
                  }
                });
    Thread unstarted = Thread.ofVirtual().unstarted(() -> {});
    IntervalCollector.stop(List.of(first, unstarted, second), "receiver test", Duration.ofHours(1));
    assertThat(first.isAlive()).isFalse();
    assertThat(second.isAlive()).isFalse();
  }
}
