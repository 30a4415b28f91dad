package dev.tethys.collect.host.internal;

import java.io.IOException;

/** Temperatures and cooling devices from /sys/class/thermal. */
final class ThermalZoneCollector implements NodeCollector {
  private static final Desc TEMP =
      Desc.gauge("node_thermal_zone_temp", "Zone temperature in Celsius", "zone", "type");
  private static final Desc CURRENT =
      Desc.gauge(
          "node_cooling_device_cur_state",
          "Current throttle state of the cooling device",
          "name",
          "type");
  private static final Desc MAX =
      Desc.gauge(
          "node_cooling_device_max_state",
          "Maximum throttle state of the cooling device",
          "name",
          "type");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/thermal");
    for (String zone : files.numbered(root, "thermal_zone")) {
      String dir = root + "/" + zone;
      String type = files.stringOrNull(dir + "/type");
      String temp = files.stringOrNull(dir + "/temp"); // EINVAL while the sensor is off
      Double milli = temp == null ? null : Numbers.value(temp);
      if (milli != null) {
        out.add(
            TEMP,
            milli / 1000.0,
            zone.substring("thermal_zone".length()),
            type == null ? "" : type);
      }
    }
    for (String device : files.numbered(root, "cooling_device")) {
      String dir = root + "/" + device;
      String type = files.sysAttribute(dir + "/type");
      String max = files.sysAttribute(dir + "/max_state");
      String current = files.sysAttribute(dir + "/cur_state");
      if (type == null || max == null || current == null) {
        continue;
      }
      Double m = Numbers.value(max);
      Double c = Numbers.value(current);
      if (m == null || c == null) {
        throw new MalformedException(dir + ": a state is not a number");
      }
      String name = device.substring("cooling_device".length());
      out.add(CURRENT, c, name, type);
      out.add(MAX, m, name, type);
    }
  }
}
