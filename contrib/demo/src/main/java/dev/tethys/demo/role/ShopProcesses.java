package dev.tethys.demo.role;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.demo.Faults;
import dev.tethys.demo.service.ShopPart;
import dev.tethys.runtime.cli.UsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Processes of the shop, one for each part. A process writes its port to standard output and learns
 * of faults by standard input. It ends with its standard input, so that none is left when this
 * process is killed.
 */
final class ShopProcesses implements AutoCloseable {
  private static final String PORT = "port ";
  private static final int SECONDS_TO_END = 10;
  private static final int PORTS_TO_TRY = 100;

  @GuardedBy("this")
  private final Map<ShopPart, Process> processes = new EnumMap<>(ShopPart.class);

  private final Map<ShopPart, Integer> ports = new EnumMap<>(ShopPart.class);
  private final Consumer<ShopPart> ended;

  @GuardedBy("this")
  private boolean closed;

  /**
   * Starts a process for each part.
   *
   * @param arguments command-line arguments passed to all processes
   * @param address frontend address; others listen on the first free ports after it, since
   *     kernel-selected ports are taken for client ports
   * @param ended called on another thread with a part whose process has ended unexpectedly
   * @throws IOException if a process cannot be started or ends; none is left then
   */
  ShopProcesses(List<String> arguments, String address, Consumer<ShopPart> ended)
      throws IOException {
    this.ended = ended;
    List<String> command = new ArrayList<>(ownCommand());
    command.addAll(arguments);
    boolean started = false;
    try {
      int port = port(address);
      for (ShopPart part : ShopPart.values()) {
        if (part == ShopPart.FRONTEND) {
          start(part, command, address);
        } else {
          port = free(port + 1);
          start(part, command, "127.0.0.1:" + port);
        }
      }
      started = true;
    } finally {
      if (!started) {
        close();
      }
    }
  }

  /**
   * Addresses of parts that run in one process: as for processes, unless the frontend uses any free
   * port.
   */
  static Map<ShopPart, String> addresses(String address) throws IOException {
    Map<ShopPart, String> out = new EnumMap<>(ShopPart.class);
    int port = port(address);
    for (ShopPart part : ShopPart.values()) {
      boolean any = port == 0;
      if (part == ShopPart.FRONTEND) {
        out.put(part, address);
      } else {
        port = any ? 0 : free(port + 1);
        out.put(part, "127.0.0.1:" + port);
      }
    }
    return out;
  }

  /** Words that start this program and its role. */
  private static List<String> ownCommand() throws IOException {
    Path file = Path.of("/proc/self/cmdline");
    if (!Files.isReadable(file)) {
      throw new IOException(
          "separate processes need "
              + file
              + ", which only Linux has; start the demo without them");
    }
    List<String> words =
        Arrays.asList(Files.readString(file, StandardCharsets.ISO_8859_1).split("\0", -1));
    int role = words.indexOf("demo");
    if (role < 0) {
      throw new IOException("the command line of this process does not name the role demo");
    }
    return words.subList(0, role + 1);
  }

  private static int port(String address) {
    String port = address.substring(address.lastIndexOf(':') + 1);
    if (!port.matches("[0-9]{1,5}")) {
      throw new UsageException(
          "tethys demo: --web.listen-address must end with a port, as 127.0.0.1:8089, not "
              + address);
    }
    return Integer.parseInt(port);
  }

  private static int free(int from) throws IOException {
    for (int port = from; port < from + PORTS_TO_TRY && port < 65536; port++) {
      try (ServerSocket s = new ServerSocket()) {
        s.setReuseAddress(true);
        s.bind(new InetSocketAddress("127.0.0.1", port));
        return port;
      } catch (BindException e) {
        // of another program
      }
    }
    throw new IOException("no port is free from " + from + "; use another --web.listen-address");
  }

  private void start(ShopPart part, List<String> base, String address) throws IOException {
    List<String> command = new ArrayList<>(base);
    command.add("--web.listen-address=" + address);
    command.add("--part=" + part.id());
    ports.forEach((p, port) -> command.add("--part.peer=" + p.id() + ":" + port));
    ProcessBuilder b = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    b.environment().put("OTEL_SERVICE_NAME", part.id());
    Process p;
    synchronized (this) {
      p = b.start();
      processes.put(part, p);
    }
    BufferedReader out = p.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    if (line == null || !line.startsWith(PORT)) {
      throw new IOException("the process of " + part.id() + " did not start; see its log");
    }
    ports.put(part, Integer.parseInt(line.substring(PORT.length())));
    Thread.ofVirtual().name("part-" + part.id()).start(() -> follow(part, out));
  }

  private void follow(ShopPart part, BufferedReader out) {
    try (out) {
      String line;
      while ((line = out.readLine()) != null) {
        if (FaultLine.read(line).isPresent()) {
          send(line, part);
        }
      }
    } catch (IOException e) {
      // it has ended
    }
    synchronized (this) {
      if (closed) {
        return;
      }
    }
    ended.accept(part);
  }

  /** Sends a line to all except its origin. */
  private synchronized void send(String line, ShopPart from) {
    processes.forEach(
        (part, p) -> {
          if (part != from) {
            try {
              OutputStream to = p.getOutputStream();
              to.write((line + "\n").getBytes(StandardCharsets.UTF_8));
              to.flush();
            } catch (IOException e) {
              // it has ended, which is reported
            }
          }
        });
  }

  /** Returns the port of the frontend. */
  int port() {
    return ports.getOrDefault(ShopPart.FRONTEND, 0);
  }

  /**
   * Runs in the part's process: announces a port, then follows faults until standard input ends.
   */
  static void serve(int port, Faults faults) throws IOException {
    System.out.println(PORT + port);
    faults.onChange(f -> System.out.println(FaultLine.of(f, faults)));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line;
    while ((line = in.readLine()) != null) {
      FaultLine.read(line).ifPresent(l -> faults.set(l.fault(), l.on()));
    }
  }

  /** Ends the processes, callers before callees. */
  @Override
  public void close() {
    List<Process> all;
    synchronized (this) {
      closed = true;
      all = new ArrayList<>(processes.values()).reversed();
    }
    for (Process p : all) {
      try {
        p.getOutputStream().close();
      } catch (IOException e) {
        p.destroy();
      }
      try {
        if (!p.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
          p.destroyForcibly();
        }
      } catch (InterruptedException e) {
        p.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
