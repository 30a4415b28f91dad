package dev.tethys.store.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.Waiting;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DiskGuardTest {
  private final SimulatedFiles files = new SimulatedFiles(1);
  private final DiskGuard guard = new DiskGuard(files, Path.of("/logs"), 256 << 20, () -> 7);

  @Test
  void smallDiskKeepsAQuarterFree() {
    files.totalBytes = 60 << 20;
    files.setFree(50 << 20);
    guard.requireSpace();
    files.setFree(14 << 20);
    assertThat(refusal()).contains("less than " + (15 << 20) + " free bytes");
    assertThat(guard.problem()).isNotNull();
    files.setFree(16 << 20);
    assertThat(guard.problem()).as("without an append that finds it out").isNull();
    guard.requireSpace();
  }

  @Test
  void largeDiskKeepsTheReserveFree() {
    files.totalBytes = 1L << 40;
    files.setFree(255 << 20);
    assertThat(refusal())
        .as("an answer names no path")
        .startsWith("the disk has less than " + (256 << 20) + " free bytes");
  }

  /** The guard checks from time to time. */
  private String refusal() {
    StorageException[] refused = new StorageException[1];
    Waiting.await(
        () -> {
          try {
            guard.requireSpace();
            return false;
          } catch (StorageException e) {
            refused[0] = e;
            return true;
          }
        });
    return String.valueOf(refused[0].getMessage());
  }
}
