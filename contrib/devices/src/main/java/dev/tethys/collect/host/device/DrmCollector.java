package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import java.io.IOException;

/** Graphics cards of AMD from /sys/class/drm. */
final class DrmCollector implements NodeCollector {
  private static final Desc INFO =
      Desc.gauge(
          "node_drm_card_info",
          "Card information",
          "card",
          "memory_vendor",
          "power_performance_level",
          "unique_id",
          "vendor");

  private record Property(String file, Desc desc) {}

  private static final Property[] PROPERTIES = {
    of("gpu_busy_percent", "gpu_busy_percent", "How busy the GPU is as a percentage."),
    size("gtt", "total", "The size of the graphics translation table (GTT) block in bytes."),
    size("gtt", "used", "The used amount of the graphics translation table (GTT) block in bytes."),
    size("vram", "total", "The size of VRAM in bytes."),
    size("vram", "used", "The used amount of VRAM in bytes."),
    size("vis_vram", "total", "The size of visible VRAM in bytes."),
    size("vis_vram", "used", "The used amount of visible VRAM in bytes.")
  };

  private static Property of(String file, String name, String help) {
    return new Property(file, Desc.gauge("node_drm_" + name, help, "card"));
  }

  private static Property size(String memory, String which, String help) {
    return of(
        "mem_info_" + memory + "_" + which,
        "memory_" + memory + (which.equals("total") ? "_size_bytes" : "_used_bytes"),
        help);
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/drm");
    for (String card : files.listOrNone(root)) {
      if (!card.matches("card[0-9]")) {
        continue;
      }
      String dir = root + "/" + card + "/device/";
      if (!files.string(dir + "uevent").contains("DRIVER=amdgpu")) {
        continue;
      }
      out.add(
          INFO,
          1,
          card,
          text(files, dir + "mem_info_vram_vendor"),
          text(files, dir + "power_dpm_force_performance_level"),
          text(files, dir + "unique_id"),
          "amd");
      for (Property p : PROPERTIES) {
        double v = files.uintOrNaN(dir + p.file); // not every card has each
        out.add(p.desc, Double.isNaN(v) ? 0 : v, card);
      }
    }
  }

  private static String text(HostFiles files, String path) {
    String s = files.stringOrNull(path);
    return s == null ? "" : s;
  }
}
