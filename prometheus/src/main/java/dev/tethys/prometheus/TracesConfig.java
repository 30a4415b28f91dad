package dev.tethys.prometheus;

import dev.tethys.config.ByteSize;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.store.traces.TraceLimits;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code traces} section, which can be reloaded: limits of the trace store with Tempo's names,
 * for all tenants and for single ones. It also switches span metrics.
 *
 * @param limits limits of all tenants
 * @param overrides limits of single tenants, which override the global ones
 * @param spanMetrics whether span metrics and the service graph are written
 * @param written the section as written, null if there is none
 */
public record TracesConfig(
    Limits limits,
    Map<String, Limits> overrides,
    boolean spanMetrics,
    @Nullable Map<?, ?> written) {
  /** Limits that are written, null if they are not. */
  public record Limits(@Nullable Long maxAttributeBytes, @Nullable Long maxTraceBytes) {
    static final Limits NONE = new Limits(null, null);

    Limits over(Limits others) {
      return new Limits(
          maxAttributeBytes == null ? others.maxAttributeBytes : maxAttributeBytes,
          maxTraceBytes == null ? others.maxTraceBytes : maxTraceBytes);
    }

    TraceLimits over(TraceLimits defaults) {
      return new TraceLimits(
          maxAttributeBytes == null
              ? defaults.maxAttributeBytes()
              : (int) Math.min(maxAttributeBytes, Integer.MAX_VALUE),
          maxTraceBytes == null ? defaults.maxTraceBytes() : maxTraceBytes);
    }
  }

  private static final Section LIMITS =
      new Section("traces_limits_config", "Limits on spans, with Tempo's names; 0 for none.");
  private static final Key<ByteSize> MAX_ATTRIBUTE_BYTES =
      LIMITS.optional(
          "max_attribute_bytes",
          Type.SIZE,
          "Maximum length of an attribute's key or value; spans with a longer one are refused.");
  private static final Key<ByteSize> MAX_TRACE_BYTES =
      LIMITS.optional(
          "max_bytes_per_trace", Type.SIZE, "Maximum bytes of a trace's spans in memory.");
  private static final Type<Limits> LIMITS_TYPE = LIMITS.type(TracesConfig::limits);

  private static final Section SECTION =
      new Section("traces", "Trace store, an extension of Tethys.");
  private static final Key<Limits> LIMITS_KEY =
      SECTION.key("limits_config", LIMITS_TYPE, Limits.NONE, "Default limits of all tenants.");
  private static final Key<Map<String, Limits>> OVERRIDES =
      SECTION.key(
          "overrides",
          Type.map(LIMITS_TYPE),
          Map.of(),
          "Limits of single tenants by name; the defaults apply to absent keys.");
  private static final Key<Boolean> SPAN_METRICS =
      SECTION.key(
          "span_metrics",
          Type.BOOL,
          true,
          "Enables writing traces_spanmetrics_* and traces_service_graph_* of stored spans.");

  /** Configuration without the section. */
  public static final TracesConfig DEFAULT = new TracesConfig(Limits.NONE, Map.of(), true, null);

  /** The section. */
  static final Type<TracesConfig> TYPE = SECTION.type(TracesConfig::read);

  static List<Section> sections() {
    return List.of(SECTION, LIMITS);
  }

  private static TracesConfig read(YamlObject o) {
    YamlNode node = o.node();
    return new TracesConfig(
        o.get(LIMITS_KEY),
        TenantOverrides.read(o, OVERRIDES),
        o.get(SPAN_METRICS),
        node.asTree() instanceof Map<?, ?> m ? m : null);
  }

  private static Limits limits(YamlObject o) {
    return new Limits(bytes(o, MAX_ATTRIBUTE_BYTES), bytes(o, MAX_TRACE_BYTES));
  }

  private static @Nullable Long bytes(YamlObject o, Key<ByteSize> key) {
    ByteSize s = o.find(key);
    if (s != null && s.bytes() < 0) {
      throw o.error(key, key.name() + " is " + s.bytes() + "; it must not be negative");
    }
    return s == null ? null : s.bytes();
  }

  /** Returns the limits of a tenant. */
  public TraceLimits limits(String tenant) {
    Limits own = overrides.get(tenant);
    return (own == null ? limits : own.over(limits)).over(TraceLimits.DEFAULTS);
  }
}
