package dev.tethys.web.client;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/**
 * Optional libraries in folders of jars outside the class path: large, and used by few
 * configurations. On the class path, each process would keep their class lists in memory.
 */
public final class OptionalJars {
  private OptionalJars() {}

  /** Returns the folder of that name next to the jar of a class. */
  public static Path folder(Class<?> of, String name) throws IOException {
    try {
      return Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI())
          .resolveSibling(name);
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  /**
   * Loads the service from the jars of a folder, or from the class path if the folder does not
   * exist. Its classes stay loaded until the process ends, so callers load it only once.
   *
   * @param what name of the feature, which starts the error message
   * @throws IOException if the service is missing or incomplete; nothing is left open
   */
  public static <T> T find(Class<T> service, Path folder, String what) throws IOException {
    if (!Files.isDirectory(folder)) {
      return first(service, service.getClassLoader(), folder, what);
    }
    URLClassLoader loader =
        new URLClassLoader(folder.toString(), jars(folder), service.getClassLoader());
    try {
      return first(service, loader, folder, what);
    } catch (IOException e) {
      loader.close();
      throw e;
    }
  }

  private static URL[] jars(Path folder) throws IOException {
    List<URL> jars = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path p : files.filter(f -> f.toString().endsWith(".jar")).sorted().toList()) {
        jars.add(p.toUri().toURL());
      }
    }
    return jars.toArray(URL[]::new);
  }

  private static <T> T first(Class<T> service, ClassLoader loader, Path folder, String what)
      throws IOException {
    try {
      return ServiceLoader.load(service, loader)
          .findFirst()
          .orElseThrow(
              () ->
                  new IOException(
                      what
                          + " requires the jars of "
                          + folder
                          + ", which are missing; install a Tethys distribution that contains"
                          + " them"));
    } catch (ServiceConfigurationError | LinkageError e) {
      throw new IOException(
          what
              + " cannot use the jars of "
              + folder
              + ", install Tethys with all of them: "
              + e.getMessage(),
          e);
    }
  }
}
