package dev.tethys.collect.observe;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Identity of a machine, as labels of all its metrics.
 *
 * @param machineId ID from /etc/machine-id, D-Bus or the firmware, without dashes; may be empty
 * @param systemUuid system UUID from the firmware; may be empty
 */
public record MachineIdentity(String machineId, String systemUuid) {
  private static final List<String> MACHINE_ID =
      List.of("etc/machine-id", "var/lib/dbus/machine-id");
  private static final String PRODUCT_UUID = "sys/devices/virtual/dmi/id/product_uuid";

  /**
   * Reads the identity.
   *
   * @param root root of the machine's file system
   */
  public static MachineIdentity read(Path root) {
    String uuid = text(root.resolve(PRODUCT_UUID));
    String id = "";
    for (String file : MACHINE_ID) {
      if (id.isEmpty()) {
        id = text(root.resolve(file));
      }
    }
    return new MachineIdentity((id.isEmpty() ? uuid : id).replace("-", ""), uuid);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return ""; // absent in containers and on some machines
    }
  }

  /** Name of the machine as in Coroot: both identities by their hash if they differ. */
  public String instance() {
    if (systemUuid.isEmpty() || systemUuid.replace("-", "").equals(machineId)) {
      return machineId;
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("MD5")
              .digest((machineId + systemUuid).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /**
   * Attributes of the machine in resources, as Coroot's node agent names them.
   *
   * @param proc mount point of /proc
   */
  public Map<String, String> resource(Path proc) {
    return Map.of("host.name", text(proc.resolve("sys/kernel/hostname")), "host.id", machineId);
  }

  /** Returns the labels added to all metrics of the machine. */
  public Labels labels() {
    return new LabelsBuilder().set("machine_id", machineId).set("system_uuid", systemUuid).build();
  }

  /** Families with labels added to each metric. */
  public static List<MetricFamily> labelled(List<MetricFamily> families, Labels more) {
    List<MetricFamily> out = new ArrayList<>(families.size());
    for (MetricFamily f : families) {
      List<Metric> metrics = new ArrayList<>(f.metrics().size());
      for (Metric m : f.metrics()) {
        metrics.add(
            new Metric(
                new LabelsBuilder(m.labels()).addAll(more).build(),
                m.point(),
                m.timestamp(),
                m.startTimestamp()));
      }
      out.add(new MetricFamily(f.name(), f.type(), f.help(), f.unit(), metrics));
    }
    return out;
  }
}
