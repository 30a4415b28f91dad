package dev.tethys.collect.observe.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.process.ProcessFiles.Mount;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class DiskSizesTest {
  private static final DiskSizes.Size SIZE = new DiskSizes.Size(100, 60, 5);

  @TempDir Path proc;
  private long now = 1;

  private static Mount mount(int device) {
    return new Mount("8:" + device, "/data", "/volumes/" + device);
  }

  @Test
  void readsFileSystemThroughTheRootOfAProcess() throws Exception {
    Path data = Files.createDirectories(proc.resolve("10/root/data"));
    DiskSizes.Size size = Objects.requireNonNull(new DiskSizes(proc, () -> now).of(10, mount(1)));
    File same = data.toFile();
    assertThat(size.total()).isEqualTo(same.getTotalSpace()).isPositive();
    assertThat(size.used()).isBetween(0.0, size.total());
    assertThat(size.reserved()).isBetween(0.0, size.total() - size.used());
    assertThat(new DiskSizes(proc, () -> now).of(11, mount(1))).as("an ended process").isNull();
  }

  @Test
  void limitsReadsOfEachFileSystem() {
    AtomicInteger readings = new AtomicInteger();
    DiskSizes sizes =
        new DiskSizes(
            proc,
            () -> now,
            folder -> {
              assertThat(folder).isEqualTo(proc.resolve("10/root/data").toFile());
              readings.incrementAndGet();
              return SIZE;
            });
    for (int i = 0; i < 3; i++) {
      assertThat(sizes.of(10, mount(1))).isEqualTo(SIZE);
    }
    assertThat(readings.get()).isEqualTo(1);
    assertThat(sizes.of(10, mount(2))).isEqualTo(SIZE);
    now += TimeUnit.SECONDS.toNanos(10);
    assertThat(sizes.of(10, mount(1))).isEqualTo(SIZE);
    assertThat(readings.get()).isEqualTo(3);
  }

  @Test
  @Timeout(60)
  void waitsForADeadDiskOnceAndReadsOthersInTheMeantime() throws Exception {
    CountDownLatch dead = new CountDownLatch(1);
    AtomicInteger readings = new AtomicInteger();
    DiskSizes sizes =
        new DiskSizes(
            proc,
            () -> now,
            folder -> {
              readings.incrementAndGet();
              if (folder.getPath().contains("/66/")) {
                awaitQuietly(dead);
              }
              return SIZE;
            });
    assertThat(sizes.of(66, mount(1))).isNull();
    now += TimeUnit.SECONDS.toNanos(10);
    for (int i = 0; i < 1_000; i++) {
      assertThat(sizes.of(66, mount(1))).isNull(); // without waiting again
    }
    assertThat(sizes.of(10, mount(2))).isEqualTo(SIZE);
    assertThat(readings.get()).isEqualTo(2);
    for (int device = 3; device < 9; device++) {
      assertThat(sizes.of(66, mount(device))).isNull();
    }
    assertThat(readings.get()).as("no more threads than may hang").isEqualTo(5);
    dead.countDown();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
