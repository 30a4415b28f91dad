package dev.tethys.collect.exporter.snmp;

import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.collect.exporter.snmp.SnmpMetric.Extract;
import dev.tethys.collect.exporter.snmp.SnmpMetric.Index;
import dev.tethys.collect.exporter.snmp.SnmpMetric.Lookup;
import dev.tethys.collect.exporter.snmp.wire.Binding;
import dev.tethys.collect.exporter.snmp.wire.Oid;
import dev.tethys.collect.exporter.snmp.wire.SnmpValue;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.regex.Groups;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Converts the objects of an agent to metrics. Not thread-safe.
 *
 * <p>Two objects that map to the same metric are an error, as in every Prometheus client library.
 */
final class SnmpSamples {
  /** Every integer up to this value is exact as a double. */
  private static final long EXACT = 1L << 53;

  /** From 1900, where NTP counts from, to 1970. */
  private static final long NTP_EPOCH = 2_208_988_800L;

  private final Map<Oid, SnmpValue> objects = new LinkedHashMap<>();
  private final boolean wrap;
  private final FamilyBuilder to;

  /**
   * @param wrap whether 64-bit counters wrap at 2^53, so that no increment is lost
   */
  SnmpSamples(List<Binding> found, boolean wrap, FamilyBuilder to) {
    found.forEach(b -> objects.put(b.name(), b.value()));
    this.wrap = wrap;
    this.to = to;
  }

  /** Shows all objects for which there is a metric. */
  void show(MetricTree metrics) throws IOException {
    for (Map.Entry<Oid, SnmpValue> e : objects.entrySet()) {
      SnmpMetric m = metrics.find(e.getKey());
      if (m != null) {
        show(m, e.getKey().from(m.oid().size()), e.getValue());
      }
    }
  }

  private void show(SnmpMetric m, int[] index, SnmpValue v) throws IOException {
    Map<String, String> labels = labels(m, index);
    switch (m.type()) {
      case "counter" -> number(m, MetricType.COUNTER, number(v), labels);
      case "gauge", "Float", "Double" -> number(m, MetricType.GAUGE, number(v), labels);
      case "DateAndTime" -> {
        Double at = dateAndTime(v);
        if (at != null) {
          number(m, MetricType.GAUGE, at, labels);
        }
      }
      case "ParseDateAndTime" -> {
        DatePattern p = m.pattern();
        Double at = p == null ? null : p.seconds(text(v, "DisplayString", null));
        if (at != null) {
          number(m, MetricType.GAUGE, at, labels);
        }
      }
      case "NTPTimeStamp" -> {
        Double at = ntpTime(v);
        if (at != null) {
          number(m, MetricType.GAUGE, at, labels);
        }
      }
      case "EnumAsInfo" -> {
        int n = (int) whole(v);
        if (labels.putIfAbsent(m.name(), m.enumValues().getOrDefault(n, Integer.toString(n)))
            == null) {
          add(MetricType.GAUGE, m.name() + "_info", m.help() + " (EnumAsInfo)", labels, 1);
        }
      }
      case "EnumAsStateSet" -> states(m, (int) whole(v), labels);
      case "Bits" -> bits(m, v, labels);
      default -> text(m, index, v, labels);
    }
  }

  private void number(SnmpMetric m, MetricType type, double v, Map<String, String> labels)
      throws IOException {
    add(type, m.name(), m.help(), labels, scaled(m, v));
  }

  private static double scaled(SnmpMetric m, double v) {
    return (m.scale() == 0 ? v : v * m.scale()) + m.offset();
  }

  private void add(
      MetricType type, String name, String help, Map<String, String> labels, double value)
      throws IOException {
    LabelsBuilder b = Labels.EMPTY.toBuilder();
    labels.forEach(b::set);
    Labels l = b.build();
    if (to.has(name, l)) {
      throw new IOException(
          "collected metric " + name + l + " was collected before with the same name and labels");
    }
    to.set(type, name, help, l, value);
  }

  private void states(SnmpMetric m, int n, Map<String, String> labels) throws IOException {
    String help = m.help() + " (EnumAsStateSet)";
    labels.put(m.name(), m.enumValues().getOrDefault(n, Integer.toString(n)));
    add(MetricType.GAUGE, m.name(), help, labels, 1);
    for (Map.Entry<Integer, String> e : m.enumValues().entrySet()) {
      if (e.getKey() != n) {
        labels.put(m.name(), e.getValue());
        add(MetricType.GAUGE, m.name(), help, labels, 0);
      }
    }
  }

  private void bits(SnmpMetric m, SnmpValue v, Map<String, String> labels) throws IOException {
    if (!(v instanceof SnmpValue.Bytes b)) {
      throw new IOException("metric " + m.name() + ": BITS type was not a string on the wire");
    }
    for (Map.Entry<Integer, String> e : m.enumValues().entrySet()) {
      int k = e.getKey();
      boolean set = k >= 0 && k < b.size() * 8 && (b.at(k / 8) & (128 >> (k % 8))) != 0;
      labels.put(m.name(), e.getValue());
      add(MetricType.GAUGE, m.name(), m.help() + " (Bits)", labels, set ? 1 : 0);
    }
  }

  private void text(SnmpMetric m, int[] index, SnmpValue v, Map<String, String> labels)
      throws IOException {
    String type = m.type();
    Map<Integer, String> meanings = IndexText.meanings(type);
    if (meanings != null) {
      SnmpValue kind = objects.get(m.oid().before().plus(index));
      type = kind == null ? "OctetString" : meanings.getOrDefault((int) whole(kind), "OctetString");
    }
    String text = text(v, type, m.hint());
    if (!m.extracts().isEmpty()) {
      extract(m, text, labels);
      return;
    }
    labels.putIfAbsent(m.name(), text);
    number(m, MetricType.GAUGE, 1, labels);
  }

  private void extract(SnmpMetric m, String text, Map<String, String> labels) throws IOException {
    for (Map.Entry<String, List<Extract>> e : m.extracts().entrySet()) {
      for (Extract x : e.getValue()) {
        Groups matcher = x.regex().groups(text);
        Double n = matcher.find() ? DecimalText.parse(x.number().expand(matcher)) : null;
        if (n != null) {
          String help = m.help() + " (regex extracted)";
          add(MetricType.GAUGE, m.name() + e.getKey(), help, labels, n);
          break;
        }
      }
    }
  }

  private Map<String, String> labels(SnmpMetric m, int[] index) {
    Map<String, String> labels = new HashMap<>();
    Map<String, int[]> parts = new HashMap<>();
    IndexText rest = new IndexText(index);
    for (Index i : m.indexes()) {
      int from = rest.position();
      labels.put(i.label(), rest.next(i.type(), i.fixedSize(), i.implied(), i.words()));
      parts.put(i.label(), rest.since(from));
    }
    for (Lookup l : m.lookups()) {
      if (l.labels().isEmpty()) {
        labels.remove(l.label());
        continue;
      }
      Oid column = l.oid();
      int[] row = row(l, parts);
      SnmpValue v = column == null || row == null ? null : objects.get(column.plus(row));
      if (column == null || row == null || v == null) {
        labels.put(l.label(), "");
        continue;
      }
      String type = l.type();
      Map<Integer, String> meanings = IndexText.meanings(type);
      SnmpValue kind = meanings == null ? null : objects.get(column.before().plus(row));
      if (meanings != null && kind != null) {
        type = meanings.getOrDefault((int) whole(kind), type);
      }
      boolean enumeration = type.equals("EnumAsInfo") && !l.words().isEmpty();
      String number = Integer.toString((int) whole(v));
      labels.put(
          l.label(),
          enumeration ? l.words().getOrDefault((int) whole(v), number) : text(v, type, l.hint()));
      parts.put(l.label(), new int[] {(int) whole(v)});
    }
    return labels;
  }

  private static int @Nullable [] row(Lookup l, Map<String, int[]> parts) {
    Oid row = null;
    for (String label : l.labels()) {
      int[] p = parts.get(label);
      if (p == null || p.length == 0) {
        return null;
      }
      row = row == null ? Oid.parse("0").plus(p) : row.plus(p);
    }
    return row == null ? null : row.from(1);
  }

  private double number(SnmpValue v) {
    return switch (v) {
      case SnmpValue.Unsigned u when u.wide() ->
          wrap
              ? (double) Long.remainderUnsigned(u.value(), EXACT)
              : new BigInteger(Long.toUnsignedString(u.value())).doubleValue();
      case SnmpValue.Real r -> r.value();
      default -> (double) whole(v);
    };
  }

  private static long whole(SnmpValue v) {
    return switch (v) {
      case SnmpValue.Whole w -> w.value();
      case SnmpValue.Unsigned u -> u.value();
      default -> 0;
    };
  }

  /** Formats a value: bytes by the type, an OctetString by a hint if there is one. */
  static String text(SnmpValue v, String type, @Nullable DisplayHint hint) {
    return switch (v) {
      case SnmpValue.Whole w -> Long.toString(w.value());
      case SnmpValue.Unsigned u -> Long.toUnsignedString(u.value());
      case SnmpValue.Real r -> real(r);
      case SnmpValue.Name n -> n.text();
      case SnmpValue.Nothing n -> "";
      case SnmpValue.Bytes b when hint != null && type.equals("OctetString") -> {
        byte[] bytes = new byte[b.size()];
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = (byte) b.at(i);
        }
        yield hint.write(bytes);
      }
      case SnmpValue.Bytes b -> {
        int[] parts = new int[b.size()];
        for (int i = 0; i < parts.length; i++) {
          parts[i] = b.at(i);
        }
        yield IndexText.ofBytes(parts, type);
      }
    };
  }

  private static String real(SnmpValue.Real r) {
    double v = r.value();
    if (Double.isNaN(v) || Double.isInfinite(v)) {
      return Double.isNaN(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf";
    }
    String shortest = r.single() ? Float.toString((float) v) : Double.toString(v);
    return new BigDecimal(shortest).stripTrailingZeros().toPlainString();
  }

  /**
   * Parses RFC 2579's DateAndTime, 8 bytes without and 11 with an offset; null for other values.
   */
  private static @Nullable Double dateAndTime(SnmpValue v) {
    if (!(v instanceof SnmpValue.Bytes b) || (b.size() != 8 && b.size() != 11)) {
      return null;
    }
    try {
      ZoneOffset zone = ZoneOffset.UTC;
      if (b.size() == 11) {
        int sign = b.at(8) == '+' ? 1 : b.at(8) == '-' ? -1 : 0;
        if (sign == 0) {
          return null;
        }
        zone = ZoneOffset.ofHoursMinutes(sign * b.at(9), sign * b.at(10));
      }
      // Fields beyond their ends are carried on, as in Go: devices that have no clock send zeros.
      return (double)
          LocalDateTime.of((b.at(0) << 8) | b.at(1), 1, 1, 0, 0)
              .plusMonths(b.at(2) - 1L)
              .plusDays(b.at(3) - 1L)
              .plusHours(b.at(4))
              .plusMinutes(b.at(5))
              .plusSeconds(b.at(6))
              .toEpochSecond(zone);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static @Nullable Double ntpTime(SnmpValue v) {
    if (!(v instanceof SnmpValue.Bytes b) || b.size() < 8) {
      return null;
    }
    long seconds = ((long) b.at(0) << 24) | (b.at(1) << 16) | (b.at(2) << 8) | b.at(3);
    return (double) Instant.ofEpochSecond(seconds - NTP_EPOCH).getEpochSecond();
  }
}
