package dev.tethys.collect.host.device;

import dev.tethys.model.log.JulLogger;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Names of PCI vendors, devices and classes from a pci.ids file. Lines are {@code id name}, a
 * device below its vendor with one tab and a subsystem with two; classes start with {@code C}.
 */
final class PciIds {
  private static final List<String> PATHS =
      List.of("/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids");

  /** Entries kept; the file has about 40,000. */
  private static final int MAX_ENTRIES = 500_000;

  private final Map<String, String> names = new HashMap<>();

  private PciIds() {}

  /** Reads a file, or the first existing default; without any, IDs are used instead of names. */
  static PciIds read(String file) {
    PciIds ids = new PciIds();
    for (String path : file.isEmpty() ? PATHS : List.of(file)) {
      try (BufferedReader r = Files.newBufferedReader(Path.of(path), StandardCharsets.ISO_8859_1)) {
        ids.parse(r);
        break;
      } catch (IOException e) {
        JulLogger.of(PciIds.class.getName())
            .log(System.Logger.Level.DEBUG, "cannot read {0}: {1}", path, e.getMessage());
      }
    }
    return ids;
  }

  private void parse(BufferedReader r) throws IOException {
    String top = "";
    String second = "";
    String prefix = "";
    for (String line = r.readLine(); line != null; line = r.readLine()) {
      int name = line.indexOf("  ");
      if (line.isEmpty() || line.startsWith("#") || name < 0 || names.size() >= MAX_ENTRIES) {
        continue;
      }
      int tabs = line.startsWith("\t\t") ? 2 : line.startsWith("\t") ? 1 : 0;
      String id = line.substring(tabs, name).strip();
      String key;
      if (tabs == 0) {
        prefix = id.startsWith("C ") ? "C" : "V";
        top = id.startsWith("C ") ? id.substring(2).strip() : id;
        second = "";
        key = top;
      } else if (tabs == 1) {
        second = id;
        key = top + " " + second;
      } else {
        key = top + " " + second + " " + id;
      }
      names.put(prefix + key, line.substring(name).strip());
    }
  }

  String vendor(String id) {
    return names.getOrDefault("V" + id, id);
  }

  String device(String vendor, String id) {
    return names.getOrDefault("V" + vendor + " " + id, id);
  }

  String subsystem(String vendor, String device, String subVendor, String id) {
    return names.getOrDefault("V" + vendor + " " + device + " " + subVendor + " " + id, id);
  }

  /** Returns the most specific name of a six-digit class. */
  String kind(String id) {
    String base = id.substring(0, 2);
    String sub = base + " " + id.substring(2, 4);
    String found = names.get("C" + sub + " " + id.substring(4, 6));
    found = found == null ? names.get("C" + sub) : found;
    found = found == null ? names.get("C" + base) : found;
    return Objects.requireNonNullElse(found, "Unknown class (" + id + ")");
  }
}
