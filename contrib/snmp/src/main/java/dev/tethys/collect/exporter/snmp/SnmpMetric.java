package dev.tethys.collect.exporter.snmp;

import com.google.re2j.Pattern;
import dev.tethys.collect.exporter.snmp.wire.Oid;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.relabel.Template;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Conversion of the objects below one OID to metrics.
 *
 * @param scale 0 for unscaled
 * @param pattern ParseDateAndTime pattern; null for other types
 * @param hint format of an OctetString; null for hexadecimal digits
 */
record SnmpMetric(
    String name,
    Oid oid,
    String type,
    String help,
    List<Index> indexes,
    List<Lookup> lookups,
    Map<String, List<Extract>> extracts,
    SortedMap<Integer, String> enumValues,
    double offset,
    double scale,
    @Nullable DatePattern pattern,
    @Nullable DisplayHint hint) {
  /** Ways in which the parts of an index, or bytes, are written. */
  private static final Set<String> TEXTS =
      Set.of(
          "Integer32",
          "Integer",
          "gauge",
          "counter",
          "PhysAddress48",
          "OctetString",
          "DisplayString",
          "InetAddressIPv4",
          "InetAddressIPv6",
          "InetAddress",
          "InetAddressMissingSize",
          "LldpPortId",
          "EnumAsInfo");

  private static final Set<String> NUMBERS =
      Set.of(
          "gauge",
          "counter",
          "Float",
          "Double",
          "DateAndTime",
          "ParseDateAndTime",
          "NTPTimeStamp",
          "EnumAsInfo",
          "EnumAsStateSet",
          "Bits");

  private static final Set<String> TYPES =
      Stream.concat(TEXTS.stream(), NUMBERS.stream()).collect(Collectors.toSet());

  private static final Type<SortedMap<Integer, String>> ENUM =
      Type.of("map of int to string", new TreeMap<>(), SnmpMetric::words);
  static final Type<Oid> OID = Type.of("oid", null, n -> n.parse(Oid::parse));

  private static final Section SECTION = new Section("metric", "Metric built from SNMP objects.");
  private static final Key<String> NAME =
      SECTION.required("name", Type.STRING, "Name of the metric.");
  private static final Key<Oid> OF = SECTION.required("oid", OID, "OID of the metric's objects.");
  private static final Key<String> TYPE_OF =
      SECTION.required("type", Type.STRING, "Type of the metric.");
  private static final Key<String> HELP =
      SECTION.key("help", Type.STRING, "", "Help text of the metric.");
  private static final Key<List<Index>> INDEXES =
      SECTION.key("indexes", Type.list(Index.TYPE), List.of(), "Labels built from the index.");
  private static final Key<List<Lookup>> LOOKUPS =
      SECTION.key(
          "lookups", Type.list(Lookup.TYPE), List.of(), "Labels looked up in other objects.");
  private static final Key<Map<String, List<Extract>>> EXTRACTS =
      SECTION.key(
          "regex_extracts",
          Type.map(Type.list(Extract.TYPE)),
          Map.of(),
          "Values extracted from strings by regular expressions; keys are suffixes of the metric"
              + " name.");
  private static final Key<DatePattern> PATTERN =
      SECTION.optional(
          "datetime_pattern",
          Type.of("pattern", null, n -> n.parse(DatePattern::parse)),
          "Format for ParseDateAndTime, in the syntax of strptime.");
  private static final Key<DisplayHint> HINT =
      SECTION.optional(
          "display_hint",
          Lookup.HINT_TYPE,
          "Display hint of an OctetString, in the syntax of MIBs.");
  private static final Key<SortedMap<Integer, String>> ENUM_VALUES =
      SECTION.key("enum_values", ENUM, new TreeMap<>(), "Names of the numeric values.");
  private static final Key<Double> OFFSET =
      SECTION.key("offset", Type.FLOAT, 0.0, "Offset added to a value after scaling.");
  private static final Key<Double> SCALE =
      SECTION.key("scale", Type.FLOAT, 0.0, "Factor by which a value is multiplied.");
  static final Type<SnmpMetric> TYPE = SECTION.type(SnmpMetric::read);

  /** A part of the index that is a label. */
  record Index(
      String label, String type, int fixedSize, boolean implied, SortedMap<Integer, String> words) {
    private static final Section SECTION = new Section("index", "Label built from the index.");
    private static final Key<String> LABEL =
        SECTION.required("labelname", Type.STRING, "Name of the label.");
    private static final Key<String> TYPE_OF =
        SECTION.required("type", Type.STRING, "Type of the index.");
    private static final Key<Long> FIXED =
        SECTION.key(
            "fixed_size",
            Type.INT,
            0L,
            "Length of the index, if it is fixed and not encoded in the OID.");
    private static final Key<Boolean> IMPLIED =
        SECTION.key(
            "implied",
            Type.BOOL,
            false,
            "If true, the index is the rest of the OID, without a length.");
    private static final Key<SortedMap<Integer, String>> ENUM_VALUES =
        SECTION.key("enum_values", ENUM, new TreeMap<>(), "Names of the numeric values.");
    static final Type<Index> TYPE = SECTION.type(Index::read);

    private static Index read(YamlObject o) {
      if (!TEXTS.contains(o.get(TYPE_OF))) {
        throw o.error(TYPE_OF, "invalid index type \"" + o.get(TYPE_OF) + "\"");
      }
      long fixed = o.get(FIXED);
      if (fixed < 0 || fixed > IndexText.MAX_LENGTH) {
        throw o.error(FIXED, "a size must be between 0 and " + IndexText.MAX_LENGTH);
      }
      return new Index(
          o.get(LABEL), o.get(TYPE_OF), (int) fixed, o.get(IMPLIED), o.get(ENUM_VALUES));
    }

    private Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("labelname", label);
      m.put("type", type);
      m.put("fixed_size", fixedSize == 0 ? null : fixedSize);
      m.put("implied", implied ? true : null);
      m.put("enum_values", wordTree(words));
      return m;
    }
  }

  /**
   * A label whose value is another object's.
   *
   * @param labels labels that form its index; empty to drop a label
   * @param oid null if there is none
   * @param words names for numeric values of EnumAsInfo; empty to use the numbers
   */
  record Lookup(
      List<String> labels,
      String label,
      @Nullable Oid oid,
      String type,
      @Nullable DisplayHint hint,
      SortedMap<Integer, String> words) {
    private static final Section SECTION =
        new Section("lookup", "Label looked up in another object.");
    private static final Key<List<String>> LABELS =
        SECTION.key(
            "labels",
            Type.list(Type.STRING),
            List.of(),
            "Labels that form the index of the object.");
    private static final Key<String> LABEL =
        SECTION.required("labelname", Type.STRING, "Name of the label.");
    private static final Key<Oid> OF = SECTION.optional("oid", OID, "OID of the object.");
    private static final Key<String> TYPE_OF =
        SECTION.key("type", Type.STRING, "", "Type of the object.");
    private static final Type<DisplayHint> HINT_TYPE =
        Type.of("display hint", null, n -> n.parse(DisplayHint::parse));
    private static final Key<DisplayHint> HINT =
        SECTION.optional(
            "display_hint", HINT_TYPE, "Display hint of an OctetString, in the syntax of MIBs.");
    private static final Key<SortedMap<Integer, String>> ENUM_VALUES =
        SECTION.key("enum_values", ENUM, new TreeMap<>(), "Names of the numeric values.");
    static final Type<Lookup> TYPE = SECTION.type(Lookup::read);

    private static Lookup read(YamlObject o) {
      String type = o.get(TYPE_OF);
      if (!type.isEmpty() && !TYPES.contains(type)) {
        throw o.error(TYPE_OF, "unknown type \"" + type + "\"");
      }
      return new Lookup(
          o.get(LABELS), o.get(LABEL), o.find(OF), type, o.find(HINT), o.get(ENUM_VALUES));
    }

    private Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("labels", labels);
      m.put("labelname", label);
      m.put("oid", oid == null ? null : oid.toString());
      m.put("type", type.isEmpty() ? null : type);
      m.put("display_hint", hint == null ? null : hint.toString());
      m.put("enum_values", wordTree(words));
      return m;
    }
  }

  /** A number in a text. */
  record Extract(String value, String source, Regex regex, Template number) {
    private static final Section SECTION =
        new Section("regex_extract", "Value extracted from a string.");
    private static final Key<String> VALUE =
        SECTION.key("value", Type.STRING, "$1", "Value, with $1 for a group of the match.");
    private static final Key<Pattern> REGEX =
        SECTION.required(
            "regex", Type.REGEX, "Regular expression that must match the whole string.");
    static final Type<Extract> TYPE = SECTION.type(Extract::read);

    private static Extract read(YamlObject o) {
      String source = o.get(REGEX).pattern();
      Regex p = Regex.compile("^(?:" + source + ")$");
      return new Extract(o.get(VALUE), source, p, new Template(o.get(VALUE), p));
    }
  }

  private static SortedMap<Integer, String> words(YamlNode n) {
    SortedMap<Integer, String> m = new TreeMap<>();
    n.entries()
        .forEach(
            (k, e) -> {
              try {
                m.put(Integer.parseInt(k), e.value().asString());
              } catch (NumberFormatException x) {
                throw e.key().error("\"" + k + "\" is not a whole number");
              }
            });
    return m;
  }

  private static SnmpMetric read(YamlObject o) {
    String type = o.get(TYPE_OF);
    if (!TYPES.contains(type)) {
      throw o.error(TYPE_OF, "unknown type \"" + type + "\" of metric " + o.get(NAME));
    }
    if (type.equals("ParseDateAndTime") && o.find(PATTERN) == null) {
      throw o.error(
          TYPE_OF, "ParseDateAndTime of metric " + o.get(NAME) + " requires datetime_pattern");
    }
    return new SnmpMetric(
        o.get(NAME),
        o.get(OF),
        type,
        o.get(HELP),
        o.get(INDEXES),
        o.get(LOOKUPS),
        o.get(EXTRACTS),
        o.get(ENUM_VALUES),
        o.get(OFFSET),
        o.get(SCALE),
        o.find(PATTERN),
        o.find(HINT));
  }

  private static @Nullable Map<String, @Nullable Object> wordTree(SortedMap<Integer, String> m) {
    if (m.isEmpty()) {
      return null;
    }
    Map<String, @Nullable Object> t = new LinkedHashMap<>();
    m.forEach((k, v) -> t.put(Integer.toString(k), v));
    return t;
  }

  /** Returns the configuration for display. */
  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("name", name);
    m.put("oid", oid.toString());
    m.put("type", type);
    m.put("help", help);
    m.put("indexes", indexes.isEmpty() ? null : indexes.stream().map(Index::tree).toList());
    m.put("lookups", lookups.isEmpty() ? null : lookups.stream().map(Lookup::tree).toList());
    if (!extracts.isEmpty()) {
      Map<String, @Nullable Object> all = new LinkedHashMap<>();
      extracts.forEach(
          (k, list) -> {
            List<Map<String, String>> out = new ArrayList<>();
            list.forEach(e -> out.add(Map.of("value", e.value(), "regex", e.source())));
            all.put(k, out);
          });
      m.put("regex_extracts", all);
    }
    m.put("enum_values", wordTree(enumValues));
    m.put("offset", offset == 0 ? null : offset);
    m.put("scale", scale == 0 ? null : scale);
    m.put("datetime_pattern", pattern == null ? null : pattern.toString());
    m.put("display_hint", hint == null ? null : hint.toString());
    return m;
  }
}
