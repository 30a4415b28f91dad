package dev.tethys.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Temporary output folder of a training run for a start-up cache; deleted with its content. */
public record WarmUpFolder(Path path) implements AutoCloseable {
  /** Creates a new, empty folder. */
  public static WarmUpFolder create() throws IOException {
    return new WarmUpFolder(Files.createTempDirectory("tethys-warm-up"));
  }

  @Override
  public void close() {
    try (Stream<Path> s = Files.walk(path)) {
      s.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
    } catch (IOException e) {
      System.err.println("warm-up: " + path + " was not deleted: " + e.getMessage());
    }
  }
}
