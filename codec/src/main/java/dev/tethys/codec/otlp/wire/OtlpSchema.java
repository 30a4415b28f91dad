package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The messages of OTLP 1.11 as a table, which the checks and conversions of requests traverse, so
 * that they share one definition. Source: opentelemetry-proto 1.11; of profiles {@code
 * v1development}.
 */
final class OtlpSchema {
  enum Type {
    STRING(ProtoReader.LENGTH),
    BYTES(ProtoReader.LENGTH),
    /** Sixteen bytes or empty; hexadecimal in JSON. */
    ID16(ProtoReader.LENGTH),
    /** Eight bytes or empty; hexadecimal in JSON. */
    ID8(ProtoReader.LENGTH),
    BOOL(ProtoReader.VARINT),
    ENUM(ProtoReader.VARINT),
    UINT32(ProtoReader.VARINT),
    INT64(ProtoReader.VARINT),
    UINT64(ProtoReader.VARINT),
    SINT32(ProtoReader.VARINT),
    /** Index in a table of a {@code ProfilesDictionary}; 0 if none. */
    INDEX(ProtoReader.VARINT),
    FIXED32(ProtoReader.FIXED32),
    FIXED64(ProtoReader.FIXED64),
    SFIXED64(ProtoReader.FIXED64),
    DOUBLE(ProtoReader.FIXED64),
    MESSAGE(ProtoReader.LENGTH);

    final int wireType;

    Type(int wireType) {
      this.wireType = wireType;
    }

    boolean isPackable() {
      return wireType != ProtoReader.LENGTH;
    }
  }

  /**
   * A field.
   *
   * @param name JSON name
   * @param values the names of an enum's values
   * @param presence whether a default that was sent differs from none
   * @param oneof whether it excludes the other such fields of its message
   * @param table for an index, the field number of the dictionary table it refers to; 0 for other
   *     fields
   */
  record Field(
      int number,
      String name,
      Type type,
      String messageName,
      Map<String, Integer> values,
      boolean repeated,
      boolean presence,
      boolean oneof,
      int table) {}

  /** A message: its fields by number and by their names in JSON, as written and underscored. */
  static final class Message {
    final String name;

    /** Whether pipelines count this message as an item. */
    final boolean item;

    private final @Nullable Field[] byNumber;
    private final Map<String, Field> byName;

    /** Message type by field number, for fields that are messages. */
    private final @Nullable Message[] children;

    Message(String name, List<Field> fields) {
      this.name = name;
      this.item = ITEMS.contains(name);
      int last = fields.stream().mapToInt(Field::number).max().orElse(0);
      this.byNumber = new Field[last + 1];
      this.children = new Message[last + 1];
      this.byName = HashMap.newHashMap(2 * fields.size());
      for (Field f : fields) {
        byNumber[f.number] = f;
        byName.put(f.name, f);
        byName.put(underscored(f.name), f);
      }
    }

    @Nullable Field field(int number) {
      return number < byNumber.length ? byNumber[number] : null;
    }

    /** Accepts the underscored name too, as in protobuf's JSON mapping. */
    @Nullable Field field(String name) {
      return byName.get(name);
    }

    Message child(Field f) {
      return Objects.requireNonNull(children[f.number]);
    }

    @Nullable Field[] fields() {
      return byNumber;
    }
  }

  private static final Set<String> ITEMS =
      Set.of(
          "LogRecord",
          "Span",
          "NumberDataPoint",
          "HistogramDataPoint",
          "ExponentialHistogramDataPoint",
          "SummaryDataPoint",
          "Sample");

  /** The tables of a dictionary of profiles, in the order of their fields, which begin with 1. */
  static final List<String> TABLES =
      List.of(
          "mappingTable",
          "locationTable",
          "functionTable",
          "linkTable",
          "stringTable",
          "attributeTable",
          "stackTable");

  /**
   * Number, name and type; the type is followed by * if repeated, ? if it has presence, | if it is
   * one of several. An index has @ and its table as its type.
   */
  private static final String MESSAGES =
      """
      AnyValue: 1 stringValue string|, 2 boolValue bool|, 3 intValue int64|, 4 doubleValue double|, \
      5 arrayValue ArrayValue|, 6 kvlistValue KeyValueList|, 7 bytesValue bytes|, \
      8 stringValueStrindex @stringTable|
      ArrayValue: 1 values AnyValue*
      KeyValueList: 1 values KeyValue*
      KeyValue: 1 key string, 2 value AnyValue, 3 keyStrindex @stringTable
      InstrumentationScope: 1 name string, 2 version string, 3 attributes KeyValue*, \
      4 droppedAttributesCount uint32
      EntityRef: 1 schemaUrl string, 2 type string, 3 idKeys string*, 4 descriptionKeys string*
      Resource: 1 attributes KeyValue*, 2 droppedAttributesCount uint32, 3 entityRefs EntityRef*
      LogsData: 1 resourceLogs ResourceLogs*
      ResourceLogs: 1 resource Resource, 2 scopeLogs ScopeLogs*, 3 schemaUrl string
      ScopeLogs: 1 scope InstrumentationScope, 2 logRecords LogRecord*, 3 schemaUrl string
      LogRecord: 1 timeUnixNano fixed64, 2 severityNumber SeverityNumber, 3 severityText string, \
      5 body AnyValue, 6 attributes KeyValue*, 7 droppedAttributesCount uint32, 8 flags fixed32, \
      9 traceId id16, 10 spanId id8, 11 observedTimeUnixNano fixed64, 12 eventName string
      TracesData: 1 resourceSpans ResourceSpans*
      ResourceSpans: 1 resource Resource, 2 scopeSpans ScopeSpans*, 3 schemaUrl string
      ScopeSpans: 1 scope InstrumentationScope, 2 spans Span*, 3 schemaUrl string
      Span: 1 traceId id16, 2 spanId id8, 3 traceState string, 4 parentSpanId id8, 5 name string, \
      6 kind SpanKind, 7 startTimeUnixNano fixed64, 8 endTimeUnixNano fixed64, \
      9 attributes KeyValue*, 10 droppedAttributesCount uint32, 11 events Event*, \
      12 droppedEventsCount uint32, 13 links Link*, 14 droppedLinksCount uint32, \
      15 status Status, 16 flags fixed32
      Event: 1 timeUnixNano fixed64, 2 name string, 3 attributes KeyValue*, \
      4 droppedAttributesCount uint32
      Link: 1 traceId id16, 2 spanId id8, 3 traceState string, 4 attributes KeyValue*, \
      5 droppedAttributesCount uint32, 6 flags fixed32
      Status: 2 message string, 3 code StatusCode
      MetricsData: 1 resourceMetrics ResourceMetrics*
      ResourceMetrics: 1 resource Resource, 2 scopeMetrics ScopeMetrics*, 3 schemaUrl string
      ScopeMetrics: 1 scope InstrumentationScope, 2 metrics Metric*, 3 schemaUrl string
      Metric: 1 name string, 2 description string, 3 unit string, 5 gauge Gauge|, 7 sum Sum|, \
      9 histogram Histogram|, 10 exponentialHistogram ExponentialHistogram|, 11 summary Summary|, \
      12 metadata KeyValue*
      Gauge: 1 dataPoints NumberDataPoint*
      Sum: 1 dataPoints NumberDataPoint*, 2 aggregationTemporality AggregationTemporality, \
      3 isMonotonic bool
      Histogram: 1 dataPoints HistogramDataPoint*, 2 aggregationTemporality AggregationTemporality
      ExponentialHistogram: 1 dataPoints ExponentialHistogramDataPoint*, \
      2 aggregationTemporality AggregationTemporality
      Summary: 1 dataPoints SummaryDataPoint*
      NumberDataPoint: 2 startTimeUnixNano fixed64, 3 timeUnixNano fixed64, 4 asDouble double|, \
      5 exemplars Exemplar*, 6 asInt sfixed64|, 7 attributes KeyValue*, 8 flags uint32
      HistogramDataPoint: 2 startTimeUnixNano fixed64, 3 timeUnixNano fixed64, 4 count fixed64, \
      5 sum double?, 6 bucketCounts fixed64*, 7 explicitBounds double*, 8 exemplars Exemplar*, \
      9 attributes KeyValue*, 10 flags uint32, 11 min double?, 12 max double?
      ExponentialHistogramDataPoint: 1 attributes KeyValue*, 2 startTimeUnixNano fixed64, \
      3 timeUnixNano fixed64, 4 count fixed64, 5 sum double?, 6 scale sint32, \
      7 zeroCount fixed64, 8 positive Buckets, 9 negative Buckets, 10 flags uint32, \
      11 exemplars Exemplar*, 12 min double?, 13 max double?, 14 zeroThreshold double
      Buckets: 1 offset sint32, 2 bucketCounts uint64*
      SummaryDataPoint: 2 startTimeUnixNano fixed64, 3 timeUnixNano fixed64, 4 count fixed64, \
      5 sum double, 6 quantileValues ValueAtQuantile*, 7 attributes KeyValue*, 8 flags uint32
      ValueAtQuantile: 1 quantile double, 2 value double
      Exemplar: 2 timeUnixNano fixed64, 3 asDouble double|, 4 spanId id8, 5 traceId id16, \
      6 asInt sfixed64|, 7 filteredAttributes KeyValue*
      ProfilesData: 1 resourceProfiles ResourceProfiles*, 2 dictionary ProfilesDictionary
      ProfilesDictionary: 1 mappingTable Mapping*, 2 locationTable Location*, \
      3 functionTable Function*, 4 linkTable ProfileLink*, 5 stringTable string*, \
      6 attributeTable KeyValueAndUnit*, 7 stackTable Stack*
      ResourceProfiles: 1 resource Resource, 2 scopeProfiles ScopeProfiles*, 3 schemaUrl string
      ScopeProfiles: 1 scope InstrumentationScope, 2 profiles Profile*, 3 schemaUrl string
      Profile: 1 sampleType ValueType, 2 samples Sample*, 3 timeUnixNano fixed64, \
      4 durationNano uint64, 5 periodType ValueType, 6 period int64, 7 profileId id16, \
      8 droppedAttributesCount uint32, 9 originalPayloadFormat string, 10 originalPayload bytes, \
      11 attributeIndices @attributeTable*
      ValueType: 1 typeStrindex @stringTable, 2 unitStrindex @stringTable
      Sample: 1 stackIndex @stackTable, 2 attributeIndices @attributeTable*, \
      3 linkIndex @linkTable, 4 values int64*, 5 timestampsUnixNano fixed64*
      Mapping: 1 memoryStart uint64, 2 memoryLimit uint64, 3 fileOffset uint64, \
      4 filenameStrindex @stringTable, 5 attributeIndices @attributeTable*
      Stack: 1 locationIndices @locationTable*
      Location: 1 mappingIndex @mappingTable, 2 address uint64, 3 lines Line*, \
      4 attributeIndices @attributeTable*
      Line: 1 functionIndex @functionTable, 2 line int64, 3 column int64
      Function: 1 nameStrindex @stringTable, 2 systemNameStrindex @stringTable, \
      3 filenameStrindex @stringTable, 4 startLine int64
      ProfileLink: 1 traceId id16, 2 spanId id8
      KeyValueAndUnit: 1 keyStrindex @stringTable, 2 value AnyValue, 3 unitStrindex @stringTable
      """;

  private static final Map<String, Map<String, Integer>> ENUMS =
      Map.of(
          "SpanKind",
          numbered("SPAN_KIND_", "UNSPECIFIED INTERNAL SERVER CLIENT PRODUCER CONSUMER"),
          "StatusCode",
          numbered("STATUS_CODE_", "UNSET OK ERROR"),
          "AggregationTemporality",
          numbered("AGGREGATION_TEMPORALITY_", "UNSPECIFIED DELTA CUMULATIVE"),
          "SeverityNumber",
          numbered(
              "SEVERITY_NUMBER_",
              """
              UNSPECIFIED TRACE TRACE2 TRACE3 TRACE4 DEBUG DEBUG2 DEBUG3 DEBUG4 INFO INFO2 INFO3 \
              INFO4 WARN WARN2 WARN3 WARN4 ERROR ERROR2 ERROR3 ERROR4 FATAL FATAL2 FATAL3 FATAL4\
              """));

  private static final Map<String, Message> BY_NAME = read();

  private OtlpSchema() {}

  static Message message(String name) {
    return Objects.requireNonNull(BY_NAME.get(name), name);
  }

  static Iterable<Message> messages() {
    return BY_NAME.values();
  }

  private static Map<String, Integer> numbered(String prefix, String names) {
    Map<String, Integer> m = new LinkedHashMap<>();
    for (String n : names.split(" ")) {
      m.put(prefix + n, m.size());
    }
    return m;
  }

  private static Map<String, Message> read() {
    Map<String, Message> out = new LinkedHashMap<>();
    for (String line : MESSAGES.split("\n")) {
      String[] parts = line.split(": ");
      out.put(
          parts[0],
          new Message(
              parts[0],
              java.util.Arrays.stream(parts[1].split(", ")).map(OtlpSchema::field).toList()));
    }
    for (Message m : out.values()) {
      for (Field f : m.byNumber) {
        if (f != null && f.type == Type.MESSAGE) {
          m.children[f.number] = Objects.requireNonNull(out.get(f.messageName), f.messageName);
        }
      }
    }
    return out;
  }

  private static Field field(String text) {
    String[] parts = text.split(" ");
    String type = parts[2];
    char mark = type.charAt(type.length() - 1);
    if (!Character.isLetterOrDigit(mark)) {
      type = type.substring(0, type.length() - 1);
    }
    Map<String, Integer> values = ENUMS.getOrDefault(type, Map.of());
    int table = type.charAt(0) == '@' ? 1 + TABLES.indexOf(type.substring(1)) : 0;
    if (table > 0) {
      type = "index";
    }
    boolean scalar = Character.isLowerCase(type.charAt(0));
    return new Field(
        Integer.parseInt(parts[0]),
        parts[1],
        scalar
            ? Type.valueOf(type.toUpperCase(java.util.Locale.ROOT))
            : values.isEmpty() ? Type.MESSAGE : Type.ENUM,
        scalar ? "" : type,
        values,
        mark == '*',
        mark == '?' || mark == '|',
        mark == '|',
        table);
  }

  private static String underscored(String camel) {
    StringBuilder sb = new StringBuilder();
    for (char c : camel.toCharArray()) {
      if (Character.isUpperCase(c)) {
        sb.append('_').append(Character.toLowerCase(c));
      } else {
        sb.append(c);
      }
    }
    return sb.toString();
  }
}
