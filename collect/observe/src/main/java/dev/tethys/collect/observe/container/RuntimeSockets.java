package dev.tethys.collect.observe.container;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.collect.observe.connection.IpAddress;
import dev.tethys.collect.observe.connection.PublishedPort;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of containers from the sockets of Docker, Podman and CRI-O, and for Kubernetes on any
 * runtime from the names of the log files that the kubelet keeps.
 */
final class RuntimeSockets {
  private static final int LARGEST_ANSWER = 4 << 20;
  private static final int MAX_PUBLISHED = 256;
  private static final String DOCKERD = "dockerd";
  private static final long TIMEOUT_MILLIS = 2000;
  private static final List<String> DOCKER = List.of("run/docker.sock", "var/run/docker.sock");
  private static final List<String> PODMAN = List.of("run/podman/podman.sock");
  private static final List<String> CRIO = List.of("var/run/crio/crio.sock");

  /** Pause after an unanswered query, in which a socket is not used. */
  private static final long SILENT_NANOS = 60_000_000_000L;

  private final Path root;
  private final LongSupplier nanos;

  /** Time until which each socket is left unused. */
  private final Map<Path, Long> silent = new ConcurrentHashMap<>();

  /**
   * @param root root of the machine's file system
   */
  RuntimeSockets(Path root, LongSupplier nanos) {
    this.root = root;
    this.nanos = nanos;
  }

  /** Whether {@link #of} queries a runtime, which may take seconds. */
  boolean queriesRuntime(Cgroup c) {
    List<String> sockets =
        switch (c.kind()) {
          case DOCKER -> DOCKER;
          case PODMAN -> PODMAN;
          case CRI_O -> CRIO;
          default -> List.of();
        };
    return sockets.stream().anyMatch(s -> Files.exists(root.resolve(s)));
  }

  /** Signals a socket that accepts connections but does not respond. */
  private static final class UnresponsiveException extends IOException {
    private static final long serialVersionUID = 1;

    UnresponsiveException(String message) {
      super(message);
    }
  }

  ContainerMetadata of(Cgroup c) {
    ContainerMetadata m =
        switch (c.kind()) {
          case DOCKER -> inspect(DOCKER, "/containers/" + c.containerId() + "/json");
          case PODMAN -> inspect(PODMAN, "/containers/" + c.containerId() + "/json");
          case CRI_O -> inspect(CRIO, "/containers/" + c.containerId());
          default -> null;
        };
    ContainerMetadata pod = c.path().contains("kubepods") ? kubelet(c.containerId()) : null;
    if (m == null) {
      return pod == null ? ContainerMetadata.NONE : pod;
    }
    return m.labels().containsKey("io.kubernetes.pod.name") || pod == null
        ? m
        : new ContainerMetadata(m.name(), m.image(), pod.labels(), m.logPath(), m.published());
  }

  private @Nullable ContainerMetadata inspect(List<String> sockets, String path) {
    for (String socket : sockets) {
      Path file = root.resolve(socket);
      Long until = silent.get(file);
      if (until != null && nanos.getAsLong() - until < 0) {
        continue;
      }
      if (Files.exists(file)) {
        try {
          return read(get(file, path));
        } catch (UnresponsiveException e) {
          silent.put(file, nanos.getAsLong() + SILENT_NANOS);
          return null;
        } catch (IOException | MalformedJsonException e) {
          return null; // the runtime is down or does not know the container
        }
      }
    }
    return null;
  }

  static @Nullable ContainerMetadata read(String json) throws MalformedJsonException {
    if (!(JsonReader.read(json) instanceof Map<?, ?> top)) {
      return null;
    }
    Map<?, ?> config = top.get("Config") instanceof Map<?, ?> m ? m : Map.of();
    String name = text(top, "Name", "name");
    return new ContainerMetadata(
        name.startsWith("/") ? name.substring(1) : name,
        config.isEmpty() ? text(top, "image", "ImageName") : text(config, "Image", "image"),
        labels(config.isEmpty() ? top.get("labels") : config.get("Labels")),
        text(top, "LogPath", "log_path"),
        top.get("NetworkSettings") instanceof Map<?, ?> net
            ? published(net.get("Ports"))
            : List.of());
  }

  /** Ports as {@code "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}. */
  private static List<PublishedPort> published(@Nullable Object ports) {
    List<PublishedPort> out = new ArrayList<>();
    if (ports instanceof Map<?, ?> m) {
      m.forEach(
          (port, bindings) -> {
            if (String.valueOf(port).endsWith("/tcp") && bindings instanceof List<?> list) {
              list.forEach(binding -> addPublished(binding, out));
            }
          });
    }
    return out;
  }

  private static void addPublished(@Nullable Object binding, List<PublishedPort> to) {
    if (!(binding instanceof Map<?, ?> m) || to.size() >= MAX_PUBLISHED) {
      return;
    }
    String address = text(m, "HostIp", "HostIp");
    try {
      int port = Integer.parseInt(text(m, "HostPort", "HostPort"));
      if (port > 0 && port < 1 << 16) {
        String literal = address.isEmpty() ? "0.0.0.0" : address;
        to.add(new PublishedPort(DOCKERD, IpAddress.of(InetAddress.ofLiteral(literal)), port));
      }
    } catch (IllegalArgumentException e) {
      return; // no port is published
    }
  }

  private static String text(Map<?, ?> m, String first, String second) {
    Object v = m.get(first) != null ? m.get(first) : m.get(second);
    return v instanceof String s ? s : "";
  }

  private static Map<String, String> labels(@Nullable Object labels) {
    Map<String, String> out = new LinkedHashMap<>();
    if (labels instanceof Map<?, ?> m) {
      m.forEach((k, v) -> out.put(String.valueOf(k), String.valueOf(v)));
    }
    return out;
  }

  /** Pod of a container by the link POD_NAMESPACE_CONTAINER-ID.log. */
  private @Nullable ContainerMetadata kubelet(String id) {
    Path folder = root.resolve("var/log/containers");
    try (DirectoryStream<Path> links = Files.newDirectoryStream(folder, "*-" + id + ".log")) {
      for (Path link : links) {
        String file = String.valueOf(link.getFileName());
        String[] parts = file.substring(0, file.length() - id.length() - 5).split("_", 3);
        if (parts.length == 3) {
          return new ContainerMetadata(
              parts[2],
              "",
              Map.of(
                  "io.kubernetes.pod.name", parts[0],
                  "io.kubernetes.pod.namespace", parts[1],
                  "io.kubernetes.container.name", parts[2]),
              "/" + root.relativize(link),
              List.of());
        }
      }
    } catch (IOException e) {
      return null; // no kubelet on this machine
    }
    return null;
  }

  private static String get(Path socket, String path) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        Selector selector = Selector.open()) {
      String request = "GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n";
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteBuffer buffer = ByteBuffer.allocate(16_384);
      long end = System.nanoTime() + TIMEOUT_MILLIS * 1_000_000;
      while (true) {
        long remaining = (end - System.nanoTime()) / 1_000_000;
        if (remaining <= 0 || selector.select(remaining) == 0) {
          throw new UnresponsiveException(socket + ": no response within " + TIMEOUT_MILLIS + "ms");
        }
        selector.selectedKeys().clear();
        buffer.clear();
        int n = channel.read(buffer);
        if (n < 0) {
          break;
        }
        out.write(buffer.array(), 0, n);
        if (out.size() > LARGEST_ANSWER) {
          throw new IOException(socket + ": answer larger than " + LARGEST_ANSWER + " bytes");
        }
      }
      String answer = out.toString(StandardCharsets.UTF_8);
      int body = answer.indexOf("\r\n\r\n");
      if (body < 0 || !answer.startsWith(" 200", 8)) {
        throw new IOException(socket + ": " + answer.lines().findFirst().orElse("empty answer"));
      }
      return answer.substring(body + 4);
    }
  }
}
