package dev.tethys.pipeline.receiver;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Another Java program, started with an agent, which sends to us. */
public final class AgentProcess implements AutoCloseable {
  private final Process process;
  private final Path log;

  /**
   * Starts a class of the tests.
   *
   * @param agent a class in the jar of the agent
   * @param options of the JVM
   */
  public AgentProcess(
      String agent, Class<?> main, Path folder, Map<String, String> environment, String... options)
      throws IOException {
    log = folder.resolve("agent.log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of(options));
    command.add("-javaagent:" + jar(agent));
    command.addAll(List.of("-cp", classes(main).toString(), main.getName()));
    ProcessBuilder b =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    b.environment().putAll(environment);
    process = b.start();
  }

  private static Path jar(String type) {
    String path = type.replace('.', '/') + ".class";
    URL url =
        Objects.requireNonNull(
            AgentProcess.class.getClassLoader().getResource(path), "no agent on the class path");
    String s = url.getPath();
    return Path.of(URI.create(s.substring(0, s.indexOf('!'))));
  }

  private static Path classes(Class<?> main) {
    return Path.of(URI.create(main.getProtectionDomain().getCodeSource().getLocation().toString()));
  }

  /** Output of the process. */
  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
