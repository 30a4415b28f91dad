package dev.tethys.app;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;

/**
 * Classes of processes under test, as options of the virtual machine: folders of classes are packed
 * into archives, and what a server loads is mapped from one cache of loaded classes, so that a
 * start takes less than half its processor time. Made by the first test of a build that starts a
 * process.
 */
final class ProcessClasses {
  /** Flags that the cache depends on; a cached adapter would be reported as of another name. */
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-XX:TieredStopAtLevel=1",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:-AOTAdapterCaching",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  private static final List<String> OPTIONS = make();

  private ProcessClasses() {}

  /** Options up to the main class, which is one of the product. */
  static List<String> options() {
    return OPTIONS;
  }

  private static List<String> make() {
    try {
      Path folder =
          Files.createDirectories(LauncherTest.repository().resolve("app/target/process-classes"));
      try (FileChannel lock =
              FileChannel.open(
                  folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = lock.lock()) { // other forks of the build make the same
        return make(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> make(Path folder) throws IOException {
    List<Path> folders = new ArrayList<>();
    List<String> classPath = new ArrayList<>();
    StringBuilder state = new StringBuilder(System.getProperty("java.vm.version") + FLAGS);
    for (String part : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
      Path p = Path.of(part);
      if (p.endsWith("test-classes") || part.endsWith("-tests.jar")) {
        continue;
      }
      if (Files.isDirectory(p)) {
        Path jar = folder.resolve(folders.size() + ".jar");
        folders.add(p);
        classPath.add(jar.toString());
      } else {
        classPath.add(part);
      }
      state.append('\n').append(part).append(' ').append(newest(p));
    }
    Path cache = folder.resolve("classes.aot");
    List<String> options = new ArrayList<>(FLAGS);
    options.addAll(List.of("-cp", String.join(java.io.File.pathSeparator, classPath)));
    Path made = folder.resolve("made-of");
    if (!Files.exists(made) || !Files.readString(made).contentEquals(state)) {
      Files.deleteIfExists(made);
      for (int i = 0; i < folders.size(); i++) {
        pack(folders.get(i), folder.resolve(i + ".jar"));
      }
      share(options, cache, folder.resolve("log"));
      Files.writeString(made, state);
    }
    if (Files.exists(cache)) {
      options.addFirst("-XX:AOTCache=" + cache);
    }
    return List.copyOf(options);
  }

  /** Newest time of a change in a folder, or that of a file. */
  private static long newest(Path p) throws IOException {
    if (!Files.exists(p)) {
      return 0;
    }
    try (Stream<Path> all = Files.walk(p)) {
      return all.mapToLong(f -> f.toFile().lastModified()).max().orElse(0);
    }
  }

  private static void pack(Path folder, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream zip = new JarOutputStream(out);
        Stream<Path> all = Files.walk(folder)) {
      zip.setLevel(Deflater.BEST_SPEED);
      for (Path p : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
        zip.putNextEntry(new ZipEntry(folder.relativize(p).toString()));
        Files.copy(p, zip);
      }
    }
  }

  /** Without the cache, which only saves time, processes start all the same. */
  private static void share(List<String> options, Path cache, Path log) throws IOException {
    Files.deleteIfExists(cache);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.add("-XX:AOTCacheOutput=" + cache);
    command.addAll(options);
    command.addAll(List.of("dev.tethys.app.Main", "warm-up"));
    Process p =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      if (!p.waitFor(2, TimeUnit.MINUTES) || p.exitValue() != 0) {
        Files.deleteIfExists(cache);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      p.destroyForcibly();
    }
  }
}
