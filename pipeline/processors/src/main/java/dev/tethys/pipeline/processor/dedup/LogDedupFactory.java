package dev.tethys.pipeline.processor.dedup;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.ErrorMode;
import dev.tethys.pipeline.ottl.Ottl;
import dev.tethys.pipeline.ottl.OttlFunctions;
import dev.tethys.pipeline.processor.OttlConfig;
import dev.tethys.pipeline.processor.OttlMetrics;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code logdedup} processors. */
public final class LogDedupFactory implements ProcessorFactory<LogDedupFactory.Settings> {
  /**
   * Settings.
   *
   * @param countAttribute attribute for the number of records
   * @param included fields to compare; empty for all
   * @param excluded fields to remove from records
   * @param metadataKeys metadata keys of batches by which records are kept apart, in lower case
   * @param metadataLimit maximum number of combinations of their values
   */
  public record Settings(
      Duration interval,
      String countAttribute,
      ZoneId zone,
      @Nullable YamlNode conditionsAt,
      List<String> conditions,
      List<FieldPath> included,
      List<FieldPath> excluded,
      List<String> metadataKeys,
      int metadataLimit) {}

  /** Default maximum number of metadata combinations. */
  static final int MOST_COMBINATIONS = 10_000;

  private static final Section SECTION =
      new Section("logdedup", "Combines equal log records into one with their count.");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "interval",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Interval over which equal records are counted.");
  private static final Key<String> COUNT_ATTRIBUTE =
      SECTION.key(
          "log_count_attribute",
          Type.STRING,
          "log_count",
          "Attribute with the number of combined records.");
  private static final Key<ZoneId> TIMEZONE =
      SECTION.key(
          "timezone",
          Type.of("time zone", ZoneId.of("UTC"), LogDedupFactory::zone),
          ZoneId.of("UTC"),
          "Time zone of the times of the first and last record.");
  private static final Key<List<String>> CONDITIONS =
      SECTION.key(
          "conditions",
          Type.list(Type.STRING),
          List.of(),
          "OTTL conditions; log records that match none of them pass unchanged.");
  private static final Key<List<YamlNode>> INCLUDE =
      SECTION.key(
          "include_fields",
          Type.list(Type.ANY),
          List.of(),
          "Fields to compare; all others are ignored.");
  private static final Key<List<YamlNode>> EXCLUDE =
      SECTION.key(
          "exclude_fields",
          Type.list(Type.ANY),
          List.of(),
          "Fields that are removed from records.");
  private static final Key<List<String>> METADATA =
      SECTION.key(
          "metadata_keys",
          Type.list(Type.STRING),
          List.of(),
          "Metadata keys; only records of requests with equal values are " + "combined.");
  private static final Key<Long> CARDINALITY =
      SECTION.key(
          "metadata_cardinality_limit",
          Type.INT,
          0L,
          "Maximum number of combinations of metadata values; 0 for " + MOST_COMBINATIONS + ".");

  private final Ottl ottl;
  private final long room;

  /** Processors that hold at most an eighth of the heap each. */
  public LogDedupFactory(InstantSource clock) {
    this(clock, Runtime.getRuntime().maxMemory() / 8);
  }

  /**
   * Creates processors with a memory limit.
   *
   * @param room approximate maximum of bytes held per processor; further records pass unchanged
   */
  public LogDedupFactory(InstantSource clock, long room) {
    this.ottl = new Ottl(OttlFunctions.standard(clock));
    this.room = room;
  }

  @Override
  public String type() {
    return "logdedup";
  }

  @Override
  public List<String> aliases() {
    return List.of("log_dedup");
  }

  @Override
  public String about() {
    return "Log records that are alike as one, with their number.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Duration holds(Settings s) {
    return s.interval();
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(LogDedupFactory::read);
  }

  private static Settings read(YamlObject o) {
    if (o.get(INTERVAL).isZero()) {
      throw o.error(INTERVAL, "interval must be greater than 0");
    }
    if (o.get(COUNT_ATTRIBUTE).isEmpty()) {
      throw o.error(COUNT_ATTRIBUTE, "log_count_attribute must be set");
    }
    if (!o.get(INCLUDE).isEmpty() && !o.get(EXCLUDE).isEmpty()) {
      throw o.error("cannot define both exclude_fields and include_fields");
    }
    Set<String> seen = new HashSet<>();
    List<String> metadata = new ArrayList<>();
    for (String k : o.get(METADATA)) {
      String lower = k.toLowerCase(Locale.ROOT);
      if (!seen.add(lower)) {
        throw o.error(METADATA, "names " + lower + " twice; metadata names are case-insensitive");
      }
      metadata.add(lower);
    }
    long limit = o.get(CARDINALITY);
    if (limit < 0 || limit > Integer.MAX_VALUE) {
      throw o.error(CARDINALITY, "metadata_cardinality_limit must be a number of at least 0");
    }
    return new Settings(
        o.get(INTERVAL),
        o.get(COUNT_ATTRIBUTE),
        o.get(TIMEZONE),
        o.at(CONDITIONS),
        o.get(CONDITIONS),
        fields(o.get(INCLUDE), "include"),
        fields(o.get(EXCLUDE), "exclude"),
        List.copyOf(metadata),
        limit == 0 ? MOST_COMBINATIONS : (int) limit);
  }

  private static ZoneId zone(YamlNode n) {
    String name = n.asString();
    if (name.isEmpty()) {
      return ZoneId.of("UTC");
    }
    if (name.equals("Local")) {
      return ZoneId.systemDefault();
    }
    if (!ZoneId.getAvailableZoneIds().contains(name)) {
      throw n.error(
          "timezone is invalid: unknown zone \""
              + name
              + "\"; use a name such as Europe/Berlin "
              + "or UTC");
    }
    return ZoneId.of(name);
  }

  private static List<FieldPath> fields(List<YamlNode> nodes, String what) {
    List<FieldPath> fields = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (YamlNode n : nodes) {
      String text = n.asString();
      if (text.equals(FieldPath.BODY)) {
        throw n.error("cannot " + what + " the entire body; specify a field, such as body.time");
      }
      FieldPath f = FieldPath.parse(text);
      if (f == null) {
        throw n.error("a field of " + what + "_fields must start with body or attributes");
      }
      if (!seen.add(text)) {
        throw n.error("duplicate " + what + "_fields " + text);
      }
      fields.add(f);
    }
    return List.copyOf(fields);
  }

  @Override
  public Processor create(Settings settings, Signal signal, Consumer next, Context context) {
    Conditions conditions = null;
    YamlNode at = settings.conditionsAt();
    if (at != null && !settings.conditions().isEmpty()) {
      conditions =
          OttlConfig.load(
              at,
              () ->
                  ottl.conditions(
                      OttlConfig.contexts(signal),
                      dev.tethys.pipeline.ottl.OttlContext.LOG,
                      settings.conditions(),
                      ErrorMode.IGNORE));
      context
          .metrics()
          .register(OttlMetrics.conditions(context.id().toString(), signal, List.of(conditions)));
    }
    return new LogDedup(settings, conditions, next, signal, context, room);
  }
}
