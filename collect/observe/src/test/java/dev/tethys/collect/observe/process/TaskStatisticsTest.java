package dev.tethys.collect.observe.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.observe.kernel.NetlinkClient;
import dev.tethys.collect.observe.process.TaskStatistics.Delays;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskStatisticsTest {
  private static final Path PROC = Path.of("/proc");
  private static final int OWN = (int) ProcessHandle.current().pid();

  private static byte[] recorded(String name) throws IOException {
    Properties p = new Properties();
    try (InputStream in =
        TaskStatisticsTest.class.getResourceAsStream("/netlink/taskstats.properties")) {
      p.load(in);
    }
    return HexFormat.of().parseHex(p.getProperty(name));
  }

  private static ByteBuffer message(String name) throws IOException {
    return Objects.requireNonNull(
        NetlinkClient.message("taskstats", ByteBuffer.wrap(recorded(name)), 1));
  }

  @Test
  void readsRecordedAnswers() throws IOException {
    assertThat(TaskStatistics.family(message("family"))).isEqualTo(31);
    assertThat(TaskStatistics.delays(message("process"))).isEqualTo(new Delays(24_058_766_827L, 0));
    assertThatThrownBy(() -> message("error.none"))
        .isInstanceOfSatisfying(
            LibraryException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
  }

  @Test
  void readsDiskDelaysWhereSupported() throws IOException {
    byte[] whole = recorded("process");
    whole[36 + 41] = 2; // blkio_delay_total of struct taskstats, which starts at 36
    ByteBuffer m = NetlinkClient.message("taskstats", ByteBuffer.wrap(whole), 1);
    assertThat(TaskStatistics.delays(Objects.requireNonNull(m)))
        .isEqualTo(new Delays(24_058_766_827L, 512));
  }

  @Test
  void leavesOutShortAnswers() throws IOException {
    byte[] whole = recorded("process");
    for (int length = 16; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      cut[0] = (byte) length;
      cut[1] = (byte) (length >> 8);
      ByteBuffer m = NetlinkClient.message("taskstats", ByteBuffer.wrap(cut), 1);
      assertThat(TaskStatistics.delays(Objects.requireNonNull(m))).isNull();
    }
  }

  @Test
  void readsKernelSetting(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("task_delayacct");
    assertThat(TaskStatistics.measuresDisks(file)).as("before Linux 5.14").isTrue();
    assertThat(TaskStatistics.measuresDisks(Files.writeString(file, "0\n"))).isFalse();
    assertThat(TaskStatistics.measuresDisks(Files.writeString(file, "1\n"))).isTrue();
  }

  /** Waiting of the threads that run, as /proc has it. */
  private static long waited() throws IOException {
    long sum = 0;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(PROC.resolve("self/task"))) {
      for (Path t : threads) {
        try {
          sum += Long.parseLong(Files.readString(t.resolve("schedstat")).strip().split(" ")[1]);
        } catch (IOException e) {
          continue; // it has ended
        }
      }
    }
    return sum;
  }

  @Test
  void includesDelaysOfAllThreadsOfThisProcess() throws IOException {
    String refusal = "";
    try (TaskStatistics t = new TaskStatistics(PROC)) {
      long before = waited();
      Thread.ofPlatform().start(() -> {}).join(); // its waiting stays after its end
      Delays now = Objects.requireNonNull(t.of(OWN));
      assertThat(now.cpu()).isGreaterThanOrEqualTo(before).isPositive();
      assertThat(t.of(Integer.MAX_VALUE)).as("no process").isNull();
    } catch (LibraryException e) {
      refusal = String.valueOf(e.getMessage());
      assertThat(e.errno()).isIn(Errno.EPERM, Errno.EACCES, Errno.ENOENT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    assumeTrue(refusal.isEmpty(), refusal);
  }
}
