package dev.tethys.app;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Tethys as its own process, as a user starts it, on a free port of the loopback interface. */
public final class TethysProcess implements AutoCloseable {
  static final HttpClient CLIENT =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Process process;
  private final Path log;
  final int port;
  private String prefix = "";

  private TethysProcess(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /** The command of a role that has little to do and may be many times at once. */
  public static List<String> small(String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.add("-Xmx256m");
    command.addAll(ProcessClasses.options());
    command.add("dev.tethys.app.Main");
    command.addAll(List.of(args));
    return command;
  }

  /**
   * The same of another program.
   *
   * @param main a class on this class path
   */
  public static List<String> small(String main, String[] args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            main));
    command.addAll(List.of(args));
    return command;
  }

  /** Starts {@code tethys ARGS...} in a folder and does not wait. */
  static TethysProcess launch(Path folder, int port, List<String> args) {
    return launch(folder, port, List.of(), args);
  }

  /**
   * The same.
   *
   * @param jvm options of the virtual machine in addition to the usual ones
   */
  static TethysProcess launch(Path folder, int port, List<String> jvm, List<String> args) {
    return launch(folder, port, jvm, Map.of(), args);
  }

  /**
   * The same.
   *
   * @param variables environment in addition to that of this process
   */
  static TethysProcess launch(
      Path folder, int port, List<String> jvm, Map<String, String> variables, List<String> args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(
        List.of("-Xmx512m", "-Djava.util.logging.manager=dev.tethys.runtime.log.SteadyLogManager"));
    command.addAll(ProcessClasses.options());
    command.addAll(jvm);
    command.add("dev.tethys.app.Main");
    command.addAll(args);
    try {
      Path log = Files.createTempFile(folder, "tethys", ".log");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().putAll(variables);
      return new TethysProcess(builder.start(), log, port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts the server with a configuration and waits until it is ready. */
  static TethysProcess server(Path folder, String config, String... flags) {
    return server(folder, Ports.free(), config, flags);
  }

  /** The same on a port that is given, as after a restart. */
  static TethysProcess server(Path folder, int port, String config, String... flags) {
    try {
      Path file = folder.resolve("prometheus.yml");
      Files.writeString(file, config.replace("{port}", String.valueOf(port)));
      List<String> args = new ArrayList<>();
      args.add("server");
      args.add("--config.file=" + file);
      args.add("--storage.tsdb.path=" + folder.resolve("data"));
      args.add("--web.listen-address=127.0.0.1:" + port);
      args.addAll(List.of(flags));
      TethysProcess p = launch(folder, port, args);
      p.prefix = args.stream().anyMatch(a -> a.endsWith("/mon/")) ? "/mon" : "";
      return p.awaitReady();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TethysProcess awaitReady() {
    await(
        "the server to be ready",
        START_LIMIT,
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError("tethys ended with " + process.exitValue() + ":\n" + log());
          }
          try {
            return get(prefix + "/-/ready").statusCode() == 200;
          } catch (UncheckedIOException e) {
            return false;
          }
        });
    return this;
  }

  /** Asks again and again until a condition that another process brings about holds. */
  void await(String what, Duration limit, BooleanSupplier condition) {
    await(what, limit, condition, this::log);
  }

  /**
   * The same without such a process.
   *
   * @param seen what to show when it was in vain
   */
  public static void await(
      String what, Duration limit, BooleanSupplier condition, Supplier<Object> seen) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited " + limit + " for " + what + " in vain:\n" + seen.get());
      }
      LockSupport.parkNanos(50_000_000);
    }
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  HttpResponse<String> post(String path, String contentType, byte[] body) {
    return send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return CLIENT.send(
          request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The JSON of an instant query. */
  String query(String promql) {
    return get("/api/v1/query?query=" + URLEncoder.encode(promql, StandardCharsets.UTF_8)).body();
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Waits for the process to end by itself and gives its exit code. */
  int exitCode() {
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("tethys did not end:\n" + log());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** SIGTERM, and the exit code. */
  int stop() {
    process.destroy();
    return exitCode();
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
    exitCode();
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Ends processes at the same time. */
  static void closeAll(List<TethysProcess> processes) {
    processes.reversed().forEach(p -> p.process.destroy());
    processes.forEach(TethysProcess::close);
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      process.destroy();
      try {
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
      }
    }
  }
}
