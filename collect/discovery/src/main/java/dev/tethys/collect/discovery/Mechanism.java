package dev.tethys.collect.discovery;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Service discovery mechanism: its name, its configuration keys, and its factory. A section that
 * includes {@link HttpClientConfig#SECTION} has its block read into {@link Settings#client}.
 */
public final class Mechanism {
  /** Checks the combination of an entry's values, and throws if it is invalid. */
  @FunctionalInterface
  public interface Check {
    void check(YamlObject o, Settings settings);
  }

  /** Creates a discovery without starting anything. */
  @FunctionalInterface
  public interface Maker {
    Discovery make(Settings settings, DiscoveryContext context);
  }

  /** Creates the source that is queried at every refresh, without querying it. */
  @FunctionalInterface
  public interface SourceMaker {
    PollingDiscovery.Source make(Settings settings, DiscoveryContext context);
  }

  /** One entry of the mechanism's list. */
  private record Entry(Mechanism kind, Settings settings) implements DiscoveryConfig {
    @Override
    public String mechanism() {
      return kind.name;
    }

    @Override
    public Discovery discovery(DiscoveryContext context) {
      return kind.maker.make(settings, context);
    }

    @Override
    public Map<String, @Nullable Object> tree() {
      return kind.tree(settings);
    }
  }

  private static final Set<String> CLIENT_KEYS = new HashSet<>();

  static {
    HttpClientConfig.SECTION.keys().forEach(k -> CLIENT_KEYS.add(k.name()));
  }

  private final String name;
  private final Section section;
  private final Check check;
  private final Maker maker;

  private Mechanism(String name, Section section, Check check, Maker maker) {
    this.name = name;
    this.section = section;
    this.check = check;
    this.maker = maker;
  }

  /** A mechanism with its own maker. */
  public static Mechanism of(String name, Section section, Check check, Maker maker) {
    return new Mechanism(name, section, check, maker);
  }

  /**
   * Returns the settings of one of this mechanism's entries; null for entries of other mechanisms.
   */
  public @Nullable Settings settings(DiscoveryConfig config) {
    return config instanceof Entry e && e.kind == this ? e.settings : null;
  }

  /** Copies one of this mechanism's entries with one key changed. */
  public <T> DiscoveryConfig with(Settings settings, Key<T> key, T value) {
    Map<String, Object> values = new LinkedHashMap<>(settings.values());
    values.put(key.name(), value);
    return new Entry(this, new Settings(values, settings.client()));
  }

  /** Creates a mechanism that polls its source. */
  public static Mechanism polling(
      String name, Section section, Key<Duration> interval, Check check, SourceMaker maker) {
    return new Mechanism(
        name,
        section,
        (o, settings) -> {
          check.check(o, settings);
          if (settings.get(interval).isZero()) {
            throw o.error(interval, name + "_sd: refresh_interval must be positive");
          }
        },
        (settings, context) ->
            new PollingDiscovery(
                name, settings.get(interval), maker.make(settings, context), context));
  }

  /** The key {@code refresh_interval}. */
  public static Key<Duration> refreshInterval(Section section, Duration otherwise) {
    return section.key(
        "refresh_interval", Type.DURATION.absentWhenNull(), otherwise, "Refresh interval.");
  }

  /** The key {@code port}, for targets without a port from their source. */
  public static Key<Long> port(Section section, long otherwise) {
    return section.key("port", Type.INT, otherwise, "Port of the targets.");
  }

  /** The key {@code role} or another one of several words; {@code ""} when it is absent. */
  public static Key<String> word(
      Section section, String key, String otherwise, String doc, String unknown, String... words) {
    return section.key(
        key,
        Type.of(
            String.join(" | ", words),
            "",
            n -> {
              if (!List.of(words).contains(n.asString())) {
                throw n.error(unknown.replace("%s", n.asString()));
              }
              return n.asString();
            }),
        otherwise,
        doc);
  }

  /** Name in {@code <name>_sd_configs} and in metrics. */
  public String name() {
    return name;
  }

  /** Returns the documentation of the mechanism's keys. */
  public String doc() {
    return section.doc();
  }

  /** Type in configurations. */
  public Type<DiscoveryConfig> type() {
    return section.type(this::read);
  }

  private DiscoveryConfig read(YamlObject o) {
    Map<String, Object> values = new LinkedHashMap<>();
    boolean client = false;
    for (Key<?> key : section.keys()) {
      if (isOfClient(key)) {
        client = true;
      } else if (key.built()) {
        Object v = o.find(key);
        if (v != null) {
          values.put(key.name(), v);
        }
      }
    }
    Settings settings =
        new Settings(values, client ? HttpClientConfig.read(o) : HttpClientConfig.DEFAULT);
    check.check(o, settings);
    return new Entry(this, settings);
  }

  private boolean isOfClient(Key<?> key) {
    return CLIENT_KEYS.contains(key.name()) && HttpClientConfig.SECTION.keys().contains(key);
  }

  private Map<String, @Nullable Object> tree(Settings settings) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    boolean client = false;
    for (Key<?> key : section.keys()) {
      if (!isOfClient(key)) {
        m.put(key.name(), shown(settings.values().get(key.name())));
      } else if (!client) {
        client = true;
        settings.client().addTo(m);
      }
    }
    return m;
  }

  /** Empty values are omitted. */
  private static @Nullable Object shown(@Nullable Object v) {
    return switch (v) {
      case String s when s.isEmpty() -> null;
      case Secret s when s.isEmpty() -> null;
      case Collection<?> c when c.isEmpty() -> null;
      case Map<?, ?> c when c.isEmpty() -> null;
      case Nested n -> n.tree();
      case TlsConfig t -> t.tree();
      case Collection<?> c -> c.stream().map(Mechanism::shown).toList();
      case Enum<?> e -> e.toString();
      case null, default -> v;
    };
  }

  /** Value that is a map with its own keys. */
  public interface Nested {
    /** The map as a tree, or null if it is empty. */
    @Nullable Map<String, @Nullable Object> tree();
  }
}
