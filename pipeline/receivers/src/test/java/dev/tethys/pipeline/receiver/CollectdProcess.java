package dev.tethys.pipeline.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Real collectd process with one output plugin, fed over its socket. Tests are skipped if collectd
 * or the plugin is not installed.
 */
public final class CollectdProcess implements AutoCloseable {
  public static final Path TYPES = Path.of("/usr/share/collectd/types.db");
  private static final Path PLUGINS = Path.of("/usr/lib/collectd");

  private final Path dir;
  private final Process process;

  /**
   * Starts it.
   *
   * @param dir a folder of its own
   * @param block settings of the plugin, as {@code collectd.conf} has it
   */
  public CollectdProcess(Path dir, String plugin, String block) throws IOException {
    this.dir = dir;
    Path program = Path.of("/usr/sbin/collectd");
    assumeTrue(Files.isExecutable(program), "collectd is not installed");
    assumeTrue(Files.exists(PLUGINS.resolve(plugin + ".so")), plugin + " is not installed");
    Path config =
        Files.writeString(
            dir.resolve("collectd.conf"),
            """
            Hostname "web1"
            BaseDir "%1$s"
            PIDFile "%1$s/pid"
            PluginDir "%2$s"
            TypesDB "%3$s"
            LoadPlugin unixsock
            <Plugin unixsock>
              SocketFile "%1$s/sock"
            </Plugin>
            LoadPlugin %4$s
            <Plugin %4$s>
            %5$s
            </Plugin>
            """
                .formatted(dir, PLUGINS, TYPES, plugin, block));
    process =
        new ProcessBuilder(program.toString(), "-f", "-C", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("log").toFile())
            .start();
  }

  /** Sends a command; returns the response. */
  public String tell(String line) throws Exception {
    Path socket = dir.resolve("sock");
    Samples.until(
        () -> {
          if (!process.isAlive()) {
            assumeFalse(
                log().contains("cannot open shared object file"),
                "a library of collectd's plugin is not installed");
            throw new AssertionError("collectd has ended: " + log());
          }
          return Files.exists(socket);
        });
    ByteBuffer answer = ByteBuffer.allocate(1000);
    try (SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      // The file is there a moment before it listens.
      Samples.until(
          () -> {
            try {
              return c.isConnected() || c.connect(UnixDomainSocketAddress.of(socket));
            } catch (IOException e) {
              return false;
            }
          });
      c.write(ByteBuffer.wrap((line + "\n").getBytes(UTF_8)));
      c.read(answer);
    }
    return new String(answer.array(), 0, answer.position(), UTF_8);
  }

  /**
   * Flushes repeatedly until a condition is true: collectd passes values to its plugins on another
   * thread, and an earlier flush finds nothing.
   */
  public void flushUntil(BooleanSupplier done) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!done.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not happen within 30 s: " + log());
      }
      tell("FLUSH");
    }
  }

  /** Output of the process. */
  public String log() {
    try {
      return Files.readString(dir.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
