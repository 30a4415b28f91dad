package dev.tethys.pipeline.config;

import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.Reference;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * Component as described in a configuration.
 *
 * @param id ID with the type in its current spelling
 * @param key position of its name
 * @param body its configuration
 * @param settings parsed from the body
 */
public record Definition(
    ComponentKind kind,
    ComponentId id,
    ComponentFactory<?> factory,
    YamlNode key,
    YamlNode body,
    Object settings) {
  /** Whether another condition is equivalent. */
  public boolean sameAs(Definition o) {
    return kind == o.kind
        && id.equals(o.id)
        && factory == o.factory
        && Objects.equals(body.asNullableTree(), o.body.asNullableTree());
  }

  /** Returns the maximum time for which the component intentionally holds items. */
  public Duration holds() {
    return holds(factory);
  }

  /** Returns the hold time; the settings were read by this factory. */
  @SuppressWarnings("unchecked")
  private <S> Duration holds(ComponentFactory<S> of) {
    return of.holds((S) settings);
  }

  /** Exporters of entities that the settings of a receiver name; empty for other components. */
  List<Reference> entityExporters() {
    return factory instanceof ReceiverFactory<?> f ? entityExporters(f) : List.of();
  }

  @SuppressWarnings("unchecked")
  private <S> List<Reference> entityExporters(ReceiverFactory<S> of) {
    return of.entityExporters((S) settings);
  }

  @Override
  public String toString() {
    return kind.word() + " " + id;
  }
}
