package dev.tethys.model.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Labels of series of profiles, under Pyroscope's names. Labels that begin with two underscores are
 * private: Grafana hides them.
 */
public final class ProfileLabels {
  /** Label with the profile type, {@code name:sample type:unit:period type:period unit}. */
  public static final String PROFILE_TYPE = "__profile_type__";

  /** Service name label. */
  public static final String SERVICE = "service_name";

  /** Value of {@link #SERVICE} for profiles that name none. */
  public static final String UNKNOWN_SERVICE = "unknown_service";

  private ProfileLabels() {}

  /**
   * Profile type.
   *
   * @param name profile name; "" to derive it from the types
   */
  public record Type(
      String name, String sampleType, String sampleUnit, String periodType, String periodUnit) {
    /** Type with a derived name if it has none. */
    public Type {
      name = name.isEmpty() ? derived(sampleType, periodType) : name;
    }

    /** Text of the type, as in {@link #PROFILE_TYPE}. */
    public String id() {
      return String.join(":", name, sampleType, sampleUnit, periodType, periodUnit);
    }

    /** Type of a text; null unless it has five parts. */
    public static @Nullable Type parse(String id) {
      String[] p = id.split(":", -1);
      return p.length == 5 ? new Type(p[0], p[1], p[2], p[3], p[4]) : null;
    }
  }

  /** Returns the kind name of a profile, as derived by Pyroscope from the sample type. */
  private static String derived(String type, String period) {
    if (type.equals("wall") || period.equals("wall")) {
      return "wall";
    }
    if (type.contains("cpu") || period.contains("cpu")) {
      return "process_cpu";
    }
    if (type.contains("alloc_")
        || type.contains("inuse_")
        || type.equals("space")
        || type.equals("objects")) {
      return "memory";
    }
    if (type.contains("mutex_")) {
      return "mutex";
    }
    if (type.contains("block_")) {
      return "block";
    }
    return type.startsWith("goroutine") ? "goroutines" : type.isEmpty() ? "profile" : type;
  }

  /**
   * Builds the labels of a series.
   *
   * @param labels labels of the source; names are made valid
   */
  public static Labels series(Map<String, String> labels, Type type) {
    LabelsBuilder b = new LabelsBuilder();
    b.set(SERVICE, UNKNOWN_SERVICE);
    labels.forEach(
        (name, value) -> {
          if (!value.isEmpty() && !name.startsWith("__")) {
            b.set(valid(name), value);
          }
        });
    b.set(PROFILE_TYPE, type.id());
    b.set(Labels.METRIC_NAME, type.name());
    b.set("__type__", type.sampleType());
    b.set("__unit__", type.sampleUnit());
    b.set("__period_type__", type.periodType());
    b.set("__period_unit__", type.periodUnit());
    return b.build();
  }

  private static String valid(String name) {
    StringBuilder sb = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
      sb.append(letter || i > 0 && c >= '0' && c <= '9' ? c : '_');
    }
    return sb.isEmpty() ? "_" : sb.toString();
  }
}
