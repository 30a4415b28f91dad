package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.Filter;
import dev.tethys.collect.host.internal.HostFileException;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Sensors of the hardware from /sys/class/hwmon. */
final class HwmonCollector implements NodeCollector {
  private static final Set<String> TYPES =
      Set.of(
          "vrm",
          "beep_enable",
          "update_interval",
          "in",
          "cpu",
          "fan",
          "pwm",
          "temp",
          "curr",
          "power",
          "energy",
          "humidity",
          "intrusion",
          "freq");
  private static final int MAX_VALUE = 128;
  private static final int MAX_DESCS = 10_000;

  private static final Desc CHIP =
      Desc.gauge(
          "node_hwmon_chip_names",
          "Annotation metric for human-readable chip names",
          "chip",
          "chip_name");
  private static final Desc LABEL =
      Desc.gauge(
          "node_hwmon_sensor_label", "Label for given chip and sensor", "chip", "sensor", "label");

  /** A chip's folder and its name. */
  private record Chip(String dir, String folder, String name, String nameFile) {}

  private final Filter chips;
  private final Filter sensors;
  private final Map<String, Desc> descs = new HashMap<>();

  HwmonCollector(NodeExporterOptions options) {
    chips =
        new Filter(
            options.string("collector.hwmon.chip-exclude"),
            options.string("collector.hwmon.chip-include"));
    sensors =
        new Filter(
            options.string("collector.hwmon.sensor-exclude"),
            options.string("collector.hwmon.sensor-include"));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/hwmon");
    List<Chip> all = new ArrayList<>();
    Map<String, Integer> names = new HashMap<>();
    Map<String, Integer> namesAndFiles = new HashMap<>();
    for (String folder : files.listOrNoData(root)) {
      String dir = root + "/" + folder;
      if (!files.isFolder(dir)) {
        continue;
      }
      String nameFile = files.stringOrNull(dir + "/name");
      String name = chipName(files, dir, nameFile);
      if (!name.isEmpty()) {
        Chip c = new Chip(dir, folder, name, nameFile == null ? "" : nameFile);
        all.add(c);
        names.merge(c.name, 1, Integer::sum);
        namesAndFiles.merge(c.name + "\0" + c.nameFile, 1, Integer::sum);
      }
    }
    for (Chip c : all) {
      String name = c.name;
      if (names.getOrDefault(c.name, 0)
          > 1) { // distinguished by their own name, or by their folder
        String suffix = clean(c.nameFile);
        boolean same = namesAndFiles.getOrDefault(c.name + "\0" + c.nameFile, 0) > 1;
        name += "_" + (suffix.isEmpty() || same ? clean(c.folder) : suffix);
      }
      if (!chips.ignores(name)) {
        chip(files, out, c, name);
      }
    }
  }

  /** Names a chip by its device, its own name, or its folder. */
  private static String chipName(HostFiles files, String dir, @Nullable String nameFile) {
    String device = files.realPath(dir + "/device");
    if (device != null) {
      int slash = device.lastIndexOf('/');
      String name = clean(device.substring(slash + 1));
      int before = slash > 0 ? device.lastIndexOf('/', slash - 1) : -1;
      String type = slash > 0 ? clean(device.substring(before + 1, slash)) : "";
      if (!name.isEmpty()) {
        return type.isEmpty() ? name : type + "_" + name;
      }
    }
    String name = nameFile == null ? "" : clean(nameFile);
    if (!name.isEmpty()) {
      return name;
    }
    String real = files.realPath(dir);
    return real == null ? "" : clean(real.substring(real.lastIndexOf('/') + 1));
  }

  private void chip(HostFiles files, Families out, Chip c, String chip) throws IOException {
    Map<String, Map<String, String>> data = new TreeMap<>();
    read(files, c.dir, data);
    if (files.exists(c.dir + "/device")) {
      read(files, c.dir + "/device", data);
    }
    String shown = clean(c.nameFile);
    if (!shown.isEmpty()) {
      out.add(CHIP, 1, chip, shown);
    }
    data.forEach(
        (sensor, values) -> {
          if (!sensors.ignores(chip + ";" + sensor)) {
            sensor(out, chip, sensor, values);
          }
        });
  }

  private static void read(HostFiles files, String dir, Map<String, Map<String, String>> data)
      throws HostFileException {
    List<String> names = files.list(dir);
    try (HostFiles.Folder folder = files.folder(dir)) {
      for (String file : names) {
        SensorFile s = SensorFile.parse(file);
        if (s == null || !TYPES.contains(s.type())) {
          continue;
        }
        Text t = folder.tryRead(file); // a sensor that is off has an error for a value
        if (t != null) {
          t.limit = Math.min(t.limit, MAX_VALUE);
          data.computeIfAbsent(s.type() + s.number(), k -> new TreeMap<>())
              .put(s.property(), withoutLineFeeds(t.raw()));
        }
      }
    }
  }

  private static String withoutLineFeeds(String raw) {
    int from = 0;
    int to = raw.length();
    while (from < to && raw.charAt(from) == '\n') {
      from++;
    }
    while (to > from && raw.charAt(to - 1) == '\n') {
      to--;
    }
    return raw.substring(from, to);
  }

  private void sensor(Families out, String chip, String sensor, Map<String, String> values) {
    SensorFile s = SensorFile.parse(sensor);
    if (s == null) {
      return;
    }
    String type = s.type();
    String label = values.get("label");
    if (label != null) {
      out.add(LABEL, 1, chip, sensor, label);
    }
    String own = values.getOrDefault("", "");
    Double v = Numbers.parse(own);
    switch (type) {
      case "beep_enable" ->
          out.add(
              gauge("beep_enabled", "Hardware beep enabled"),
              own.equals("1") ? 1 : 0,
              chip,
              sensor);
      case "vrm" -> {
        if (v != null) {
          out.add(
              gauge("voltage_regulator_version", "Hardware voltage regulator"), v, chip, sensor);
        }
      }
      case "update_interval" -> {
        if (v != null) {
          out.add(
              gauge("update_interval_seconds", "Hardware monitor update interval"),
              v * 0.001,
              chip,
              sensor);
        }
      }
      default -> {
        Labels l = CHIP_SENSOR.labels(chip, sensor);
        values.forEach(
            (element, text) -> {
              Double number = Numbers.parse(text);
              if (number != null && !element.equals("label")) {
                element(out, new Element(type, element, number, values), chip, l);
              }
            });
      }
    }
  }

  private static final Desc CHIP_SENSOR = Desc.gauge("", "", "chip", "sensor");

  /** A single value of a sensor. */
  private record Element(String type, String element, double value, Map<String, String> sensor) {
    String name() {
      if (element.equals("input")) {
        return sensor.containsKey("") ? type + "_input" : type;
      }
      return element.isEmpty() ? type : type + "_" + clean(element);
    }
  }

  /** Units are those of the kernel's documentation (hwmon/sysfs-interface). */
  private void element(Families out, Element e, String chip, Labels l) {
    String name = e.name();
    String el = e.element;
    double v = e.value;
    if (el.equals("fault") || el.equals("alarm")) {
      out.add(gauge(name, "Hardware sensor " + el + " status (" + e.type + ")"), v, l);
    } else if (el.equals("beep")) {
      out.add(gauge(name + "_enabled", "Hardware monitor sensor has beeping enabled"), v, l);
    } else if (e.type.equals("in") || e.type.equals("cpu")) {
      out.add(gauge(name + "_volts", "Hardware monitor for voltage (" + el + ")"), v * 0.001, l);
    } else if (e.type.equals("temp") && !el.equals("type")) {
      String of = el.isEmpty() ? "input" : el;
      out.add(
          gauge(name + "_celsius", "Hardware monitor for temperature (" + of + ")"), v * 0.001, l);
    } else if (e.type.equals("curr")) {
      out.add(gauge(name + "_amps", "Hardware monitor for current (" + el + ")"), v * 0.001, l);
    } else if (e.type.equals("energy")) {
      out.add(
          desc(
              name + "_joule_total",
              MetricType.COUNTER,
              "Hardware monitor for joules used so far (" + el + ")"),
          v / 1_000_000.0,
          l);
    } else if (e.type.equals("power")) {
      power(out, name, el, v, l);
    } else if (e.type.equals("humidity")) {
      out.add(
          gauge(
              name,
              "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity"
                  + " as a percentage) ("
                  + el
                  + ")"),
          v / 1_000_000.0,
          l);
    } else if (e.type.equals("fan") && FAN_SPEEDS.contains(el)) {
      out.add(
          gauge(name + "_rpm", "Hardware monitor for fan revolutions per minute (" + el + ")"),
          v,
          l);
    } else if (e.type.equals("freq") && el.equals("input")) {
      String label = e.sensor.get("label");
      if (label != null) {
        out.add(
            gauge(name + "_freq_mhz", "Hardware monitor for GPU frequency in MHz"),
            v / 1_000_000.0,
            chip,
            clean(label));
      }
    } else {
      out.add(gauge(name, "Hardware monitor " + e.type + " element " + el), v, l);
    }
  }

  private static final Set<String> FAN_SPEEDS = Set.of("input", "min", "max", "target");

  private void power(Families out, String name, String el, double v, Labels l) {
    if (el.equals("accuracy")) {
      out.add(gauge(name, "Hardware monitor power meter accuracy, as a ratio"), v / 1_000_000.0, l);
    } else if (el.equals("average_interval")
        || el.equals("average_interval_min")
        || el.equals("average_interval_max")) {
      out.add(
          gauge(name + "_seconds", "Hardware monitor power usage update interval (" + el + ")"),
          v * 0.001,
          l);
    } else {
      out.add(
          gauge(name + "_watt", "Hardware monitor for power usage in watts (" + el + ")"),
          v / 1_000_000.0,
          l);
    }
  }

  private Desc gauge(String name, String help) {
    return desc(name, MetricType.GAUGE, help);
  }

  private Desc desc(String name, MetricType type, String help) {
    if (descs.size() > MAX_DESCS) {
      descs.clear();
    }
    return descs.computeIfAbsent(
        name, n -> Desc.of("node_hwmon_" + n, type, help, "chip", "sensor"));
  }

  /**
   * Converts a name to lower case, with underscores for invalid characters and none at its ends.
   */
  static String clean(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    StringBuilder sb = new StringBuilder(lower.length());
    for (int i = 0; i < lower.length(); i++) {
      char c = lower.charAt(i);
      boolean plain = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == ':' || c == '_';
      if (!Character.isLowSurrogate(c)) {
        sb.append(plain ? c : '_');
      }
    }
    int from = 0;
    int to = sb.length();
    while (from < to && sb.charAt(from) == '_') {
      from++;
    }
    while (to > from && sb.charAt(to - 1) == '_') {
      to--;
    }
    return sb.substring(from, to);
  }
}
