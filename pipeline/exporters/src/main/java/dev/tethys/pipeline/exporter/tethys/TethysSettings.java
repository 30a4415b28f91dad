package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.codec.loki.OtlpMapping;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.NameScheme;
import dev.tethys.model.access.Scope;
import dev.tethys.model.access.TenantName;
import dev.tethys.pipeline.Batch;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@code tethys} exporter.
 *
 * @param tenant default tenant of batches, "" for the store's
 * @param defaultLabels labels added to log streams without them
 * @param otlp rules for labels of log streams, null for the server's rules
 */
public record TethysSettings(String tenant, Labels defaultLabels, @Nullable OtlpMapping otlp) {
  /** Settings of an exporter without keys. */
  public static final TethysSettings DEFAULT = new TethysSettings("", Labels.EMPTY, null);

  private static final Section LOGS = new Section("logs", "Labels of log streams.");
  private static final Key<Map<String, String>> DEFAULT_LABELS =
      LOGS.key(
          "default_labels",
          Type.map(Type.STRING),
          Map.of(),
          "Labels added to streams that do not have them.");
  private static final Key<OtlpMapping> OTLP =
      LOGS.optional(
          "otlp_config",
          OtlpConfigKeys.TYPE,
          "Destination of OTLP attributes, as in Loki; by default that of the " + "server.");

  private record Logs(Labels defaultLabels, @Nullable OtlpMapping otlp) {}

  private static final Section SECTION =
      new Section("tethys", "Stores telemetry in the server that runs the pipeline.");
  private static final Key<String> TENANT =
      SECTION.key(
          "tenant",
          Type.STRING,
          "",
          "Tenant of batches without X-Scope-OrgID in their metadata; fake if " + "absent.");
  private static final Key<Logs> LOGS_KEY =
      SECTION.key(
          "logs",
          LOGS.type(o -> new Logs(labels(o), o.find(OTLP))),
          new Logs(Labels.EMPTY, null),
          "Labels of log streams.");

  /** The block in a configuration. */
  static final Type<TethysSettings> TYPE = SECTION.type(TethysSettings::read);

  private static Labels labels(YamlObject o) {
    LabelsBuilder b = new LabelsBuilder();
    o.get(DEFAULT_LABELS)
        .forEach(
            (name, value) -> {
              if (!NameScheme.LEGACY.isValidLabelName(name)) {
                throw o.error(
                    DEFAULT_LABELS,
                    "label name '" + name + "' is not valid; it must be [a-zA-Z_][a-zA-Z0-9_]*");
              }
              b.set(name, value);
            });
    return b.build();
  }

  /** Returns the tenant of a batch: that of its metadata, of these settings, or the default. */
  String tenantOf(Batch batch) {
    List<String> named = batch.metadata().get(TenantName.HEADER);
    if (!named.isEmpty() && !named.getFirst().isEmpty()) {
      return named.getFirst();
    }
    return tenant.isEmpty() ? Scope.DEFAULT_TENANT : tenant;
  }

  private static TethysSettings read(YamlObject o) {
    String tenant = o.get(TENANT);
    String problem = TenantName.problem(tenant);
    if (problem != null) {
      throw o.error(TENANT, "tenant is " + problem);
    }
    Logs logs = o.get(LOGS_KEY);
    return new TethysSettings(tenant, logs.defaultLabels, logs.otlp);
  }
}
