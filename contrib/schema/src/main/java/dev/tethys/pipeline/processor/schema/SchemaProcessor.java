package dev.tethys.pipeline.processor.schema;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.TreeProcessor;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code schema} processor: translates telemetry of its targets' schema families to the target
 * versions, using OpenTelemetry schema files. Built-in mappings rename attributes of other schemas.
 */
public final class SchemaProcessor implements ProcessorFactory<SchemaProcessor.Settings> {
  private static final String ABOUT = "Translates telemetry to one version of a schema.";
  private static final Type<SchemaUrl> URL = Type.of("url", null, n -> n.parse(SchemaUrl::parse));
  private static final Section SECTION = new Section("schema_processor", ABOUT);
  private static final Key<List<SchemaUrl>> TARGETS =
      SECTION.key(
          "targets",
          Type.list(URL),
          List.of(),
          "Schema URLs with the target versions, one per schema family.");
  private static final Key<List<SchemaUrl>> PREFETCH =
      SECTION.key(
          "prefetch", Type.list(URL), List.of(), "Schema URLs that are fetched at the start.");
  private static final Key<String> DIRECTORY =
      SECTION.key(
          "directory",
          Type.PATH,
          "",
          "Directory of schema files named by version, used before any URL.");
  private static final Key<List<Mapping>> MAPPINGS =
      SECTION.key(
          "mappings",
          Type.list(Type.oneOf("mapping", Mapping.values(), Mapping::word)),
          List.of(),
          "Built-in mappings, applied after the translation: ecs-to-otel, otel-to-ecs.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key(
          "timeout", GoDurations.TYPE, Duration.ofSeconds(30), "Timeout of fetching a schema.");
  private static final Key<Duration> COOLDOWN =
      SECTION.key(
          "cache_cooldown",
          GoDurations.TYPE,
          Duration.ofMinutes(5),
          "Pause after as many failures in a row as cache_retry_limit.");
  private static final Key<Long> RETRY_LIMIT =
      SECTION.key(
          "cache_retry_limit",
          Type.INT,
          5L,
          "Failures in a row before cache_cooldown; pauses before it grow from 1s.");

  static {
    SECTION.notBuilt("migration", "Schemas whose old names are kept in addition to the new ones.");
    for (String k :
        List.of("endpoint", "proxy_url", "tls", "headers", "auth", "compression", "cookies")) {
      SECTION.notBuilt(k, "Setting of the Collector's HTTP client.");
    }
  }

  /** Settings of one block, with the schemas that its pipelines share. */
  public static final class Settings {
    private final Map<String, SchemaUrl> targets;
    private final List<Mapping> mappings;
    private final Schemas schemas;

    private Settings(Map<String, SchemaUrl> targets, List<Mapping> mappings, Schemas schemas) {
      this.targets = targets;
      this.mappings = mappings;
      this.schemas = schemas;
    }
  }

  private final CredentialDependencies.Caller caller;

  /**
   * @param caller sends requests for schema files
   */
  public SchemaProcessor(CredentialDependencies.Caller caller) {
    this.caller = caller;
  }

  private Settings read(YamlObject o) {
    Map<String, SchemaUrl> targets = new LinkedHashMap<>();
    for (SchemaUrl t : o.get(TARGETS)) {
      if (targets.put(t.family(), t) != null) {
        throw o.error(TARGETS, "there are two targets of the family " + t.family());
      }
    }
    List<Mapping> mappings = o.get(MAPPINGS);
    List<SchemaUrl> prefetch = o.get(PREFETCH);
    if (targets.isEmpty() && mappings.isEmpty()) {
      throw o.error("requires targets or mappings");
    }
    if (mappings.contains(Mapping.ECS_TO_OTEL) && mappings.contains(Mapping.OTEL_TO_ECS)) {
      throw o.error(MAPPINGS, "ecs-to-otel and otel-to-ecs reverse each other");
    }
    if (o.get(RETRY_LIMIT) < 0) {
      throw o.error(RETRY_LIMIT, "cache_retry_limit must not be negative");
    }
    if (o.get(TIMEOUT).isZero()) {
      throw o.error(TIMEOUT, "timeout must be more than 0");
    }
    return new Settings(
        targets,
        mappings,
        new Schemas(
            new Schemas.Source(
                o.get(DIRECTORY), prefetch, o.get(TIMEOUT), o.get(COOLDOWN), o.get(RETRY_LIMIT)),
            caller));
  }

  @Override
  public String type() {
    return "schema";
  }

  @Override
  public String about() {
    return ABOUT;
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(this::read);
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.TRACES, Signal.METRICS, Signal.LOGS);
  }

  @Override
  public Processor create(Settings settings, Signal signal, Consumer next, Context context) {
    return new Translating(settings, signal, next, context);
  }

  /** Translates every resource and scope that passes. */
  private static final class Translating extends TreeProcessor {
    private final Settings settings;
    private final Context context;
    private final SchemaCounts counts;

    Translating(Settings settings, Signal signal, Consumer next, Context context) {
      super(next, context.account(signal));
      this.settings = settings;
      this.context = context;
      this.counts = new SchemaCounts(context);
    }

    @Override
    public void start() throws IOException {
      settings.schemas.start(context.clock(), context.logger());
    }

    @Override
    protected boolean edit(Telemetry<?> data, Batch batch) {
      boolean changed = false;
      if (!settings.targets.isEmpty()) {
        for (ResourceGroup<?> r : data.resources()) {
          changed |= resource(r);
        }
      }
      for (Mapping m : settings.mappings) {
        changed |= m.apply(data, counts::collision);
      }
      return changed;
    }

    private boolean resource(ResourceGroup<?> r) {
      String url = r.schemaUrl();
      SchemaUrl target = target(url);
      Translation t = target == null ? null : translation(url, target);
      if (target != null && t != null) {
        t.resource(r.resource(), counts::collision);
        r.setSchemaUrl(target.toString());
      }
      boolean changed = t != null;
      for (ScopeGroup<?> s : r.scopes()) {
        changed |= scope(s, s.schemaUrl().isEmpty() ? url : s.schemaUrl());
      }
      return changed;
    }

    private boolean scope(ScopeGroup<?> s, String url) {
      SchemaUrl target = target(url);
      Translation t = target == null ? null : translation(url, target);
      if (target == null || t == null) {
        return false;
      }
      t.items(s, counts::collision);
      s.setSchemaUrl(target.toString());
      return true;
    }

    /**
     * Returns the target of the same family; null if there is none or the URL already is the
     * target.
     */
    private @Nullable SchemaUrl target(String url) {
      int slash = url.lastIndexOf('/');
      SchemaUrl t = slash < 0 ? null : settings.targets.get(url.substring(0, slash));
      return t == null || t.toString().equals(url) ? null : t;
    }

    private @Nullable Translation translation(String url, SchemaUrl target) {
      SchemaVersion v = SchemaVersion.parse(url.substring(url.lastIndexOf('/') + 1));
      if (v == null) {
        counts.untranslated(Untranslated.NO_VERSION);
        return null;
      }
      Schemas.Answer a =
          settings.schemas.find(
              new SchemaUrl(target.family(), v),
              target.version(),
              context.clock(),
              context.logger());
      if (a.reason() != null) {
        counts.untranslated(a.reason());
        return null;
      }
      counts.translated(target);
      return a.translation();
    }
  }
}
