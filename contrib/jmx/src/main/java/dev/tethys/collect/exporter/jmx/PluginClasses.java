package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.ConfigException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Classes named in a configuration file, from the class path of the process and the jars and
 * folders of {@code --jmx.plugin-path}. Loaded classes stay until the exporter ends.
 */
final class PluginClasses implements AutoCloseable {
  private final URLClassLoader loader;
  private final List<Path> places;

  /**
   * Opens jars, and folders of classes and jars.
   *
   * @throws IllegalArgumentException if one is not there
   */
  PluginClasses(List<String> paths) throws IOException {
    this.places = paths.stream().filter(p -> !p.isEmpty()).map(Path::of).toList();
    List<URL> urls = new ArrayList<>();
    for (Path p : places) {
      if (!Files.exists(p)) {
        throw new IllegalArgumentException(
            "--" + JmxExporterKind.PLUGINS + ": no such jar or folder " + p);
      }
      urls.add(p.toUri().toURL());
      if (Files.isDirectory(p)) {
        try (Stream<Path> inside = Files.list(p)) {
          for (Path jar : inside.filter(f -> f.toString().endsWith(".jar")).sorted().toList()) {
            urls.add(jar.toUri().toURL());
          }
        }
      }
    }
    this.loader =
        new URLClassLoader(
            "jmx-plugins", urls.toArray(URL[]::new), PluginClasses.class.getClassLoader());
  }

  /** Call into a class of the user. */
  @FunctionalInterface
  interface PluginCall<T, X extends Exception> {
    T run() throws X;
  }

  /**
   * Calls one of these classes as if it were on the class path: resources found by the thread's
   * loader, such as services and JAAS modules, are taken from them.
   */
  <T, X extends Exception> T call(PluginCall<T, X> work) throws X {
    Thread t = Thread.currentThread();
    ClassLoader before = t.getContextClassLoader();
    t.setContextClassLoader(loader);
    try {
      return work.run();
    } finally {
      t.setContextClassLoader(before);
    }
  }

  /**
   * Creates an instance of a class with a no-argument constructor.
   *
   * @throws ConfigException with the position of the name, when it is not available
   */
  <T> T make(PageLogin.Plugin named, Class<T> kind) {
    return call(() -> made(named, kind));
  }

  private <T> T made(PageLogin.Plugin named, Class<T> kind) {
    String name = named.className();
    try {
      Class<?> found = Class.forName(name, true, loader);
      if (!kind.isAssignableFrom(found)) {
        throw wrong(named, "does not extend " + kind.getName());
      }
      if (Modifier.isAbstract(found.getModifiers())) {
        throw wrong(named, "is abstract: name one that can be made");
      }
      return kind.cast(found.getDeclaredConstructor().newInstance());
    } catch (ClassNotFoundException e) {
      throw wrong(
          named,
          "is neither on the class path nor in "
              + (places.isEmpty()
                  ? "a jar that --" + JmxExporterKind.PLUGINS + " names"
                  : "what --" + JmxExporterKind.PLUGINS + " names: " + places)
              + "; name its jar, or the folder of its classes, there");
    } catch (NoSuchMethodException e) {
      throw wrong(named, "has no constructor without arguments");
    } catch (IllegalAccessException e) {
      throw wrong(named, "cannot be made: it and its constructor must be public");
    } catch (InvocationTargetException e) {
      throw wrong(named, "cannot be made: its constructor throws " + e.getCause());
    } catch (InstantiationException | LinkageError e) {
      throw wrong(named, "cannot be loaded: " + e);
    }
  }

  private static ConfigException wrong(PageLogin.Plugin named, String what) {
    return named.node().error("the class " + named.className() + " " + what);
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }
}
