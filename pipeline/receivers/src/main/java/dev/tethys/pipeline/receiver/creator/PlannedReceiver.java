package dev.tethys.pipeline.receiver.creator;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.Map;
import java.util.Set;

/**
 * A receiver that is to run for an endpoint.
 *
 * @param called how logs call it
 * @param tree what its settings were read of
 * @param attributes that resources get
 * @param signals that it is asked for; not empty
 */
record PlannedReceiver(
    ReceiverFactory<?> factory,
    ComponentId id,
    String called,
    Object settings,
    Object tree,
    Map<String, String> attributes,
    Set<Signal> signals) {
  /** Whether one that runs is just this. */
  boolean sameAs(PlannedReceiver o) {
    return factory == o.factory
        && id.equals(o.id)
        && tree.equals(o.tree)
        && attributes.equals(o.attributes)
        && signals.equals(o.signals);
  }
}
