package dev.tethys.collect.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Folder with the programs of another Debian release, named by the environment variable {@link
 * #VARIABLE}: servers that this machine's release does not have run in it by {@code chroot}. Tests
 * that need one are skipped without it.
 */
public final class DebianRoot implements AutoCloseable {
  /** Environment variable with the folder. */
  public static final String VARIABLE = "TETHYS_DEBIAN_ROOT";

  private final Path root;
  private final Path folder;

  private DebianRoot(Path root) throws IOException {
    this.root = root;
    this.folder = Files.createTempDirectory(root.resolve("tmp"), "tethys");
    folder.toFile().setWritable(true, false);
    folder.toFile().setReadable(true, false);
    folder.toFile().setExecutable(true, false);
  }

  /** Temporary folder in the root with a program; skips the test without the program. */
  public static DebianRoot with(String program) throws IOException {
    String name = System.getenv(VARIABLE);
    boolean there = name != null && Files.isExecutable(Path.of(name).resolve(program.substring(1)));
    Assumptions.assumeTrue(
        there && "root".equals(System.getProperty("user.name")),
        "needs " + program + " in the folder of " + VARIABLE + ", and the user root");
    return new DebianRoot(Path.of(name));
  }

  /** Path of a file of the temporary folder as the programs see it. */
  public String inside(String file) {
    return "/" + root.relativize(folder.resolve(file));
  }

  /** The temporary folder. */
  public Path folder() {
    return folder;
  }

  /** Command that runs a program in the root. */
  public List<String> command(String... program) {
    List<String> out = new ArrayList<>(List.of("chroot", root.toString()));
    out.addAll(List.of(program));
    return out;
  }

  /** Runs a program to its end. */
  public void run(String... program) throws IOException, InterruptedException {
    Path log = folder.resolve("run.log");
    Process p =
        new ProcessBuilder(command(program))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (p.waitFor() != 0) {
      throw new IOException(program[0] + ": " + Files.readString(log));
    }
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path p : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(p);
      }
    }
  }
}
