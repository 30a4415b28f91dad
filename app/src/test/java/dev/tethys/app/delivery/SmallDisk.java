package dev.tethys.app.delivery;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A disk that becomes full: a file system in memory, which only root may make. */
final class SmallDisk implements AutoCloseable {
  private static final int PIECE = 64 << 10;

  private final Path folder;

  private SmallDisk(Path folder) {
    this.folder = folder;
  }

  /**
   * Makes one; aborts the test where that is not allowed.
   *
   * @param size MiB
   */
  static SmallDisk mount(int size) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("disk");
    boolean made =
        run("mount", "-t", "tmpfs", "-o", "size=" + size + "m", "tmpfs", folder.toString());
    if (!made) {
      Files.delete(folder);
    }
    Assumptions.assumeTrue(made, "needs the right to mount file systems");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    return new SmallDisk(folder);
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(List.of(command))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return p.waitFor(30, TimeUnit.SECONDS) && p.exitValue() == 0;
  }

  Path folder() {
    return folder;
  }

  private Path ballast() {
    return folder.resolve("ballast");
  }

  /** Takes all space. */
  void fill() throws IOException {
    byte[] piece = new byte[PIECE];
    try (OutputStream out = Files.newOutputStream(ballast())) {
      while (true) {
        out.write(piece);
      }
    } catch (IOException e) {
      if (Files.getFileStore(folder).getUsableSpace() >= PIECE) {
        throw e;
      }
    }
  }

  /** Frees the space. */
  void free() throws IOException {
    Files.delete(ballast());
  }

  @Override
  public void close() throws IOException, InterruptedException {
    if (!run("umount", folder.toString())) {
      run("umount", "-l", folder.toString());
    }
    Files.deleteIfExists(folder);
  }
}
