package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.Filter;
import dev.tethys.collect.host.internal.HostFileException;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.libc.Errno;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Batteries and mains from /sys/class/power_supply. */
final class PowersupplyclassCollector implements NodeCollector {
  private record Property(String file, Desc desc, double divisor) {}

  /** File, name of the metric. */
  private static final String[][] PLAIN = {
    {"authentic", "authentic"},
    {"calibrate", "calibrate"},
    {"capacity", "capacity"},
    {"capacity_alert_max", "capacity_alert_max"},
    {"capacity_alert_min", "capacity_alert_min"},
    {"cycle_count", "cyclecount"},
    {"online", "online"},
    {"present", "present"},
    {"time_to_empty_now", "time_to_empty_seconds"},
    {"time_to_full_now", "time_to_full_seconds"}
  };

  private static final String[][] MICRO = {
    {"current_boot", "current_boot"},
    {"current_max", "current_max"},
    {"current_now", "current_ampere"},
    {"energy_empty", "energy_empty"},
    {"energy_empty_design", "energy_empty_design"},
    {"energy_full", "energy_full"},
    {"energy_full_design", "energy_full_design"},
    {"energy_now", "energy_watthour"},
    {"voltage_boot", "voltage_boot"},
    {"voltage_max", "voltage_max"},
    {"voltage_max_design", "voltage_max_design"},
    {"voltage_min", "voltage_min"},
    {"voltage_min_design", "voltage_min_design"},
    {"voltage_now", "voltage_volt"},
    {"voltage_ocv", "voltage_ocv"},
    {"charge_control_limit", "charge_control_limit"},
    {"charge_control_limit_max", "charge_control_limit_max"},
    {"charge_counter", "charge_counter"},
    {"charge_empty", "charge_empty"},
    {"charge_empty_design", "charge_empty_design"},
    {"charge_full", "charge_full"},
    {"charge_full_design", "charge_full_design"},
    {"charge_now", "charge_ampere"},
    {"charge_term_current", "charge_term_current"},
    {"constant_charge_current", "constant_charge_current"},
    {"constant_charge_current_max", "constant_charge_current_max"},
    {"constant_charge_voltage", "constant_charge_voltage"},
    {"constant_charge_voltage_max", "constant_charge_voltage_max"},
    {"precharge_current", "precharge_current"},
    {"input_current_limit", "input_current_limit"},
    {"power_now", "power_watt"}
  };

  private static final String[][] TENTHS = {
    {"temp", "temp_celsius"},
    {"temp_alert_max", "temp_alert_max_celsius"},
    {"temp_alert_min", "temp_alert_min_celsius"},
    {"temp_ambient", "temp_ambient_celsius"},
    {"temp_ambient_max", "temp_ambient_max_celsius"},
    {"temp_ambient_min", "temp_ambient_min_celsius"},
    {"temp_max", "temp_max_celsius"},
    {"temp_min", "temp_min_celsius"}
  };

  private static final String[] TEXTS = {
    "capacity_level",
    "charge_type",
    "health",
    "manufacturer",
    "model_name",
    "serial_number",
    "status",
    "technology",
    "type",
    "usb_type",
    "scope"
  };

  private static final Map<String, Property> PROPERTIES = new LinkedHashMap<>();

  static {
    add(PLAIN, 1);
    add(MICRO, 1e6);
    add(TENTHS, 10);
  }

  private static void add(String[][] names, double divisor) {
    for (String[] n : names) {
      Desc d =
          Desc.gauge(
              "node_power_supply_" + n[1],
              n[1] + " value of /sys/class/power_supply/<power_supply>.",
              "power_supply");
      PROPERTIES.put(n[0], new Property(n[0], d, divisor));
    }
  }

  private final Filter supplies;

  PowersupplyclassCollector(NodeExporterOptions options) {
    supplies = new Filter(options.string("collector.powersupply.ignored-supplies"), "");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/power_supply");
    for (String name : files.listOrNoData(root)) {
      if (!supplies.ignores(name)) {
        supply(files, out, name, root + "/" + name + "/");
      }
    }
  }

  private static void supply(HostFiles files, Families out, String name, String dir)
      throws IOException {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("power_supply", name);
    Labels l = null;
    for (String file : files.list(dir)) {
      Property p = PROPERTIES.get(file);
      boolean text = p == null && java.util.Arrays.asList(TEXTS).contains(file);
      if (p == null && !text) {
        continue;
      }
      String value = attribute(files, dir + file);
      if (value == null) {
        continue;
      }
      if (p == null) {
        texts.put(file, value);
        continue;
      }
      Double v = Numbers.value(value);
      if (v == null) {
        throw new MalformedException(dir + file + ": \"" + value + "\" is not a number");
      }
      l = l == null ? p.desc.labels(name) : l;
      out.add(p.desc, v / p.divisor, l);
    }
    out.add(
        "node_power_supply_info",
        MetricType.GAUGE,
        "info of /sys/class/power_supply/<power_supply>.",
        new Metric(Labels.of(texts), 1));
  }

  private static @org.jspecify.annotations.Nullable String attribute(HostFiles files, String path)
      throws HostFileException {
    Text t = files.tryRead(path);
    if (t != null) {
      return t.all();
    }
    return switch (files.errno()) {
      // ENODATA: the driver knows the property and has no value for it now.
      case Errno.ENOENT, Errno.EOPNOTSUPP, Errno.ENODEV, Errno.EINVAL, Errno.ENODATA -> null;
      default -> throw new HostFileException("read", path, files.errno());
    };
  }
}
