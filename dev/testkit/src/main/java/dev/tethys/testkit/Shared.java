package dev.tethys.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Test data and real peers that are not part of the project. If they are missing, the test is
 * reported as skipped, with the name of the missing item.
 *
 * <p>Conformance data is in the folder named by the environment variable {@code TETHYS_SHARED}, by
 * default {@code ../shared} next to the project; peers are in {@code TETHYS_PEERS}, by default
 * {@code ~/.cache/peers}.
 */
public final class Shared {
  private Shared() {}

  /** Returns the project's root folder. */
  public static Path root() {
    String root = System.getProperty("tethys.root");
    Path p = Path.of(root != null ? root : "").toAbsolutePath();
    while (p.getParent() != null && !Files.exists(p.resolve(".mvn"))) {
      p = p.getParent();
    }
    return p;
  }

  private static Path folder() {
    String env = System.getenv("TETHYS_SHARED");
    return env != null ? Path.of(env) : root().resolveSibling("shared");
  }

  /** Returns a file or folder of the conformance data. */
  public static Path conformance(String relative) {
    return present(folder().resolve("conformance").resolve(relative));
  }

  /** Returns the recorded exporter that benchmarks and tests replay. */
  public static Path recording() {
    return present(folder().resolve("bench/data/node.rec.gz"));
  }

  /** Files of a conformance folder with a name suffix, sorted. */
  public static List<Path> conformanceFiles(String folder, String ending) {
    try (Stream<Path> s = Files.walk(conformance(folder))) {
      return s.filter(p -> p.toString().endsWith(ending))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the path of a real peer, such as {@code promtool}. */
  public static Path peer(String program) {
    return peerFolder("usr/bin/" + program);
  }

  /** Returns a file or folder next to the programs of real peers. */
  public static Path peerFolder(String relative) {
    return present(peers().resolve(relative));
  }

  /**
   * Returns the path of an npm package with its dependencies: in {@code npm/node_modules} of the
   * peers, installed with {@code npm install --ignore-scripts}.
   */
  public static Path npm(String name) {
    return peerFolder("npm/node_modules/" + name);
  }

  private static Path peers() {
    String env = System.getenv("TETHYS_PEERS");
    return env != null ? Path.of(env) : Path.of(System.getProperty("user.home"), ".cache/peers");
  }

  private static Path present(Path p) {
    Assumptions.assumeTrue(Files.exists(p), () -> "needs " + p + ", which is not on this machine");
    return p;
  }
}
