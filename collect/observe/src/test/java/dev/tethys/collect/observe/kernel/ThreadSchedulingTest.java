package dev.tethys.collect.observe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ThreadSchedulingTest {
  private static final String SCHED_OTHER = "0";
  private static final String SCHED_BATCH = "3";

  @Test
  void threadAndItsChildrenGiveWay() throws Exception {
    String[] policies =
        inThread(
            () -> {
              String before = policy();
              ThreadScheduling.giveWay();
              return new String[] {before, policy(), inThread(ThreadSchedulingTest::policy)};
            });

    assertThat(policies).containsExactly(SCHED_OTHER, SCHED_BATCH, SCHED_BATCH);
    assertThat(inThread(ThreadSchedulingTest::policy)).isEqualTo(SCHED_OTHER);
  }

  @Test
  void virtualThreadWouldAffectItsCarrier() throws Exception {
    FutureTask<Void> task =
        new FutureTask<>(
            () -> {
              assertThatThrownBy(ThreadScheduling::giveWay)
                  .isInstanceOf(IllegalStateException.class);
              return null;
            });
    Thread.ofVirtual().start(task);
    task.get();
  }

  private static <T> T inThread(Callable<T> work) throws Exception {
    FutureTask<T> task = new FutureTask<>(work);
    Thread.ofPlatform().start(task);
    return task.get();
  }

  /** The policy of this thread: field 41 of its stat, see proc(5). */
  private static String policy() throws IOException {
    String stat = Files.readString(Path.of("/proc/thread-self/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[38];
  }
}
