package dev.tethys.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class CarrierReserveTest {
  @Test
  void addsCarriersForLateThreadsAndRemovesThemLater() {
    List<Integer> numbers = new ArrayList<>();
    CarrierReserve r = new CarrierReserve(2, numbers::add);
    r.recordCheck(false);
    assertThat(numbers).isEmpty();
    for (int i = 0; i < 40; i++) {
      r.recordCheck(true);
    }
    assertThat(numbers).startsWith(4, 6, 8).endsWith(30, 32).hasSize(15);
    for (int i = 1; i < CarrierReserve.CALM_LOOKS; i++) {
      r.recordCheck(false);
    }
    assertThat(numbers).last().isEqualTo(32);
    r.recordCheck(false);
    assertThat(numbers).last().isEqualTo(2);
    r.recordCheck(false);
    r.recordCheck(true);
    assertThat(numbers).last().isEqualTo(4);
  }

  /** In its own process: the scheduler of virtual threads is one for all. */
  @Test
  void virtualThreadRunsWhileOthersBlockAllCarriers() throws Exception {
    Process p =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-Djdk.virtualThreadScheduler.parallelism=2",
                "-cp",
                System.getProperty("java.class.path"),
                Computing.class.getName())
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
  }

  /** Computes on as many virtual threads as there are carriers until another one has run. */
  static final class Computing {
    public static void main(String[] args) throws InterruptedException {
      CarrierReserve.keep();
      AtomicBoolean go = new AtomicBoolean(true);
      for (int i = 0; i < 4; i++) {
        Thread.startVirtualThread(
            () -> {
              while (go.get()) {
                Thread.onSpinWait();
              }
            });
      }
      CountDownLatch ran = new CountDownLatch(1);
      Thread.startVirtualThread(ran::countDown);
      boolean answered = ran.await(60, TimeUnit.SECONDS);
      go.set(false);
      System.exit(answered ? 0 : 1);
    }
  }
}
