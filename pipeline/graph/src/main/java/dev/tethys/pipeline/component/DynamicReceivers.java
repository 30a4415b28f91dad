package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * Receivers created and removed by a component at run time. They are not nodes of the graph: their
 * items are counted when the component forwards them.
 */
public interface DynamicReceivers {
  /** Returns the ID with its type in the newest spelling. */
  ComponentId canonical(ComponentId id);

  /** Returns the factory of a type or alias. */
  Optional<ReceiverFactory<?>> factory(String type);

  /** Explains why a name is unknown, for errors. */
  String unknown(String type);

  /**
   * Declares the extensions that they may name: if one is replaced, so is the component.
   *
   * @param names ids among other words
   */
  void mayAsk(Collection<String> names);

  /** Permits later requests for any extension, for receivers whose extension names are unknown. */
  void mayAskAny();

  /**
   * Creates a receiver. Its own metrics are shown between its start and its stop.
   *
   * @param id ID, unique among the receivers running at a time
   * @param called component name used in logs and errors
   * @param settings settings parsed by the factory
   * @throws dev.tethys.config.ConfigException if the settings cannot be met
   */
  Receiver make(
      ReceiverFactory<?> factory,
      ComponentId id,
      String called,
      Object settings,
      Map<Signal, Consumer> outputs);
}
