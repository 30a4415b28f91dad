package dev.tethys.prometheus;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.store.profiles.ProfileLimits;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code profiles} section: limits of the profile store with Pyroscope's names, for all tenants
 * and for single ones; all of it can be reloaded.
 *
 * @param limits limits of all tenants
 * @param overrides limits of single tenants, which override the global ones
 * @param written the section as written, null if there is none
 */
public record ProfilesConfig(
    Limits limits, Map<String, Limits> overrides, @Nullable Map<?, ?> written) {
  /** Limits that are written, null if they are not. */
  public record Limits(
      @Nullable Long maxLabelNames,
      @Nullable Long maxLabelNameLength,
      @Nullable Long maxLabelValueLength,
      @Nullable Long maxSamples,
      @Nullable Long maxDepth,
      @Nullable Long maxSymbolLength,
      @Nullable Long maxSeries) {
    static final Limits NONE = new Limits(null, null, null, null, null, null, null);

    Limits over(Limits others) {
      return new Limits(
          first(maxLabelNames, others.maxLabelNames),
          first(maxLabelNameLength, others.maxLabelNameLength),
          first(maxLabelValueLength, others.maxLabelValueLength),
          first(maxSamples, others.maxSamples),
          first(maxDepth, others.maxDepth),
          first(maxSymbolLength, others.maxSymbolLength),
          first(maxSeries, others.maxSeries));
    }

    private static @Nullable Long first(@Nullable Long a, @Nullable Long b) {
      return a == null ? b : a;
    }

    ProfileLimits over(ProfileLimits defaults) {
      return new ProfileLimits(
          number(maxLabelNames, defaults.maxLabelNames()),
          number(maxLabelNameLength, defaults.maxLabelNameLength()),
          number(maxLabelValueLength, defaults.maxLabelValueLength()),
          number(maxSamples, defaults.maxSamples()),
          number(maxDepth, defaults.maxDepth()),
          number(maxSymbolLength, defaults.maxSymbolLength()),
          number(maxSeries, defaults.maxSeries()));
    }

    /** Converts a limit; 0 means none, as in Pyroscope. */
    private static int number(@Nullable Long written, int otherwise) {
      return written == null
          ? otherwise
          : written == 0 ? Integer.MAX_VALUE : (int) Math.min(written, Integer.MAX_VALUE);
    }
  }

  private static final Section LIMITS =
      new Section(
          "profiles_limits_config", "Limits on profiles, with Pyroscope's names; 0 for none.");
  private static final Key<Long> MAX_LABEL_NAMES =
      LIMITS.optional(
          "max_label_names_per_series", Type.INT, "Maximum number of labels of a series.");
  private static final Key<Long> MAX_NAME_LENGTH =
      LIMITS.optional(
          "max_label_name_length", Type.INT, "Maximum length of a label name in bytes.");
  private static final Key<Long> MAX_VALUE_LENGTH =
      LIMITS.optional(
          "max_label_value_length", Type.INT, "Maximum length of a label value in bytes.");
  private static final Key<Long> MAX_SAMPLES =
      LIMITS.optional(
          "max_profile_stacktrace_samples",
          Type.INT,
          "Maximum number of samples of one type in a profile.");
  private static final Key<Long> MAX_DEPTH =
      LIMITS.optional(
          "max_profile_stacktrace_depth", Type.INT, "Maximum number of frames of a stack.");
  private static final Key<Long> MAX_SYMBOL_LENGTH =
      LIMITS.optional(
          "max_profile_symbol_value_length",
          Type.INT,
          "Maximum length in characters of a function name, a file name or a text of a sample.");
  private static final Key<Long> MAX_SERIES =
      LIMITS.optional(
          "max_global_series_per_tenant",
          Type.INT,
          "Maximum number of series of a tenant in memory.");
  private static final Type<Limits> LIMITS_TYPE = LIMITS.type(ProfilesConfig::limits);

  private static final Section SECTION =
      new Section("profiles", "Profile store, an extension of Tethys.");
  private static final Key<Limits> LIMITS_KEY =
      SECTION.key("limits_config", LIMITS_TYPE, Limits.NONE, "Default limits of all tenants.");
  private static final Key<Map<String, Limits>> OVERRIDES =
      SECTION.key(
          "overrides",
          Type.map(LIMITS_TYPE),
          Map.of(),
          "Limits of single tenants by name; the defaults apply to absent keys.");

  /** Configuration without the section. */
  public static final ProfilesConfig DEFAULT = new ProfilesConfig(Limits.NONE, Map.of(), null);

  /** The section. */
  static final Type<ProfilesConfig> TYPE = SECTION.type(ProfilesConfig::read);

  static List<Section> sections() {
    return List.of(SECTION, LIMITS);
  }

  private static ProfilesConfig read(YamlObject o) {
    YamlNode node = o.node();
    return new ProfilesConfig(
        o.get(LIMITS_KEY),
        TenantOverrides.read(o, OVERRIDES),
        node.asTree() instanceof Map<?, ?> m ? m : null);
  }

  private static Limits limits(YamlObject o) {
    return new Limits(
        count(o, MAX_LABEL_NAMES),
        count(o, MAX_NAME_LENGTH),
        count(o, MAX_VALUE_LENGTH),
        count(o, MAX_SAMPLES),
        count(o, MAX_DEPTH),
        count(o, MAX_SYMBOL_LENGTH),
        count(o, MAX_SERIES));
  }

  private static @Nullable Long count(YamlObject o, Key<Long> key) {
    Long n = o.find(key);
    if (n != null && n < 0) {
      throw o.error(key, key.name() + " is " + n + "; it must not be negative");
    }
    return n;
  }

  /** Returns the limits of a tenant. */
  public ProfileLimits limits(String tenant) {
    Limits own = overrides.get(tenant);
    return (own == null ? limits : own.over(limits)).over(ProfileLimits.DEFAULTS);
  }
}
