package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads attributes of the operating system: host name, OS type, processor, addresses. */
final class SystemDetector implements Detector {
  private static final List<String> CPU =
      List.of(
          "host.cpu.vendor.id",
          "host.cpu.family",
          "host.cpu.model.id",
          "host.cpu.model.name",
          "host.cpu.stepping",
          "host.cpu.cache.l2.size");
  private static final Section SECTION = new Section("system", "Host and operating system.");
  private static final Key<List<String>> SOURCES =
      SECTION.key(
          "hostname_sources",
          Type.list(Type.oneOf("hostname source", List.of("dns", "os", "cname", "lookup"))),
          List.of(),
          "Sources of host.name, tried in order; dns and os by default.");
  private static final Key<RequestedAttributes> WANTED =
      RequestedAttributes.key(
          SECTION,
          Set.of("host.name", "os.type"),
          Set.of(
              "host.arch",
              "host.cpu.vendor.id",
              "host.cpu.family",
              "host.cpu.model.id",
              "host.cpu.model.name",
              "host.cpu.stepping",
              "host.cpu.cache.l2.size",
              "host.id",
              "host.interface",
              "host.ip",
              "host.mac",
              "os.build.id",
              "os.description",
              "os.name",
              "os.version"));
  static final Type<Detector> TYPE =
      SECTION.type(
          o ->
              new SystemDetector(
                  o.get(SOURCES).isEmpty() ? List.of("dns", "os") : o.get(SOURCES), o.get(WANTED)));

  private final List<String> sources;
  private final RequestedAttributes wanted;

  private SystemDetector(List<String> sources, RequestedAttributes wanted) {
    this.sources = sources;
    this.wanted = wanted;
  }

  @Override
  public Attributes detect(DetectionEnvironment place) throws IOException {
    Attributes a = new Attributes();
    wanted.put(a, "host.name", name(place));
    wanted.put(a, "os.type", type());
    wanted.put(a, "host.arch", architecture());
    if (wanted.has("host.id")) {
      String id = place.file("etc/machine-id");
      wanted.put(a, "host.id", id == null ? place.file("var/lib/dbus/machine-id") : id);
    }
    release(place, a);
    if (CPU.stream().anyMatch(wanted::has)) {
      processor(place, a);
    }
    if (wanted.has("host.ip") || wanted.has("host.mac") || wanted.has("host.interface")) {
      network(a);
    }
    return a;
  }

  private String name(DetectionEnvironment place) throws IOException {
    IOException cause = null;
    for (String s : sources) {
      try {
        return switch (s) {
          case "dns" -> place.names().qualified();
          case "os" -> place.names().own();
          case "cname" -> place.names().canonical();
          default -> place.names().reverse();
        };
      } catch (IOException e) {
        cause = e;
      }
    }
    throw new IOException("no source provides the host name", cause);
  }

  private static String type() {
    String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (name.startsWith("mac")) {
      return "darwin";
    }
    return name.startsWith("windows") ? "windows" : name;
  }

  private static String architecture() {
    String arch = System.getProperty("os.arch", "");
    return switch (arch) {
      case "aarch64" -> "arm64";
      case "x86_64" -> "amd64";
      case "i386", "i686" -> "x86";
      case "arm" -> "arm32";
      case "ppc64le" -> "ppc64";
      default -> arch;
    };
  }

  private void release(DetectionEnvironment place, Attributes to) {
    Map<String, String> release = releaseFile(place);
    String kernel = place.file("proc/sys/kernel/osrelease");
    String id = release.get("ID");
    String version = release.get("VERSION_ID");
    if ("debian".equals(id)) {
      String debian = place.file("etc/debian_version"); // VERSION_ID is its first part
      version = debian == null ? version : debian;
    }
    wanted.put(to, "os.name", id);
    wanted.put(to, "os.version", version);
    wanted.put(to, "os.build.id", release.getOrDefault("BUILD_ID", kernel));
    if (wanted.has("os.description")) {
      List<String> parts = new ArrayList<>();
      for (String f : List.of("ostype", "hostname", "osrelease", "version")) {
        String part = place.file("proc/sys/kernel/" + f);
        if (part != null) {
          parts.add(part);
        }
      }
      String machine = place.file("proc/sys/kernel/arch");
      parts.add(machine == null ? System.getProperty("os.arch", "") : machine);
      String uname = String.join(" ", parts);
      String what = described(release);
      wanted.put(to, "os.description", what.isEmpty() ? uname : what + " (" + uname + ")");
    }
  }

  private static String described(Map<String, String> release) {
    String name = release.getOrDefault("NAME", "");
    String version = release.getOrDefault("VERSION", release.getOrDefault("VERSION_ID", ""));
    return name.isEmpty() || version.isEmpty()
        ? release.getOrDefault("PRETTY_NAME", "")
        : name + " " + version;
  }

  /** Reads the variables of os-release(5). */
  private static Map<String, String> releaseFile(DetectionEnvironment place) {
    String text = place.file("etc/os-release");
    if (text == null) {
      text = place.file("usr/lib/os-release");
    }
    Map<String, String> out = new HashMap<>();
    if (text != null) {
      for (String line : text.split("\n")) {
        int eq = line.indexOf('=');
        if (eq > 0 && !line.startsWith("#")) {
          out.put(line.substring(0, eq).strip(), unquoted(line.substring(eq + 1).strip()));
        }
      }
    }
    return out;
  }

  private static String unquoted(String s) {
    int n = s.length();
    boolean quoted =
        n > 1 && (s.charAt(0) == '"' || s.charAt(0) == '\'') && s.charAt(n - 1) == s.charAt(0);
    return (quoted ? s.substring(1, n - 1) : s).replaceAll("\\\\([$\"'\\\\`])", "$1");
  }

  /** Attributes of the first processor in /proc/cpuinfo. */
  private void processor(DetectionEnvironment place, Attributes to) {
    Map<String, String> first = new HashMap<>();
    String text = place.file("proc/cpuinfo");
    if (text == null) {
      return;
    }
    for (String line : text.split("\n")) {
      if (line.isBlank()) {
        break;
      }
      int colon = line.indexOf(':');
      if (colon > 0) {
        first.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    wanted.put(to, "host.cpu.vendor.id", first.get("vendor_id"));
    wanted.put(to, "host.cpu.family", first.get("cpu family"));
    wanted.put(to, "host.cpu.model.id", first.get("model"));
    wanted.put(to, "host.cpu.model.name", first.get("model name"));
    wanted.put(to, "host.cpu.stepping", first.get("stepping"));
    wanted.put(to, "host.cpu.cache.l2.size", kilobytes(first.get("cache size")));
  }

  private static @Nullable Long kilobytes(@Nullable String size) {
    return size != null && size.matches("\\d{1,15} KB")
        ? Long.valueOf(size.substring(0, size.length() - 3))
        : null;
  }

  /** Addresses of interfaces that are up and not loopback; names of all interfaces. */
  private void network(Attributes to) throws IOException {
    ArrayValue ips = new ArrayValue();
    ArrayValue macs = new ArrayValue();
    ArrayValue interfaces = new ArrayValue();
    List<NetworkInterface> all = Collections.list(NetworkInterface.getNetworkInterfaces());
    all.sort(java.util.Comparator.comparingInt(NetworkInterface::getIndex));
    for (NetworkInterface i : all) {
      interfaces.add(i.getName());
      if (!i.isUp() || i.isLoopback()) {
        continue;
      }
      for (InetAddress ip : Collections.list(i.getInetAddresses())) {
        if (!ip.isLoopbackAddress()) {
          ips.add(ip.getHostAddress().replaceAll("%.*", ""));
        }
      }
      byte[] mac = i.getHardwareAddress();
      if (mac != null) {
        macs.add(HexFormat.ofDelimiter("-").withUpperCase().formatHex(mac));
      }
    }
    wanted.put(to, "host.ip", ips);
    wanted.put(to, "host.mac", macs);
    wanted.put(to, "host.interface", interfaces);
  }
}
