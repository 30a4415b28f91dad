package dev.tethys.pipeline.extension.opamp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Host attributes reported to an OpAMP server, named by OpenTelemetry's conventions. */
final class HostFacts {
  private HostFacts() {}

  /** Returns all attributes; may query the system. */
  static SortedMap<String, String> attributes() {
    SortedMap<String, String> out = new TreeMap<>();
    String os = os(System.getProperty("os.name", ""));
    out.put("os.type", os);
    out.put("os.description", os.equals("linux") ? description(Path.of("/etc/os-release")) : os);
    out.put("host.arch", arch(System.getProperty("os.arch", "")));
    out.put("host.name", name());
    return out;
  }

  private static String name() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException u) {
        return "localhost";
      }
    }
  }

  private static String os(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.startsWith("mac") ? "darwin" : lower.startsWith("windows") ? "windows" : lower;
  }

  static String arch(String java) {
    return switch (java) {
      case "aarch64" -> "arm64";
      case "x86_64" -> "amd64";
      case "i386", "i686", "x86" -> "386";
      default -> java;
    };
  }

  /** Returns distribution and version, such as "Ubuntu 24.04"; "linux" if unknown. */
  static String description(Path release) {
    Map<String, String> of = new HashMap<>();
    try {
      for (String line : Files.readAllLines(release)) {
        int is = line.indexOf('=');
        if (is > 0) {
          of.put(line.substring(0, is), line.substring(is + 1).replaceAll("^[\"']|[\"']$", ""));
        }
      }
    } catch (IOException e) {
      return "linux";
    }
    String id = of.getOrDefault("ID", "linux");
    String name = id.isEmpty() ? id : id.substring(0, 1).toUpperCase(Locale.ROOT) + id.substring(1);
    return (name + " " + of.getOrDefault("VERSION_ID", "")).strip();
  }
}
