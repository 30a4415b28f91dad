package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Firmware information about the machine, from /sys/class/dmi/id; read once. */
final class DmiCollector implements NodeCollector {
  private static final String[] FILES = {
    "bios_date",
    "bios_release",
    "bios_vendor",
    "bios_version",
    "board_asset_tag",
    "board_name",
    "board_serial",
    "board_vendor",
    "board_version",
    "chassis_asset_tag",
    "chassis_serial",
    "chassis_vendor",
    "chassis_version",
    "product_family",
    "product_name",
    "product_serial",
    "product_sku",
    "product_uuid",
    "product_version",
    "sys_vendor"
  };
  private static final Desc INFO =
      Desc.gauge(
          "node_dmi_info",
          "A metric with a constant '1' value labeled by bios_date, bios_release, bios_vendor,"
              + " bios_version, board_asset_tag, board_name, board_serial, board_vendor,"
              + " board_version, chassis_asset_tag, chassis_serial, chassis_vendor,"
              + " chassis_version, product_family, product_name, product_serial, product_sku,"
              + " product_uuid, product_version, system_vendor if provided by DMI.");

  private @Nullable Labels labels;

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    if (labels == null) {
      labels = read(files);
    }
    if (labels.isEmpty()) {
      throw NoDataException.NO_DATA;
    }
    out.add(INFO, 1, labels);
  }

  private static Labels read(HostFiles files) throws HostFileException {
    TreeMap<String, String> all = new TreeMap<>();
    for (String file : FILES) {
      String path = files.sys("class/dmi/id/" + file);
      Text t = files.tryRead(path);
      if (t != null) {
        all.put(file.equals("sys_vendor") ? "system_vendor" : file, t.all());
      } else {
        HostFileException e = new HostFileException("read", path, files.errno());
        if (!e.denied() && !e.missing()) {
          throw e;
        }
      }
    }
    return Labels.of(all);
  }
}
