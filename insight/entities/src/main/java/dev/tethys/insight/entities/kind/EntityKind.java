package dev.tethys.insight.entities.kind;

import java.util.Locale;

/** Entity kind. */
public enum EntityKind {
  CLUSTER,
  NODE,
  NAMESPACE,
  WORKLOAD,
  SERVICE,
  INSTANCE,
  CONTAINER,
  DATABASE,
  DATABASE_INSTANCE,
  QUEUE,
  EXTERNAL_ENDPOINT,
  CLOUD_RESOURCE;

  private final String text = name().toLowerCase(Locale.ROOT);

  /** Returns the name in rules, IDs and responses. */
  public String text() {
    return text;
  }
}
