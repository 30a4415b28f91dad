package dev.tethys.web.client;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where {@link SharedKeyTls} is: ten megabytes in a folder beside the class path. On the class path
 * its lists of classes would be held in memory by every process, whatever it is told.
 */
final class SharedKeyJars {
  private static @Nullable SharedKeyTls opened;

  private SharedKeyJars() {}

  static synchronized SharedKeyTls opened() throws IOException {
    SharedKeyTls found = opened;
    if (found == null) {
      try {
        found =
            find(
                Path.of(
                        SharedKeyTls.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .resolveSibling("psk"));
      } catch (URISyntaxException e) {
        throw new IOException(e);
      }
      opened = found;
    }
    return found;
  }

  /** The one in a folder of jars; where there is no such folder, the one on the class path. */
  static SharedKeyTls find(Path folder) throws IOException {
    ClassLoader loader = SharedKeyTls.class.getClassLoader();
    if (Files.isDirectory(folder)) {
      List<URL> jars = new ArrayList<>();
      try (Stream<Path> files = Files.list(folder)) {
        for (Path p : files.filter(f -> f.toString().endsWith(".jar")).sorted().toList()) {
          jars.add(p.toUri().toURL());
        }
      }
      // Never closed: what is found is used until the process ends.
      loader = new URLClassLoader("psk", jars.toArray(URL[]::new), loader);
    }
    return ServiceLoader.load(SharedKeyTls.class, loader)
        .findFirst()
        .orElseThrow(
            () ->
                new IOException(
                    "TLS with a key that both sides know wants the jars of "
                        + folder
                        + ", which are not there: install Tethys with them"));
  }
}
