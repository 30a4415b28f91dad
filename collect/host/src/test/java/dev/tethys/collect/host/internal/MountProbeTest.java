package dev.tethys.collect.host.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.internal.MountProbe.Answer;
import dev.tethys.testkit.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A mount that hangs is reported, left alone and asked again once it came back. */
@Timeout(30)
final class MountProbeTest {
  private static Answer ok() {
    return new Answer("", 1, 2, 3, 4, 5);
  }

  @Test
  void continuesDespiteHangingMounts() throws InterruptedException {
    CountDownLatch server = new CountDownLatch(1);
    Semaphore asked = new Semaphore(0);
    MountProbe asker =
        new MountProbe(
            m -> {
              if (m.startsWith("/hang")) {
                asked.release();
                awaitQuietly(server);
              }
              return ok();
            },
            2,
            Duration.ofMillis(300));
    List<String> mounts = List.of("/hang1", "/a", "/hang2", "/b", "/c", "/d", "/e", "/f", "/g");
    for (int round = 0; round < 3; round++) {
      List<Answer> answers = asker.ask(mounts);
      for (int i = 0; i < mounts.size(); i++) {
        assertThat(answers.get(i).error())
            .as(mounts.get(i))
            .isEqualTo(mounts.get(i).startsWith("/hang") ? MountProbe.TIMEOUT : "");
      }
      assertThat(asker.stuckMounts()).isEqualTo(2);
    }
    assertThat(asked.availablePermits()).isEqualTo(2); // not asked again while they hang
    server.countDown();
    while (asker.stuckMounts() > 0) {
      Waiting.pause();
    }
    assertThat(asker.ask(mounts)).allMatch(a -> a.error().isEmpty());
  }

  @Test
  void neverExceedsItsThreadLimit() {
    CountDownLatch server = new CountDownLatch(1);
    List<String> mounts = new ArrayList<>();
    for (int i = 0; i < MountProbe.MAX_THREADS + 20; i++) {
      mounts.add("/hang" + i);
    }
    MountProbe asker =
        new MountProbe(
            m -> {
              awaitQuietly(server);
              return ok();
            },
            4,
            Duration.ofMillis(100));
    for (int round = 0; round < 30; round++) {
      assertThat(asker.ask(mounts)).allMatch(a -> a.error().equals(MountProbe.TIMEOUT));
      assertThat(asker.stuckMounts()).isLessThanOrEqualTo(MountProbe.MAX_THREADS);
    }
    assertThat(asker.stuckMounts()).isEqualTo(MountProbe.MAX_THREADS);
    server.countDown();
  }

  private static void awaitQuietly(CountDownLatch l) {
    try {
      l.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void queriesTheKernel() {
    MountProbe asker = new MountProbe(MountProbe::statfs, 4, Duration.ofSeconds(5));
    List<Answer> a = asker.ask(List.of("/", "/no/such/mount", "/proc"));
    assertThat(a.get(0).size()).isGreaterThan(0);
    assertThat(a.get(0).free()).isLessThanOrEqualTo(a.get(0).size());
    assertThat(a.get(1).error()).isEqualTo("no such file or directory");
    assertThat(a.get(2).error()).isEmpty();
    assertThat(asker.ask(List.of())).isEmpty();
  }
}
