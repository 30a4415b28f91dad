package dev.tethys.codec.loki;

import dev.tethys.model.Labels;
import dev.tethys.model.regex.Regex;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rules that map OTLP log attributes to stream labels or structured metadata. Source: {@code
 * otlp_config} in Loki's documentation.
 *
 * @param resource rules for attributes of resources
 * @param scope rules for attributes of scopes
 * @param log rules for attributes of records
 * @param severityTextAsLabel whether {@code severity_text} is a label instead of metadata
 * @param plainNames whether resource attributes whose names are label names already, without a dot,
 *     are labels if no rule names them: those of entries that came from Loki's push or from
 *     Promtail's jobs
 * @param defaultLabels labels of streams that do not have them
 */
public record OtlpMapping(
    List<Rule> resource,
    List<Rule> scope,
    List<Rule> log,
    boolean severityTextAsLabel,
    boolean plainNames,
    Labels defaultLabels) {
  /** Resource attributes that become stream labels by default. */
  public static final Set<String> DEFAULT_LABELS =
      Set.of(
          "service.name",
          "service.namespace",
          "service.instance.id",
          "deployment.environment",
          "deployment.environment.name",
          "cloud.region",
          "cloud.availability_zone",
          "k8s.cluster.name",
          "k8s.namespace.name",
          "k8s.pod.name",
          "k8s.container.name",
          "container.name",
          "k8s.replicaset.name",
          "k8s.deployment.name",
          "k8s.statefulset.name",
          "k8s.daemonset.name",
          "k8s.cronjob.name",
          "k8s.job.name");

  /** Loki's defaults. */
  public static final OtlpMapping DEFAULT = of(List.of(), false, List.of(), List.of(), false);

  /** Action applied to an attribute. */
  public enum Action {
    INDEX_LABEL,
    STRUCTURED_METADATA,
    DROP
  }

  /**
   * Action for the attributes that a list or an expression names.
   *
   * @param attributes names
   * @param regex expression that fits a whole name, null if none
   */
  public record Rule(Action action, Set<String> attributes, @Nullable Regex regex) {
    boolean fits(String attribute) {
      return attributes.contains(attribute) || (regex != null && regex.matches(attribute));
    }
  }

  public OtlpMapping {
    resource = List.copyOf(resource);
    scope = List.copyOf(scope);
    log = List.copyOf(log);
  }

  /**
   * A mapping as Loki's configuration states it.
   *
   * @param ignoreDefaults whether only the rules name resource attributes that are labels
   */
  public static OtlpMapping of(
      List<Rule> resource,
      boolean ignoreDefaults,
      List<Rule> scope,
      List<Rule> log,
      boolean severityTextAsLabel) {
    List<Rule> all = new ArrayList<>();
    if (!ignoreDefaults) {
      all.add(new Rule(Action.INDEX_LABEL, DEFAULT_LABELS, null));
    }
    all.addAll(resource);
    return new OtlpMapping(all, scope, log, severityTextAsLabel, false, Labels.EMPTY);
  }

  /** Variant for entries some of which come from Loki's push API or from Promtail jobs. */
  public OtlpMapping withPlainNames() {
    return new OtlpMapping(resource, scope, log, severityTextAsLabel, true, defaultLabels);
  }

  /** Variant with labels of streams that do not have them. */
  public OtlpMapping withDefaultLabels(Labels labels) {
    return new OtlpMapping(resource, scope, log, severityTextAsLabel, plainNames, labels);
  }

  /** Whether records of one resource may be of several streams. */
  boolean hasLabelsOfRecords() {
    return severityTextAsLabel || log.stream().anyMatch(r -> r.action == Action.INDEX_LABEL);
  }

  /** Action of the first rule that names an attribute, null if none does. */
  static @Nullable Action action(String attribute, List<Rule> rules) {
    for (Rule r : rules) {
      if (r.fits(attribute)) {
        return r.action;
      }
    }
    return null;
  }
}
