package dev.tethys.app.exporter;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A separate JVM that can be read over remote JMX. */
final class JvmProcess implements AutoCloseable {
  private final ServerProcess process;

  /**
   * Starts it and waits for it.
   *
   * @param options of the JVM, in addition to the port
   * @param main the class and its arguments
   */
  JvmProcess(Path folder, List<String> options, List<String> main) throws Exception {
    int port = Ports.free();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Djava.rmi.server.hostname=127.0.0.1",
            "-Dcom.sun.management.jmxremote.host=127.0.0.1",
            "-Dcom.sun.management.jmxremote.port=" + port,
            "-Dcom.sun.management.jmxremote.rmi.port=" + port));
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.addAll(main);
    process = new ServerProcess(port, folder.resolve("jvm-" + port + ".log"), Map.of(), command);
  }

  /** With nothing to keep anybody out. */
  static List<String> open() {
    return List.of(
        "-Dcom.sun.management.jmxremote.authenticate=false",
        "-Dcom.sun.management.jmxremote.ssl=false");
  }

  String address() {
    return "127.0.0.1:" + process.port();
  }

  @Override
  public void close() {
    process.close();
  }
}
